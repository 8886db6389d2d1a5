import { MillraceError } from '../../core/errors.js';
import { isHexId } from '../../core/ids.js';
import type { Action } from './cli-frontend.js';
import { actionHelp } from './help.js';
import { UsageError } from './io.js';
import { openCluster } from './open-cluster.js';
import { type CliOption, GENERAL_OPTIONS } from './option-table.js';
import { parseOptions } from './parse-options.js';
import { noSavepointsYet } from './savepoints.js';
import { resolveTarget, TARGET_OPTIONS } from './target.js';

const WITH_SAVEPOINT: Record<'withSavepoint', CliOption> = {
  withSavepoint: { short: 's', long: 'withSavepoint', description: 'Deprecated: use stop.', hidden: true },
};

/** `flink cancel <job id>` */
export const cancel: Action = async (io, argv) => {
  const options = parseOptions({ ...GENERAL_OPTIONS, ...WITH_SAVEPOINT, ...TARGET_OPTIONS }, argv);
  if (options.has('help')) {
    for (const line of actionHelp('cancel')) io.out(line);
    return 0;
  }
  if (options.has('withSavepoint')) throw noSavepointsYet('Cancelling a job with a savepoint');
  const jobId = parseJobId(options.args[0], 'Missing JobID. Specify a JobID to cancel a job.');
  const cluster = await openCluster(io, await resolveTarget(io, options));
  try {
    io.out(`Cancelling job ${jobId}.`);
    await cluster.client.rest.cancel(jobId).catch(async (error: unknown) => {
      const cause = await cluster.client.explain(error);
      throw new MillraceError('REMOTE', `Could not cancel job ${jobId}.`, { cause });
    });
    io.out(`Cancelled job ${jobId}.`);
    return 0;
  } finally {
    await cluster.close();
  }
};

export function parseJobId(text: string | undefined, missing: string): string {
  if (text === undefined) throw new UsageError(missing);
  const id = text.toLowerCase();
  if (isHexId(id)) return id;
  throw new UsageError(`Cannot parse JobID from "${text}". A JobID has 32 hexadecimal digits.`);
}
