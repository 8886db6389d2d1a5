import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApplicationMaster, type JobMaster } from '../../applicationmaster/index.js';
import { StandaloneDriver } from '../../applicationmaster/resourcemanager/drivers/standalone.js';
import { loadProgram, newRecording, packBundle, runMain, Sandbox } from '../../bundle/index.js';
import { Configuration } from '../../core/config/index.js';
import { FileSystems } from '../../core/fs/index.js';
import { generateJobGraph } from '../../core/graph/index.js';
import { randomId } from '../../core/ids.js';
import { Lifecycle } from '../../core/lifecycle.js';
import { silentLogger } from '../../core/logging.js';
import { eventually } from '../testing/eventually.js';
import { tempDir } from '../testing/temp-dir.js';

const ROOT = join(import.meta.dirname, '../..');

/**
 * An ApplicationMaster in the test's process, and TaskManagers in processes of their own with a worker thread per slot:
 * for what only processes and threads show. Programs are bundles, as users submit them.
 */
export class TestingProcesses {
  readonly dir = tempDir();
  readonly taskManagers: ChildProcess[] = [];
  master!: ApplicationMaster;
  private readonly lifecycle = new Lifecycle();
  private readonly secret = randomId();
  private readonly conf: Record<string, string>;

  private constructor(
    conf: Record<string, string>,
    private readonly built: boolean,
  ) {
    this.conf = {
      'taskmanager.memory.process.size': '512m',
      'taskmanager.numberOfTaskSlots': '2',
      'taskmanager.registration.timeout': '20 s',
      ...conf,
    };
  }

  /** `built`: TaskManagers from dist/, whose threads start ten times faster than from source. */
  static async start(
    conf: Record<string, string> = {},
    { taskManagers = 1, built = false } = {},
  ): Promise<TestingProcesses> {
    const processes = new TestingProcesses(conf, built);
    try {
      await processes.open(taskManagers);
      return processes;
    } catch (error) {
      await processes.close();
      throw error;
    }
  }

  private async open(taskManagers: number): Promise<void> {
    this.master = await ApplicationMaster.start({
      configuration: Configuration.from(this.conf),
      secret: this.secret,
      logger: silentLogger,
      fileSystems: this.lifecycle.own(new FileSystems()),
      rpc: { host: '127.0.0.1', port: 0 },
      rest: { host: '127.0.0.1', port: 0, access: { type: 'open' }, logFiles: {} },
      advertisedHost: '127.0.0.1',
      driver: () => new StandaloneDriver(),
    });
    this.lifecycle.defer(() => this.master.shutDown({ status: 'SUCCEEDED', diagnostics: '' }));
    for (let i = 0; i < taskManagers; i++) this.startTaskManager(`tm-${i + 1}`);
    await eventually(() => this.master.slots.taskManagers.size === taskManagers, { timeout: 50_000 });
  }

  get freeSlots(): number {
    return this.master.slots.slotsFree;
  }

  /** What the processes wrote to their logs. */
  get log(): string {
    return readFileSync(join(this.dir, 'taskmanager.log'), 'utf8');
  }

  /** A program whose `main` has these statements; `env` and `args` are there. */
  async submit(body: string, before = ''): Promise<JobMaster> {
    const file = join(this.dir, `${randomId()}.ts`);
    writeFileSync(
      file,
      `import { AbstractRichFunction, RestartStrategies, RichMapFunction, StreamExecutionEnvironment } from 'millrace';
${before}
export class Job {
  static async main(args: string[]): Promise<void> {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
${body}
    await env.execute('job');
  }
}
`,
    );
    const { code, sha256, name } = await packBundle(file);
    const recording = newRecording();
    const sandbox = new Sandbox(recording, 'record');
    let submitted: JobMaster | undefined;
    await runMain(await loadProgram(code, undefined, name, sandbox), [], sandbox, {
      submit: async (graph, executeIndex) => {
        const program = {
          bundle: { sha256, name, size: code.length },
          args: [],
          executeIndex,
          previousResults: [],
          recording,
        };
        const job = { ...generateJobGraph(graph), program };
        submitted = this.master.dispatcher.submit(job, code);
        const { jobId } = job;
        return { jobId, cancel: async () => {}, result: async () => ({ jobId, netRuntimeMs: 0, accumulators: {} }) };
      },
    });
    return submitted!;
  }

  /** Its process, running. */
  startTaskManager(taskManagerId: string): ChildProcess {
    const secretFile = join(this.dir, 'secret');
    writeFileSync(secretFile, this.secret, { mode: 0o600 });
    const settingsFile = join(this.dir, `${taskManagerId}.json`);
    const settings = {
      taskManagerId,
      rpc: { host: '127.0.0.1', port: this.master.address.rpcPort },
      host: '127.0.0.1',
      secretFile,
      logDir: this.dir,
      properties: this.conf,
    };
    writeFileSync(settingsFile, JSON.stringify(settings));
    const source = ['--import', 'tsx', join(ROOT, 'taskmanager/entrypoint/main.ts')];
    const child = spawn(process.execPath, this.built ? [join(ROOT, 'dist/runtime/taskmanager.js')] : source, {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], TMPDIR: this.dir, MILLRACE_TASKMANAGER_CONFIG: settingsFile },
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    this.taskManagers.push(child);
    return child;
  }

  async close(): Promise<void> {
    await this.lifecycle.close();
    for (const child of this.taskManagers) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
}
