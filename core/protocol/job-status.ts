/** Flink's job states; INITIALIZING and RECONCILING exist in its REST answers too. */
export type JobStatus =
  | 'INITIALIZING'
  | 'CREATED'
  | 'RUNNING'
  | 'FAILING'
  | 'FAILED'
  | 'CANCELLING'
  | 'CANCELED'
  | 'FINISHED'
  | 'RESTARTING'
  | 'SUSPENDED'
  | 'RECONCILING';

export const isGloballyTerminal = (s: JobStatus): boolean => s === 'FAILED' || s === 'CANCELED' || s === 'FINISHED';
