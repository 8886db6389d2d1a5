import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TASKMANAGER_SETTINGS_VARIABLE, type TaskManagerSettings } from '../core/protocol/index.js';
import { runCommand } from '../test/testing/command.js';
import { eventually } from '../test/testing/eventually.js';
import type { ClusterUnderTest } from './job-run.js';

const root = fileURLToPath(new URL('..', import.meta.url));

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** A cluster of this host from scripts/start-cluster.sh, with two slots in one TaskManager or in two. */
export class StandaloneUnderTest implements ClusterUnderTest {
  readonly flink = join(root, 'scripts/flink');
  readonly taskManagers: number[] = [];
  /** Process id; known once it has started, as `startMs` is. */
  jobManager = 0;
  /** Milliseconds from the command to the slots of its first TaskManager. */
  startMs = 0;
  readonly env: Record<string, string>;
  readonly rest: string;
  private second: ChildProcess | undefined;

  private constructor(
    private readonly dir: string,
    restPort: number,
  ) {
    this.env = {
      FLINK_CONF_DIR: join(dir, 'conf'),
      FLINK_LOG_DIR: join(dir, 'log'),
      FLINK_PID_DIR: join(dir, 'pids'),
      TMPDIR: dir,
    };
    this.rest = `http://127.0.0.1:${restPort}`;
  }

  static async start(taskManagers: 1 | 2): Promise<StandaloneUnderTest> {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
    const [restPort, rpcPort] = [await freePort(), await freePort()];
    const cluster = new StandaloneUnderTest(dir, restPort);
    for (const folder of ['conf', 'log', 'pids']) mkdirSync(join(dir, folder));
    const settings = {
      'rest.port': restPort,
      'jobmanager.rpc.port': rpcPort,
      'taskmanager.memory.process.size': '1600m',
      'taskmanager.numberOfTaskSlots': 2 / taskManagers,
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`);
    writeFileSync(join(dir, 'conf/flink-conf.yaml'), lines.join(''));
    try {
      const started = await cluster.script('start-cluster.sh');
      if (started.code !== 0) throw new Error(`start-cluster.sh: ${started.stdout}\n${started.stderr}`);
      cluster.startMs = started.ms;
      const { jobManager, taskManager } = cluster.record();
      cluster.jobManager = jobManager.pid;
      cluster.taskManagers.push(taskManager.pid);
      if (taskManagers === 2) await cluster.startSecond();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const { second } = this;
    if (second && second.exitCode === null && second.signalCode === null) {
      const ended = new Promise(resolve => second.once('close', resolve));
      second.kill();
      await ended;
    }
    await this.script('stop-cluster.sh');
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  private script(name: string): ReturnType<typeof runCommand> {
    return runCommand(join(root, 'scripts', name), [], { env: this.env });
  }

  /** The folder that start-cluster.sh keeps what it knows in. */
  private get files(): string {
    return join(this.dir, 'pids', readdirSync(join(this.dir, 'pids'))[0]!);
  }

  private record(): { jobManager: { pid: number }; taskManager: { pid: number } } {
    return JSON.parse(readFileSync(join(this.files, 'cluster.json'), 'utf8')) as ReturnType<typeof this.record>;
  }

  /** start-cluster.sh starts one only: another process like it, with settings like its. */
  private async startSecond(): Promise<void> {
    const first = `/proc/${this.taskManagers[0]}`;
    const [node, ...args] = readFileSync(`${first}/cmdline`, 'utf8').split('\0').slice(0, -1);
    const settings = JSON.parse(readFileSync(join(this.files, 'taskmanager.json'), 'utf8')) as TaskManagerSettings;
    const logDir = join(this.dir, 'log/second');
    mkdirSync(logDir);
    const file = join(this.dir, 'second.json');
    writeFileSync(file, JSON.stringify({ ...settings, logDir } satisfies TaskManagerSettings), { mode: 0o600 });
    const env = { ...process.env, ...this.env, MALLOC_ARENA_MAX: '1', [TASKMANAGER_SETTINGS_VARIABLE]: file };
    this.second = spawn(node!, args, { cwd: logDir, env, stdio: 'ignore' });
    this.taskManagers.push(this.second.pid!);
    await eventually(async () => {
      const overview = (await (await fetch(`${this.rest}/overview`)).json()) as { 'slots-total': number };
      return overview['slots-total'] === 2;
    });
  }
}
