import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Configuration, DEFAULT_PROCESS_SIZE, jobManagerHeap, Options } from '../../core/config/index.js';
import { MillraceError } from '../../core/errors.js';
import {
  APPLICATIONMASTER_SETTINGS_VARIABLE,
  type ApplicationMasterSettings,
  TASKMANAGER_SETTINGS_VARIABLE,
  type TaskManagerSettings,
} from '../../core/protocol/index.js';
import { formatHostPort } from '../../yarn-bridge/conf/index.js';
import { RestClient } from '../rest/index.js';
import { clusterSpecification } from './cluster-specification.js';
import { type Daemon, type DaemonLaunch, startDaemon, stopDaemon } from './daemon.js';
import { pause } from './interruptible.js';
import { isAlive } from './process-identity.js';
import { StandaloneFiles, type StandaloneRecord } from './standalone-files.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface StandaloneIo {
  out(line: string): void;
  err(line: string): void;
  readonly env: Environment;
  readonly interrupted: AbortSignal;
}

const MB = 1024 ** 2;
/** The main thread of a TaskManager carries control only; slots have heaps of their own. */
const TASK_MANAGER_MAIN_HEAP_MB = 96;
const LOOPBACK = '127.0.0.1';
/** Milliseconds for a process to come up. */
const START_TIMEOUT = 30_000;
/** Milliseconds that a process has for an orderly end; a JobManager cancels its jobs first. */
const STOP_GRACE = 15_000;
const LOG_LINES = 15;

/** One JobManager and one TaskManager on this host. Those of another configuration directory are another cluster. */
export class StandaloneCluster {
  private readonly files: StandaloneFiles;

  constructor(
    private readonly io: StandaloneIo,
    confDir: string,
  ) {
    this.files = StandaloneFiles.of(confDir, io.env);
  }

  /** Resolves when REST answers and the slots are registered. Otherwise nothing is left but the logs. */
  async start(configuration: Configuration): Promise<void> {
    this.refuseSecond();
    const specification = clusterSpecification(configuration);
    const logDir = this.files.logDirectory(configuration, this.io.env);
    mkdirSync(logDir, { recursive: true });
    this.files.remove();
    this.files.create();
    try {
      this.files.write('secret', randomBytes(32).toString('hex'));
      this.io.out('Starting cluster.');
      const jobManager = await this.startJobManager(configuration, logDir);
      await this.startTaskManager(configuration, logDir, jobManager, specification.slotsPerTaskManager);
    } catch (error) {
      await this.stopProcesses(this.files.read());
      this.files.remove();
      throw error;
    }
  }

  /** False if no cluster of this configuration directory runs. What a killed one left is removed. */
  async stop(): Promise<boolean> {
    const stopped = await this.stopProcesses(this.files.read(), (daemon, name) => {
      this.io.out(
        daemon
          ? `Stopping ${name} daemon (pid: ${daemon.pid}) on host ${hostname()}.`
          : `No ${name} daemon to stop on host ${hostname()}.`,
      );
    });
    this.files.remove();
    return stopped;
  }

  private refuseSecond(): void {
    const record = this.files.read();
    const running = [record?.jobManager, record?.taskManager].find(daemon => daemon && isAlive(daemon));
    if (!record || !running) return;
    const where = record.rest === undefined ? '' : ` at ${record.rest}`;
    const message =
      `A cluster of ${record.confDir} is running already${where} (pid ${running.pid}): stop-cluster.sh stops it; ` +
      'another one needs another FLINK_CONF_DIR, with ports of its own (rest.port, jobmanager.rpc.port).';
    throw new MillraceError('ILLEGAL_STATE', message, { domain: 'user' });
  }

  private async startJobManager(
    configuration: Configuration,
    logDir: string,
  ): Promise<{ daemon: Daemon; rpc: TaskManagerSettings['rpc']; rest: string }> {
    const rpcHost = loopbackFor(configuration.get(Options.jobManagerRpcAddress));
    const memory = configuration.get(Options.jobManagerMemory) ?? DEFAULT_PROCESS_SIZE;
    const readyFile = this.files.file('ready.json');
    const logFile = join(logDir, 'jobmanager.log');
    const settings: ApplicationMasterSettings = {
      mode: 'standalone',
      configuration: { ...configuration.toMap(), [Options.jobManagerRpcAddress.key]: rpcHost },
      memory,
      secretFile: this.files.file('secret'),
      readyFile,
      logFile,
    };
    this.io.out(`Starting standalonesession daemon on host ${hostname()}.`);
    const launch = this.launch('applicationmaster', 'jobmanager', logDir, jobManagerHeap(memory) / MB, {
      [APPLICATIONMASTER_SETTINGS_VARIABLE]: this.files.write('jobmanager.json', JSON.stringify(settings)),
    });
    const daemon = await startDaemon(launch);
    this.files.record({ jobManager: daemon });
    await this.until('JobManager', daemon, [launch.err, logFile], async () => existsSync(readyFile));
    const { restPort, rpcPort } = JSON.parse(readFileSync(readyFile, 'utf8')) as { restPort: number; rpcPort: number };
    const restHost = configuration.get(Options.restBindAddress) ?? LOOPBACK;
    const rest = `http://${formatHostPort({ host: isWildcard(restHost) ? LOOPBACK : restHost, port: restPort })}`;
    this.files.record({ jobManager: daemon, rest });
    return { daemon, rpc: { host: rpcHost, port: rpcPort }, rest };
  }

