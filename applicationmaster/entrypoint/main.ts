/** `node applicationmaster.js`: session, per-job or standalone, as its settings file says. */
import { openSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Configuration, describeMemory, jobManagerHeap, Options, taskManagerMemory } from '../../core/config/index.js';
import { messageOf } from '../../core/errors.js';
import { Lifecycle } from '../../core/lifecycle.js';
import { createLogger, type Logger, writeFully } from '../../core/logging.js';
import { MemoryWatch } from '../../core/memory-watch.js';
import type { ApplicationMasterSettings } from '../../core/protocol/index.js';
import { VERSION } from '../../core/version.js';
import type { ApplicationEnd, ApplicationMaster } from '../application-master.js';
import type { JobMaster } from '../jobmaster/job-master.js';
import { readSettings } from './settings.js';

process.setSourceMapsEnabled(true);

const lifecycle = new Lifecycle();
let logger: Logger = createLogger({ component: 'ApplicationMaster' });
let master: ApplicationMaster | undefined;
let exiting = false;

main().catch((error: unknown) => void fail(error));

async function main(): Promise<void> {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => void fail(error));
  }
  const settings = readSettings(process.env);
  logger = loggerFor(settings);
  const { mode } = settings;
  logger.info(`Millrace ${VERSION}, Node.js ${process.version}, pid ${process.pid}, mode ${mode}`);
  // A client that finds the application asks for its job: it is there before.
  let job: Promise<JobMaster> | undefined;
  const perJob = mode === 'per-job' ? await import('./per-job.js') : undefined;
  master = await start(settings, async starting => {
    job = perJob?.submitPerJob(starting);
    await job?.catch(() => {});
  });
  const { restPort, rpcPort } = master.address;
  logger.info(`REST on port ${restPort}, control on port ${rpcPort}`);
  const running = master;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => running.kill(signal));
  }
  if (perJob && job) void perJob.endWithJob(running, await job, settings.yarn?.attached);
  if (settings.readyFile !== undefined) writeReadyFile(settings.readyFile, { restPort, rpcPort, pid: process.pid });
  await exit(await running.ended);
}

async function start(
  settings: ApplicationMasterSettings,
  beforeRegistration: (master: ApplicationMaster) => Promise<void>,
): Promise<ApplicationMaster> {
  watchMemory(settings);
  if (settings.mode === 'standalone') {
    const { startStandalone } = await import('./standalone.js');
    return startStandalone(settings, logger, lifecycle);
  }
  const configuration = Configuration.from(settings.configuration);
  logger.info(
    `Memory of a TaskManager: ${describeMemory(taskManagerMemory(configuration), configuration.get(Options.taskManagerSlots))}`,
  );
  const { startOnYarn } = await import('./yarn.js');
  return startOnYarn(settings, process.env, logger, lifecycle, beforeRegistration);
}

function watchMemory({ memory }: ApplicationMasterSettings): void {
  const mb = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MB`;
  logger.info(`Memory: ${mb(memory)}, of which heap ${mb(jobManagerHeap(memory))}, the rest code and overhead`);
  lifecycle.own(
    new MemoryWatch({
      subject: 'The JobManager',
      limit: memory,
      flag: '-jm (jobmanager.heap.size)',
      onWarning: message => logger.warn(message),
    }),
  );
}

/** Nothing can be done about it here: what is open is told and closed, the reason is the last line on standard error. */
async function fail(error: unknown): Promise<void> {
  logger.error('The ApplicationMaster failed', error);
  await exit({ status: 'FAILED', diagnostics: messageOf(error) }, 1);
}

async function exit(end: ApplicationEnd, code = 0): Promise<void> {
  if (exiting) return;
  exiting = true;
  logger.info(`The application ends ${end.status}${end.diagnostics === '' ? '' : `: ${end.diagnostics}`}`);
  try {
    await master?.shutDown(end);
    await lifecycle.close();
  } catch (error) {
    logger.error('Closing failed', error);
  }
  if (end.status === 'FAILED') writeFully(2, `${end.diagnostics.split('\n')[0]}\n`);
  process.exit(code);
}

/** Renamed, so that whoever waits for the file never reads half of it. */
function writeReadyFile(file: string, content: object): void {
  writeFileSync(`${file}.part`, JSON.stringify(content));
  renameSync(`${file}.part`, file);
}

function loggerFor({ logFile }: ApplicationMasterSettings): Logger {
  const logDir = process.env['LOG_DIRS']?.split(',')[0];
  const file = logFile ?? (logDir === undefined ? undefined : join(logDir, 'jobmanager.log'));
  if (file === undefined) return logger;
  const fd = openSync(file, 'a');
  return createLogger({ component: 'ApplicationMaster', write: line => writeFully(fd, line) });
}
