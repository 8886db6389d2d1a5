import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
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
import { identityOf, isAlive, startedWith } from './process-identity.js';
import { makeFolder, StandaloneFiles, type StandaloneRecord } from './standalone-files.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface StandaloneIo {
  out(line: string): void;
  err(line: string): void;
  readonly env: Environment;
  readonly interrupted: AbortSignal;
}

/** A process that is coming up, and where it says why not. */
interface Started {
  what: string;
  daemon: Daemon;
  logs: readonly string[];
}

interface StartedJobManager extends Started {
  rpc: TaskManagerSettings['rpc'];
  rest: string;
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
const SETTINGS_FILES = {
  [TASKMANAGER_SETTINGS_VARIABLE]: 'taskmanager.json',
  [APPLICATIONMASTER_SETTINGS_VARIABLE]: 'jobmanager.json',
} as const;

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
    const specification = clusterSpecification(configuration);
    const logDir = this.files.logDirectory(configuration, this.io.env);
    const tmpDir = this.files.tmpDirectory(configuration);
    this.claim(tmpDir);
    try {
      makeFolder('of the logs', logDir, 'set FLINK_LOG_DIR or env.log.dir');
      makeFolder('for temporary files', tmpDir, `set ${Options.ioTmpDirs.key}`);
      this.files.write('secret', randomBytes(32).toString('hex'));
      this.io.out('Starting cluster.');
      const properties = { ...configuration.toMap(), [Options.ioTmpDirs.key]: tmpDir };
      const jobManager = await this.startJobManager(configuration, properties, logDir);
      await this.startTaskManager(configuration, properties, logDir, jobManager, specification.slotsPerTaskManager);
    } catch (error) {
      await this.stopProcesses(this.files.read());
      this.files.remove();
      throw error;
    }
  }

  /** False if no cluster of this configuration directory runs. What a killed one left is removed. */
  async stop(): Promise<boolean> {
    // It ends what it has started by then.
    const starter = this.files.read()?.starter;
    if (starter && isAlive(starter)) await stopDaemon(starter, STOP_GRACE);
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

  /** Makes the cluster's folder ours; what a killed one left there is removed. */
  private claim(tmpDir: string): void {
    while (!this.files.create({ starter: identityOf(process.pid), tmpDir })) {
      const record = this.files.read();
      const running = [record?.jobManager, record?.taskManager, record?.starter].find(it => it && isAlive(it));
      if (record && running) throw alreadyThere(record, running);
      this.files.remove();
    }
  }

  private record(changes: Partial<StandaloneRecord>): void {
    this.files.record({ ...this.files.read()!, ...changes });
  }

  private async startJobManager(
    configuration: Configuration,
    properties: Readonly<Record<string, string>>,
    logDir: string,
  ): Promise<StartedJobManager> {
    const rpcHost = loopbackFor(configuration.get(Options.jobManagerRpcAddress));
    const memory = configuration.get(Options.jobManagerMemory) ?? DEFAULT_PROCESS_SIZE;
    const readyFile = this.files.file('ready.json');
    const logFile = join(logDir, 'jobmanager.log');
    const settings: ApplicationMasterSettings = {
      mode: 'standalone',
      configuration: { ...properties, [Options.jobManagerRpcAddress.key]: rpcHost },
      memory,
      secretFile: this.files.file('secret'),
      readyFile,
      logFile,
    };
    this.io.out(`Starting standalonesession daemon on host ${hostname()}.`);
    const launch = this.launch('applicationmaster', 'jobmanager', logDir, jobManagerHeap(memory) / MB, {
      [APPLICATIONMASTER_SETTINGS_VARIABLE]: this.writeSettings(APPLICATIONMASTER_SETTINGS_VARIABLE, settings),
    });
    const daemon = await startDaemon(launch);
    this.record({ jobManager: daemon });
    const started = { what: 'JobManager', daemon, logs: [launch.err, logFile] };
    await this.until([started], async () => existsSync(readyFile));
    const { restPort, rpcPort } = JSON.parse(readFileSync(readyFile, 'utf8')) as { restPort: number; rpcPort: number };
    const restHost = configuration.get(Options.restBindAddress) ?? LOOPBACK;
    const rest = `http://${formatHostPort({ host: isWildcard(restHost) ? LOOPBACK : restHost, port: restPort })}`;
    rmSync(readyFile, { force: true });
    this.record({ rest });
    return { ...started, rpc: { host: rpcHost, port: rpcPort }, rest };
  }

  private async startTaskManager(
    configuration: Configuration,
    properties: Readonly<Record<string, string>>,
    logDir: string,
    jobManager: StartedJobManager,
    slots: number,
  ): Promise<void> {
    const { rpc, rest: address } = jobManager;
    const settings: TaskManagerSettings = {
      rpc,
      host: loopbackFor(configuration.get(Options.taskManagerHost)),
      secretFile: this.files.file('secret'),
      logDir,
      properties: { ...properties },
    };
    this.io.out(`Starting taskexecutor daemon on host ${hostname()}.`);
    const launch = this.launch('taskmanager', 'taskmanager', logDir, TASK_MANAGER_MAIN_HEAP_MB, {
      [TASKMANAGER_SETTINGS_VARIABLE]: this.writeSettings(TASKMANAGER_SETTINGS_VARIABLE, settings),
    });
    const taskManager = await startDaemon(launch);
    this.record({ taskManager });
    const started = { what: 'TaskManager', daemon: taskManager, logs: [launch.err, join(logDir, 'taskmanager.log')] };
    const rest = new RestClient({ address, timeout: 5000, retryDelays: [], signal: this.io.interrupted });
    try {
      const registered = async (): Promise<number> => (await rest.overview())['slots-total'];
      await this.until([started, jobManager], async () => (await registered().catch(() => 0)) >= slots);
    } finally {
      rest.close();
    }
    this.record({ starter: undefined });
    this.io.err(`${slots} slot${slots === 1 ? ' is' : 's are'} registered; JobManager Web Interface: ${address}`);
  }

  private writeSettings(variable: keyof typeof SETTINGS_FILES, settings: object): string {
    return this.files.write(SETTINGS_FILES[variable], JSON.stringify(settings));
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

  /** Waits for `check`; a process that ended before is an error with its last lines, as is the first after too long. */
  private async until(processes: readonly Started[], check: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT;
    while (!(await check())) {
      const gone = processes.find(({ daemon }) => !isAlive(daemon));
      const late = Date.now() > deadline ? processes[0] : undefined;
      const failed = gone ?? late;
      if (failed) {
        const why = gone ? 'ended while it was starting' : `did not come up within ${START_TIMEOUT / 1000} s`;
        const message = [`The ${failed.what} (pid ${failed.daemon.pid}) ${why}.`, ...lastLines(failed.logs)].join('\n');
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
    // A command that was killed between a process's start and its record knew no more of it.
    for (const [variable, name] of Object.entries(SETTINGS_FILES)) {
      for (const stray of startedWith(`${variable}=${this.files.file(name)}`)) await stopDaemon(stray, STOP_GRACE);
    }
    return stopped;
  }
}

function alreadyThere({ confDir, starter, rest }: StandaloneRecord, running: Daemon): MillraceError {
  const what = starter === running ? 'being started' : 'running';
  const where = rest === undefined ? '' : ` at ${rest}`;
  const message =
    `A cluster of ${confDir} is ${what} already${where} (pid ${running.pid}): stop-cluster.sh stops it; ` +
    'another one needs another FLINK_CONF_DIR, with ports of its own (rest.port, jobmanager.rpc.port).';
  return new MillraceError('ILLEGAL_STATE', message, { domain: 'user' });
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
