import { MillraceError } from '../../core/errors.js';
import type { Action } from './cli-frontend.js';
import { actionHelp } from './help.js';

/** `flink stop`, `flink savepoint`: they need checkpoints, which this version does not have. */
export const stop: Action = notYet('stop', 'Stopping a job with a savepoint');
export const savepoint: Action = notYet('savepoint', 'Taking or disposing a savepoint');

function notYet(action: string, what: string): Action {
  return async (io, argv) => {
    if (argv.some(word => word === '-h' || word === '--help')) {
      for (const line of actionHelp(action)) io.out(line);
      return 0;
    }
    throw noSavepointsYet(what);
  };
}

export function noSavepointsYet(what: string): MillraceError {
  return new MillraceError(
    'ILLEGAL_ARGUMENT',
    `${what} comes with checkpoints, which this version does not have yet; "flink cancel <Job ID>" ends a job.`,
    { domain: 'user' },
  );
}
