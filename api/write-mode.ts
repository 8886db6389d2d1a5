/** What `writeAsText` does where something is already: refuse, or replace it. */
export enum WriteMode {
  NO_OVERWRITE = 'NO_OVERWRITE',
  OVERWRITE = 'OVERWRITE',
}
