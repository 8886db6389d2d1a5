import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jobManagerHeap } from '../core/config/index.js';
import {
  APPLICATIONMASTER_SETTINGS_VARIABLE,
  type ApplicationMasterSettings,
  TASKMANAGER_SETTINGS_VARIABLE,
  type TaskManagerSettings,
} from '../core/protocol/index.js';
import { eventually } from '../test/testing/eventually.js';
import { ScaleRest } from './scale-rest.js';

export interface ScaleClusterOptions {
  taskManagers: number;
  slots: number;
  /** Of a TaskManager, MB. */
  memoryMb: number;
  masterMb?: number;
  /** Further keys of the configuration. */
  properties?: Record<string, string>;
  /** Folder for CPU profiles of all processes and threads. */
  profile?: string;
}

/** What a process holds after its garbage was collected. */
export interface Held {
  heapUsed: number;
  external: number;
  rss: number;
  /** What keeps its event loop alive, by kind. */
  resources: Record<string, number>;
  listeners: number;
  files: number;
  threads: number;
}

const MB = 1024 ** 2;
const LOOPBACK = '127.0.0.1';
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
export const SECRET = 'of-the-scale-benchmark';
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** An ApplicationMaster and any number of TaskManagers on this host, each a process from dist/, with a probe inside. */
export class ScaleCluster {
  readonly taskManagers: number[] = [];
  master!: number;
  rpcPort!: number;
  rest!: ScaleRest;
  private readonly children: ChildProcess[] = [];

  private constructor(
    readonly dir: string,
    private readonly options: ScaleClusterOptions,
  ) {
    for (const signal of SIGNALS) process.once(signal, this.onSignal);
  }

  /** Ctrl-C, or a signal to the benchmark alone, leaves no process and no folder. */
  private readonly onSignal = (): void => void this.stop().finally(() => process.exit(130));

  /** Resolves when all slots are registered. */
  static async start(options: ScaleClusterOptions): Promise<ScaleCluster> {
    const cluster = new ScaleCluster(mkdtempSync(join(tmpdir(), 'millrace-scale-')), options);
    try {
      for (const folder of ['log', 'tmp', 'probe']) mkdirSync(join(cluster.dir, folder));
      writeFileSync(join(cluster.dir, 'secret'), SECRET, { mode: 0o600 });
      await cluster.startMaster();
      for (let i = 0; i < options.taskManagers; i++) cluster.startTaskManager(i);
      await cluster.registered(options.taskManagers * options.slots);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Waits for so many slots. */
  async registered(slots: number): Promise<void> {
    await eventually(
      async () => {
        const ended = this.children.find(child => child.exitCode !== null);
        if (ended) throw new Error(`pid ${ended.pid} ended with code ${ended.exitCode}: ${this.errors()}`);
        return (await this.rest.overview())['slots-total'] === slots;
      },
      { timeout: 120_000, interval: 50 },
    );
  }

  /** What a process holds now. */
  async held(pid: number): Promise<Held> {
    const path = join(this.dir, 'probe', `${pid}.json`);
    rmSync(path, { force: true });
    process.kill(pid, 'SIGUSR2');
    await eventually(() => existsSync(path), { timeout: 60_000 });
    return JSON.parse(readFileSync(path, 'utf8')) as Held;
  }

  /** Files in the processes' folders for temporary files. */
  temporaryFiles(): number {
    return readdirSync(join(this.dir, 'tmp'), { recursive: true, withFileTypes: true }).filter(e => e.isFile()).length;
  }

  async stop(): Promise<void> {
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
    for (const child of this.children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise(resolve => child.once('exit', resolve));
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      child.kill();
      await ended;
      clearTimeout(timer);
    }
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  private async startMaster(): Promise<void> {
    const readyFile = join(this.dir, 'ready.json');
    const memory = (this.options.masterMb ?? 1024) * MB;
    const settings: ApplicationMasterSettings = {
      mode: 'standalone',
      configuration: { ...this.properties, 'rest.port': '0', 'jobmanager.rpc.port': '0' },
      memory,
      secretFile: join(this.dir, 'secret'),
      readyFile,
      logFile: join(this.dir, 'log/jobmanager.log'),
    };
    const flags = [`--max-old-space-size=${Math.floor(jobManagerHeap(memory) / MB)}`];
    this.master = this.spawn('applicationmaster', flags, APPLICATIONMASTER_SETTINGS_VARIABLE, settings);
    await eventually(() => existsSync(readyFile));
    const { restPort, rpcPort } = JSON.parse(readFileSync(readyFile, 'utf8')) as { restPort: number; rpcPort: number };
    this.rpcPort = rpcPort;
    this.rest = new ScaleRest(`http://${LOOPBACK}:${restPort}`);
  }

  private startTaskManager(index: number): void {
    const logDir = join(this.dir, `log/tm-${index}`);
    mkdirSync(logDir);
    const settings: TaskManagerSettings = {
      rpc: { host: LOOPBACK, port: this.rpcPort },
      host: LOOPBACK,
      secretFile: join(this.dir, 'secret'),
      logDir,
      properties: this.properties,
    };
    // As client/deploy/standalone-cluster.ts starts one.
    const flags = ['--max-old-space-size=96'];
    this.taskManagers.push(this.spawn('taskmanager', flags, TASKMANAGER_SETTINGS_VARIABLE, settings));
  }

  private get properties(): Record<string, string> {
    const { slots, memoryMb, properties } = this.options;
    return {
      'jobmanager.rpc.address': LOOPBACK,
      'taskmanager.memory.process.size': `${memoryMb}m`,
      'taskmanager.numberOfTaskSlots': String(slots),
      'io.tmp.dirs': join(this.dir, 'tmp'),
      ...properties,
    };
  }

  private spawn(role: string, flags: string[], variable: string, settings: object): number {
    const name = `${role}-${this.children.length}`;
    const path = join(this.dir, `${name}.json`);
    writeFileSync(path, JSON.stringify(settings), { mode: 0o600 });
    const output = openSync(join(this.dir, `log/${name}.err`), 'a');
    const { profile } = this.options;
    if (profile !== undefined) flags.push('--cpu-prof', `--cpu-prof-dir=${profile}`, '--cpu-prof-interval=1000');
    const child = spawn(
      process.execPath,
      [...flags, '--require', file('scale-probe.cjs'), file(`../dist/runtime/${role}.js`)],
      {
        cwd: join(this.dir, 'log'),
        env: {
          ...process.env,
          MALLOC_ARENA_MAX: '1',
          MILLRACE_PROBE_DIR: join(this.dir, 'probe'),
          [variable]: path,
        },
        stdio: ['ignore', output, output],
      },
    );
    this.children.push(child);
    return child.pid!;
  }

  private errors(): string {
    const folder = join(this.dir, 'log');
    const files = readdirSync(folder).filter(name => name.endsWith('.err'));
    return files.map(name => readFileSync(join(folder, name), 'utf8').slice(-500)).join('\n');
  }
}
