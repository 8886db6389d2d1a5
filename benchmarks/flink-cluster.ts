import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { type CommandResult, runCommand } from '../test/testing/command.js';
import { eventually } from '../test/testing/eventually.js';
import type { ClusterUnderTest } from './job-run.js';
import { freePort } from './standalone.js';

/** Milliseconds; ten seconds where nobody else wants the cores. */
const START_TIMEOUT = 300_000;
const SOURCES = fileURLToPath(new URL('flink', import.meta.url));

/** An Apache Flink 2.x of this host: a JobManager, two slots in one TaskManager or in two, as much memory as ours have. */
export class FlinkUnderTest implements ClusterUnderTest {
  readonly flink: string;
  readonly taskManagers: number[] = [];
  /** Process id; known once it has started, as `startMs` is. */
  jobManager = 0;
  /** Milliseconds from the first command to the registered slots. */
  startMs = 0;
  readonly env: Record<string, string>;
  readonly rest: string;
  readonly version: string;
  /** The jobs, compiled against this Flink. */
  readonly jar: string;

  private constructor(
    private readonly home: string,
    private readonly dir: string,
    restPort: number,
  ) {
    this.flink = join(home, 'bin/flink');
    this.env = {
      FLINK_HOME: home,
      FLINK_CONF_DIR: join(dir, 'conf'),
      FLINK_LOG_DIR: join(dir, 'log'),
      FLINK_PID_DIR: join(dir, 'pids'),
    };
    this.rest = `http://127.0.0.1:${restPort}`;
    this.version = versionOf(home);
    this.jar = join(dir, 'benchmarks.jar');
  }

  /** `home` is a Flink's folder: bin, conf, lib. Nothing is written there. */
  static async start(home: string, taskManagers: 1 | 2 = 1): Promise<FlinkUnderTest> {
    versionOf(home);
    const dir = mkdtempSync(join(tmpdir(), 'millrace-bench-flink-'));
    const [restPort, rpcPort] = [await freePort(), await freePort()];
    const cluster = new FlinkUnderTest(home, dir, restPort);
    try {
      await cluster.compile();
      cluster.configure(restPort, rpcPort, 2 / taskManagers);
      const began = Date.now();
      await cluster.script('jobmanager.sh', 'start');
      for (let i = 0; i < taskManagers; i++) await cluster.script('taskmanager.sh', 'start');
      cluster.taskManagers.push(...cluster.pids('taskexecutor'));
      cluster.jobManager = cluster.pids('standalonesession')[0]!;
      await eventually(
        async () => {
          const overview = (await (await fetch(`${cluster.rest}/overview`)).json()) as { 'slots-total': number };
          return overview['slots-total'] === 2;
        },
        { timeout: START_TIMEOUT },
      );
      cluster.startMs = Date.now() - began;
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const pids = [...this.pids('taskexecutor'), ...this.pids('standalonesession')];
    if (pids.length > 0) {
      await this.script('taskmanager.sh', 'stop-all');
      await this.script('jobmanager.sh', 'stop');
      await eventually(() => !pids.some(pid => existsSync(`/proc/${pid}`)), { timeout: 60_000 });
    }
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  private async compile(): Promise<void> {
    const classes = join(this.dir, 'classes');
    const sources = readdirSync(SOURCES).map(name => join(SOURCES, name));
    const against = ['-nowarn', '-proc:none', '-cp', join(this.home, 'lib/*'), '-d', classes];
    await this.succeed('javac', [...against, ...sources.filter(file => file.endsWith('.java'))]);
    await this.succeed('jar', ['--create', '--file', this.jar, '-C', classes, '.']);
  }

  private configure(restPort: number, rpcPort: number, slots: number): void {
    for (const folder of ['conf', 'log', 'pids', 'tmp']) mkdirSync(join(this.dir, folder));
    const [from, to] = [join(this.home, 'conf'), join(this.dir, 'conf')];
    const isShared = (name: string): boolean => name.startsWith('log') || name === 'masters' || name === 'workers';
    for (const name of readdirSync(from).filter(isShared)) cpSync(join(from, name), join(to, name));
    const settings = {
      // What Java 17 wants opened, as that Flink has it.
      'env.java.opts.all': javaOptions(join(from, 'config.yaml')),
      'jobmanager.rpc.address': '127.0.0.1',
      'jobmanager.rpc.port': rpcPort,
      'jobmanager.bind-host': '127.0.0.1',
      'jobmanager.memory.process.size': '1024m',
      'taskmanager.bind-host': '127.0.0.1',
      'taskmanager.host': '127.0.0.1',
      'taskmanager.memory.process.size': '1600m',
      'taskmanager.numberOfTaskSlots': slots,
      'rest.address': '127.0.0.1',
      'rest.bind-address': '127.0.0.1',
      'rest.port': restPort,
      'io.tmp.dirs': join(this.dir, 'tmp'),
      'execution.attached': true,
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`);
    writeFileSync(join(to, 'config.yaml'), lines.join(''));
  }

  private script(name: string, verb: string): Promise<CommandResult> {
    return this.succeed(join(this.home, 'bin', name), [verb]);
  }

  private async succeed(file: string, args: string[]): Promise<CommandResult> {
    const result = await runCommand(file, args, { env: this.env, timeoutMs: 120_000 });
    if (result.code === 0) return result;
    throw new Error(`${file} ${args[0]}: code ${result.code}\n${result.stdout}${result.stderr}`);
  }

  private pids(role: 'taskexecutor' | 'standalonesession'): number[] {
    const folder = join(this.dir, 'pids');
    const files = existsSync(folder) ? readdirSync(folder).filter(name => name.includes(role)) : [];
    return files.flatMap(name => readFileSync(join(folder, name), 'utf8').trim().split('\n').map(Number));
  }
}

function versionOf(home: string): string {
  const lib = join(home, 'lib');
  const names = existsSync(lib) ? readdirSync(lib) : [];
  const version = names.map(name => /^flink-dist-(.+)\.jar$/.exec(name)?.[1]).find(v => v !== undefined);
  if (version === undefined) throw new Error(`--flink ${home}: no Apache Flink, lib/flink-dist-….jar is missing.`);
  return version;
}

function javaOptions(file: string): string {
  const config = parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const flat = config['env.java.opts.all'];
  const nested = (config['env'] as { java?: { opts?: { all?: string } } } | undefined)?.java?.opts?.all;
  return String(flat ?? nested ?? '');
}
