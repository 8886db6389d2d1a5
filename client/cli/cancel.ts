import { MillraceError } from '../../core/errors.js';
import type { Action } from './cli-frontend.js';
import { actionHelp } from './help.js';
import { refuseFurtherWords, refuseOrWarn } from './honour-options.js';
import { parseJobId } from './job-id.js';
import { openCluster } from './open-cluster.js';
import { CANCEL_OPTIONS, GENERAL_OPTIONS } from './option-table.js';
import { parseOptions } from './parse-options.js';
import { noSavepointsYet } from './savepoints.js';
import { resolveTarget, TARGET_OPTIONS } from './target.js';

const TABLE = { ...GENERAL_OPTIONS, ...CANCEL_OPTIONS, ...TARGET_OPTIONS } as const;

/** `flink cancel <job id>` */
export const cancel: Action = async (io, argv) => {
  const options = parseOptions(TABLE, argv);
  if (options.has('help')) {
    for (const line of actionHelp('cancel')) io.out(line);
    return 0;
  }
  refuseOrWarn(io, TABLE, options);
  // `cancel -s <Job ID>`: what looks like the directory is the id.
  const jobId = parseJobId(
    options.args[0] ?? (options.get('withSavepoint') || undefined),
    'Missing JobID. Specify a JobID to cancel a job.',
  );
  refuseFurtherWords(options, 1);
  if (options.has('withSavepoint')) {
    io.out('DEPRECATION WARNING: Cancelling a job with savepoint is deprecated. Use "stop" instead.');
    throw noSavepointsYet('Cancelling a job with a savepoint');
  }
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
