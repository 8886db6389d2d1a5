import { runMain } from '../../bundle/index.js';
import type { Configuration } from '../../core/config/index.js';
import { createFileSystems } from '../../yarn-bridge/filesystems/index.js';
import { interruptible } from '../deploy/interruptible.js';
import type { Action } from './cli-frontend.js';
import { actionHelp } from './help.js';
import { refuseOrWarn, warnOfUnused } from './honour-options.js';
import type { CliIo } from './io.js';
import { type JobSubmitter, RunningClusterSubmitter } from './job-submission.js';
import { openCluster } from './open-cluster.js';
import { GENERAL_OPTIONS, RUN_OPTIONS, YARN_OPTIONS } from './option-table.js';
import { type ParsedOptions, parseOptions } from './parse-options.js';
import { generateOptions, type LoadedProgram, loadCommandLineProgram } from './program.js';
import { ProgramExecutor } from './program-executor.js';
import { checkApplicationId, positive, type ResolvedTarget, resolveTarget, TARGET_OPTIONS } from './target.js';

const TABLE = { ...GENERAL_OPTIONS, ...RUN_OPTIONS, ...TARGET_OPTIONS, ...YARN_OPTIONS } as const;

/** `flink run [options] <bundle> <arguments>` */
export const run: Action = async (io, argv) => {
  const options = parseOptions(TABLE, argv);
  if (options.has('help') || options.has('yarnHelp')) {
    for (const line of actionHelp('run')) io.out(line);
    return 0;
  }
  refuseOrWarn(io, TABLE, options);
  const wanted = options.get('parallelism');
  const parallelism = wanted === undefined ? undefined : positive(wanted, 'The parallelism');
  const containers = options.get('yarnContainers');
  const taskManagers = containers === undefined ? undefined : positive(containers, '-yn: the number of TaskManagers');
  const yarnId = options.get('yarnId');
  if (yarnId !== undefined) checkApplicationId(yarnId);
  if (options.has('yarnQuery')) {
    const { queryYarn } = await import('./yarn-query.js');
    return queryYarn(io, (await resolveTarget(io, options)).configuration);
  }
  if (options.args.length === 0) await loadCommandLineProgram(io, options.args, undefined);
  const resolved = await resolveTarget(io, options);
  const detached = options.hasAny('detached', 'yarnDetached');
  warnAbout(io, options, resolved, detached);
  if (resolved.target.type === 'local') {
    const loaded = await loadCommandLineProgram(io, options.args, options.get('entry'));
    const { runLocally } = await import('./run-locally.js');
    return runLocally(io, loaded, resolved.configuration, parallelism);
  }
  const submitter = await submitterFor(io, resolved, detached, taskManagers);
  try {
    const loaded = await loadCommandLineProgram(io, options.args, options.get('entry'));
    return await runProgram(io, loaded, resolved.configuration, { submitter, detached, parallelism });
  } finally {
    await submitter.close();
  }
};

interface ProgramRun {
  submitter: JobSubmitter;
  detached: boolean;
  parallelism: number | undefined;
}

async function runProgram(
  io: CliIo,
  loaded: LoadedProgram,
  configuration: Configuration,
  { submitter, detached, parallelism }: ProgramRun,
): Promise<number> {
  const fileSystems = createFileSystems(configuration, { env: io.env, workingDirectory: io.cwd });
  const generate = generateOptions(configuration, parallelism);
  const executor = new ProgramExecutor(io, { loaded, generate, fileSystems, submitter, detached });
  try {
    await interruptible(runMain(loaded.program, loaded.args, loaded.sandbox, executor), io.interrupted);
    await executor.settled();
    if (executor.detachedFailure) throw executor.detachedFailure.error;
    return 0;
  } catch (error) {
    await executor.settled();
    if (io.interrupted.aborted && !detached) await submitter.endApplications?.();
    throw error;
  } finally {
    if (!detached) await submitter.untilEnded?.();
    await fileSystems.close();
  }
}

async function submitterFor(
  io: CliIo,
  resolved: ResolvedTarget,
  detached: boolean,
  taskManagers: number | undefined,
): Promise<JobSubmitter> {
  if (resolved.target.type !== 'per-job') return new RunningClusterSubmitter(openCluster(io, resolved));
  const [{ PerJobSubmitter: Submitter }, { clusterSpecification }, { HadoopAccess }] = await Promise.all([
    import('./per-job-submitter.js'),
    import('../deploy/cluster-specification.js'),
    import('../deploy/hadoop-access.js'),
  ]);
  const { configuration } = resolved;
  const specification = clusterSpecification(configuration, taskManagers);
  const hadoop = HadoopAccess.open(configuration, io.env);
  return new Submitter(io, { hadoop, configuration, specification, detached });
}

/** Options that change nothing where they stand are no error in Flink; the user is told. */
function warnAbout(
  io: CliIo,
  options: ParsedOptions<typeof TABLE>,
  { target }: ResolvedTarget,
  detached: boolean,
): void {
  if (options.has('yarnContainers')) {
    io.err('WARNING: -yn is deprecated: without it TaskManagers come and go with demand.');
  }
  if (options.has('yarnDetached')) io.err('WARNING: -yd is deprecated: use -d.');
  if (detached)
    warnOfUnused(io, TABLE, options, ['shutdownOnExit'], 'a detached client is not there to be interrupted');
  if (target.type === 'per-job') return;
  const sizes = ['yarnJobManagerMemory', 'yarnTaskManagerMemory', 'yarnSlots', 'yarnContainers'] as const;
  const names = ['yarnName', 'yarnQueue', 'yarnType', 'yarnNodeLabel'] as const;
  const where =
    target.type === 'session' ? 'the session runs already' : 'the job does not go to YARN (-m yarn-cluster)';
  warnOfUnused(io, TABLE, options, [...sizes, ...names], where);
}
