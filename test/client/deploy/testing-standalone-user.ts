import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CommandOptions, type CommandResult, RunningCommand } from '../../testing/command.js';
import { tempDir } from '../../testing/temp-dir.js';
import { freePort } from '../../yarn-bridge/http/testing-server.js';

const SCRIPTS = fileURLToPath(new URL('../../../scripts', import.meta.url));
const ROLES = ['applicationmaster.js', 'taskmanager.js'] as const;

/** Somebody with a FLINK_CONF_DIR of their own, who starts and stops a cluster with the real scripts. */
export class TestingStandaloneUser {
  readonly dir = tempDir();
  readonly tmpDir = join(this.dir, 'tmp');
  readonly logDir = join(this.dir, 'log');
  readonly env: Record<string, string>;
  private readonly running: RunningCommand[] = [];

  private constructor(
    readonly restPort: number,
    readonly rpcPort: number,
  ) {
    for (const folder of ['conf', 'tmp']) mkdirSync(join(this.dir, folder));
    this.env = { FLINK_CONF_DIR: join(this.dir, 'conf'), FLINK_LOG_DIR: this.logDir, TMPDIR: this.tmpDir };
    this.configure({});
  }

  static async create(): Promise<TestingStandaloneUser> {
    return new TestingStandaloneUser(await freePort(), await freePort());
  }

  get address(): string {
    return `127.0.0.1:${this.restPort}`;
  }

  /** Writes flink-conf.yaml: two free ports, small processes, and this. */
  configure(settings: Record<string, string | number>): void {
    const all = {
      'rest.port': this.restPort,
      'jobmanager.rpc.port': this.rpcPort,
      'jobmanager.heap.size': '256m',
      'taskmanager.memory.process.size': '256m',
      'taskmanager.numberOfTaskSlots': 2,
      ...settings,
    };
    const lines = Object.entries(all).map(([key, value]) => `${key}: ${value}\n`);
    writeFileSync(join(this.dir, 'conf/flink-conf.yaml'), lines.join(''));
  }

  file(name: string, content: string): string {
    const path = join(this.dir, name);
    writeFileSync(path, content);
    return path;
  }

  run(script: string, args: string[] = [], options: CommandOptions = {}): RunningCommand {
    const env = { ...this.env, ...options.env };
    const command = new RunningCommand(join(SCRIPTS, script), args, { cwd: this.dir, ...options, env });
    this.running.push(command);
    return command;
  }

  start(...args: string[]): Promise<CommandResult> {
    return this.run('start-cluster.sh', args).ended;
  }

  stop(): Promise<CommandResult> {
    return this.run('stop-cluster.sh').ended;
  }

  flink(...args: string[]): Promise<CommandResult> {
    return this.run('flink', args).ended;
  }

  /** The cluster's processes: those that have this user's FLINK_CONF_DIR. */
  processes(role?: (typeof ROLES)[number]): number[] {
    const own = `FLINK_CONF_DIR=${this.env['FLINK_CONF_DIR']}`;
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .filter(pid => {
        try {
          const [environ, argv] = ['environ', 'cmdline'].map(f =>
            readFileSync(`/proc/${pid}/${f}`, 'utf8').split('\0'),
          );
          return environ!.includes(own) && argv!.some(a => (role ? [role] : ROLES).some(r => a.endsWith(`/${r}`)));
        } catch {
          return false;
        }
      });
  }

  /** Processes, and files where only a running cluster has some: none of either is left of one that has ended. */
  leftovers(): string[] {
    return [...this.processes().map(pid => `process ${pid}`), ...readdirSync(this.tmpDir)];
  }

  /** Ends what a failed test left running. */
  async close(): Promise<void> {
    for (const command of this.running) command.signal('SIGKILL');
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
    await Promise.allSettled(this.running.map(c => c.ended));
  }
}
