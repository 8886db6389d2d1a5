import { MillraceError } from '../../core/errors.js';
import type { Action } from './cli-frontend.js';
import { actionHelp } from './help.js';
import { refuseFurtherWords } from './honour-options.js';
import { parseJobId } from './job-id.js';
import { GENERAL_OPTIONS, SAVEPOINT_OPTIONS, STOP_OPTIONS } from './option-table.js';
import { parseOptions } from './parse-options.js';
import { TARGET_OPTIONS } from './target.js';

/** `flink stop <job id>`: needs checkpoints, which this version does not have. What is wrong before that is said first. */
export const stop: Action = async (io, argv) => {
  const options = parseOptions({ ...GENERAL_OPTIONS, ...STOP_OPTIONS, ...TARGET_OPTIONS }, argv);
  if (options.has('help')) {
    for (const line of actionHelp('stop')) io.out(line);
    return 0;
  }
  parseJobId(options.args[0], 'Missing JobId');
  refuseFurtherWords(options, 1);
  throw noSavepointsYet('Stopping a job with a savepoint');
};

/** `flink savepoint <job id> [target]` and `flink savepoint -d <path>`, likewise. */
export const savepoint: Action = async (io, argv) => {
  const options = parseOptions({ ...GENERAL_OPTIONS, ...SAVEPOINT_OPTIONS, ...TARGET_OPTIONS }, argv);
  if (options.has('help')) {
    for (const line of actionHelp('savepoint')) io.out(line);
    return 0;
  }
  if (options.has('dispose')) throw noSavepointsYet('Disposing a savepoint');
  parseJobId(options.args[0], 'Missing JobID. Specify a Job ID to trigger a savepoint.');
  refuseFurtherWords(options, 2);
  throw noSavepointsYet('Taking a savepoint');
};

export function noSavepointsYet(what: string): MillraceError {
  return new MillraceError(
    'ILLEGAL_ARGUMENT',
    `${what} comes with checkpoints, which this version does not have yet; "flink cancel <Job ID>" ends a job.`,
    { domain: 'user' },
  );
}