  private async startTaskManager(
    configuration: Configuration,
    logDir: string,
    { daemon: jobManager, rpc, rest: address }: { daemon: Daemon; rpc: TaskManagerSettings['rpc']; rest: string },
    slots: number,
  ): Promise<void> {
    const settings: TaskManagerSettings = {
      rpc,
      host: loopbackFor(configuration.get(Options.taskManagerHost)),
      secretFile: this.files.file('secret'),
      logDir,
      properties: configuration.toMap(),
    };
    this.io.out(`Starting taskexecutor daemon on host ${hostname()}.`);
    const launch = this.launch('taskmanager', 'taskmanager', logDir, TASK_MANAGER_MAIN_HEAP_MB, {
      [TASKMANAGER_SETTINGS_VARIABLE]: this.files.write('taskmanager.json', JSON.stringify(settings)),
    });
    const taskManager = await startDaemon(launch);
    this.files.record({ jobManager, taskManager, rest: address });
    const rest = new RestClient({ address, timeout: 5000, retryDelays: [], signal: this.io.interrupted });
    try {
      const logs = [launch.err, join(logDir, 'taskmanager.log')];
      await this.until('TaskManager', taskManager, logs, async () => (await rest.overview())['slots-total'] >= slots);
    } finally {
      rest.close();
    }
    rmSync(this.files.file('ready.json'), { force: true });
    this.io.err(`${slots} slot${slots === 1 ? ' is' : 's are'} registered; JobManager Web Interface: ${address}`);
  }

  private launch(
    role: 'applicationmaster' | 'taskmanager',
    logName: string,
    logDir: string,
    heapMb: number,
    settings: Record<string, string>,
  ): DaemonLaunch {
    return {
      script: roleFile(role),
      nodeOptions: [`--max-old-space-size=${Math.floor(heapMb)}`],
      env: { ...this.io.env, MALLOC_ARENA_MAX: '1', ...settings },
      cwd: logDir,
      out: join(logDir, `${logName}.out`),
      err: join(logDir, `${logName}.err`),
    };
  }

  /** Waits for `check`; a process that ended before, or takes too long, is an error with its last lines. */
  private async until(
    what: string,
    daemon: Daemon,
    logs: readonly string[],
    check: () => Promise<boolean>,
  ): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT;
    while (!(await check())) {
      const gone = !isAlive(daemon);
      if (gone || Date.now() > deadline) {
        const why = gone ? 'ended while it was starting' : `did not come up within ${START_TIMEOUT / 1000} s`;
        const message = [`The ${what} (pid ${daemon.pid}) ${why}.`, ...lastLines(logs)].join('\n');
        throw new MillraceError('APPLICATION_FAILED', message, { domain: 'cluster' });
      }
      await pause(30, this.io.interrupted);
    }
  }

  private async stopProcesses(
    record: StandaloneRecord | undefined,
    say: (daemon: Daemon | undefined, name: string) => void = () => {},
  ): Promise<boolean> {
    let stopped = false;
    for (const [daemon, name] of [
      [record?.taskManager, 'taskexecutor'],
      [record?.jobManager, 'standalonesession'],
    ] as const) {
      const runs = daemon !== undefined && isAlive(daemon);
      say(runs ? daemon : undefined, name);
      if (runs) stopped = (await stopDaemon(daemon, STOP_GRACE)) || stopped;
    }
    return stopped;
  }
}

/** dist/runtime/<role>.js, seen from dist/client/ as from the sources. */
function roleFile(role: string): string {
  for (const relative of [`../runtime/${role}.js`, `../../dist/runtime/${role}.js`]) {
    const file = fileURLToPath(new URL(relative, import.meta.url));
    if (existsSync(file)) return file;
  }
  throw new MillraceError('ILLEGAL_STATE', `dist/runtime/${role}.js is missing: npm run build makes it.`, {
    domain: 'user',
  });
}

/** `localhost` may mean ::1 here and 127.0.0.1 there. */
function loopbackFor(host: string | undefined): string {
  return host === undefined || host === 'localhost' ? LOOPBACK : host;
}

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** Of the first file that has any, with its name. */
function lastLines(files: readonly string[]): string[] {
  for (const file of files) {
    const text = existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : '';
    if (text !== '') return [`Last lines of ${file}:`, ...text.split('\n').slice(-LOG_LINES)];
  }
  return [];
}
