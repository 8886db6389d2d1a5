import { bindProgram } from '../../bundle/index.js';
import { MillraceError } from '../../core/errors.js';
import type { OperatorFunctions } from '../../core/graph/index.js';
import type { JobInformation } from '../../core/protocol/index.js';
import { cloneFunctions } from './clone-functions.js';

/** The functions of one subtask: copies of those in this process, else from a run of the program's `main`. */
export async function bindFunctions(
  job: JobInformation,
  bundleFile: string | undefined,
  inProcess?: ReadonlyMap<string, OperatorFunctions>,
): Promise<ReadonlyMap<string, OperatorFunctions>> {
  if (inProcess) return cloneFunctions(inProcess);
  if (job.program && bundleFile !== undefined) return bindProgram({ bundleFile, program: job.program });
  throw new MillraceError('INTERNAL', `Job ${job.jobId} has no program to take functions from.`);
}
