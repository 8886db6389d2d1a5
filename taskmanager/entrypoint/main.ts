/** `node taskmanager.js`: a TaskManager as a process of its own. Nothing on its command line. */
import { openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Configuration, describeMemory, Options, taskManagerMemory } from '../../core/config/index.js';
import { messageOf } from '../../core/errors.js';
import { createLogger, type Logger, writeFully } from '../../core/logging.js';
import type { TaskManagerSettings } from '../../core/protocol/index.js';
import { VERSION } from '../../core/version.js';
import { bufferDebloatOptions } from '../network/buffer-debloater.js';
import { TaskManager } from '../task-manager.js';
import { readLaunch } from './settings.js';

/** After a signal: a NodeManager kills soon, a user waits no longer. */
const SIGNAL_GRACE_MS = 10_000;
const SIGNALS = { SIGTERM: 143, SIGINT: 130 } as const;

process.setSourceMapsEnabled(true);

main().catch((error: unknown) => {
  writeFully(2, `${messageOf(error)}\n`);
  process.exit(1);
});

async function main(): Promise<void> {
  const { settings, secret } = await readLaunch(process.env);
  const onYarn = process.env['CONTAINER_ID'] !== undefined;
  const configuration = Configuration.from(settings.properties, 'the settings of this TaskManager');
  const slots = configuration.get(Options.taskManagerSlots);
  const memory = taskManagerMemory(configuration);
  const debloat = bufferDebloatOptions(configuration);
  const host = settings.host ?? configuration.get(Options.taskManagerHost) ?? process.env['NM_HOST'] ?? hostname();
  const logDir = settings.logDir ?? firstOf(process.env['LOG_DIRS']);
  const logger = loggerTo(logDir);
  logger.info(`Millrace ${VERSION}, Node.js ${process.version}, pid ${process.pid}, host ${host}`);
  logger.info(`Memory: ${describeMemory(memory, slots)}`);

  const tmpDir = resolve(firstOf(configuration.get(Options.ioTmpDirs)) ?? (onYarn ? 'tmp' : tmpdir()));
  await mkdir(tmpDir, { recursive: true });
  const id = settings.taskManagerId ?? process.env['CONTAINER_ID'];
  const taskManager = await TaskManager.start({
    ...(id !== undefined && { taskManagerId: id }),
    applicationMaster: settings.rpc,
    secret,
    host,
    bindHost: configuration.get(Options.taskManagerBindHost) ?? bindHostFor(host, onYarn),
    dataPort: configuration.get(Options.taskManagerDataPort),
    slots,
    memory,
    tmpDir,
    slotMode: 'worker',
    ...(debloat && { debloat }),
    properties: settings.properties,
    heartbeat: {
      intervalMs: configuration.get(Options.heartbeatInterval),
      timeoutMs: configuration.get(Options.heartbeatTimeout),
    },
    registrationTimeoutMs: configuration.get(Options.taskManagerRegistrationTimeout),
    ...(onYarn && { containerDir: process.cwd() }),
    cancellationTimeoutMs: configuration.get(Options.taskCancellationTimeout),
    watchMemory: true,
    ...(logDir !== undefined && { logDir }),
    logger,
  });
  endOnSignals(taskManager, logger);
  process.on('uncaughtException', error => {
    logger.error('Something was not caught; the TaskManager ends.', error);
    process.exit(1);
  });
  const failure = await taskManager.ended;
  if (failure) {
    logger.error(`The TaskManager ends: ${failure.message}`);
    // YARN quotes standard error of a container that fails.
    if (logDir !== undefined) writeFully(2, `${failure.message}\n`);
  }
  process.exit(exitCode ?? (failure ? 1 : 0));
}

let exitCode: number | undefined;

function endOnSignals(taskManager: TaskManager, logger: Logger): void {
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      // The second time it is meant.
      if (exitCode !== undefined) process.exit(code);
      exitCode = code;
      logger.info(`${signal}: stopping.`);
      setTimeout(() => process.exit(code), SIGNAL_GRACE_MS).unref();
      void taskManager.close(`The TaskManager got ${signal}.`);
    });
  }
}

/** Containers on other hosts must reach a TaskManager on YARN; elsewhere it listens where it is told to be found. */
function bindHostFor(host: NonNullable<TaskManagerSettings['host']>, onYarn: boolean): string {
  const loopback = host === 'localhost' || host.startsWith('127.');
  return onYarn && !loopback ? '0.0.0.0' : host;
}

function firstOf(list: string | undefined): string | undefined {
  return list
    ?.split(',')
    .map(part => part.trim())
    .find(part => part !== '');
}

function loggerTo(logDir: string | undefined): Logger {
  if (logDir === undefined) return createLogger({ component: 'TaskManager' });
  const fd = openSync(join(logDir, 'taskmanager.log'), 'a');
  return createLogger({ component: 'TaskManager', write: line => writeFully(fd, line) });
}
