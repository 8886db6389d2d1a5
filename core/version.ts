import { readFileSync } from 'node:fs';

declare const MILLRACE_VERSION: string | undefined;

/** The platform's version; the build writes it in, a run from source reads package.json. */
export const VERSION: string =
  typeof MILLRACE_VERSION === 'string'
    ? MILLRACE_VERSION
    : (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
