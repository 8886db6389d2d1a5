import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CommandOptions, type CommandResult, RunningCommand } from './command.js';
import type { HadoopUnderTest } from './hadoop.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const JOBS = join(root, 'test/conformance/programs/jobs.ts');

/** Somebody at a shell with HADOOP_CONF_DIR set: starts our scripts in a folder of their own, as a new user would. */
export class YarnUser {
  private readonly running: RunningCommand[] = [];
  readonly cwd: string;
  readonly tmpDir: string;
  /** By which a later command finds the session. */
  readonly propertiesFile: string;
  readonly env: Record<string, string>;

  constructor(
    readonly hadoop: HadoopUnderTest,
    dir: string,
    conf: Record<string, string | number> = {},
  ) {
    this.cwd = join(dir, 'home folder');
    this.tmpDir = join(dir, 'tmp');
    this.propertiesFile = join(dir, `.yarn-properties-${process.env['HADOOP_USER_NAME'] ?? userInfo().username}`);
    const confDir = join(dir, 'conf');
    for (const folder of [this.cwd, this.tmpDir, confDir]) mkdirSync(folder, { recursive: true });
    const lines = Object.entries({ 'yarn.properties-file.location': dir, ...conf }).map(([k, v]) => `${k}: ${v}\n`);
    writeFileSync(join(confDir, 'flink-conf.yaml'), lines.join(''));
    this.env = { HADOOP_CONF_DIR: hadoop.confDir, FLINK_CONF_DIR: confDir, TMPDIR: this.tmpDir };
  }

  start(script: 'flink' | 'yarn-session.sh', args: string[], options: CommandOptions = {}): RunningCommand {
    const command = new RunningCommand(join(root, 'scripts', script), args, {
      cwd: this.cwd,
      ...options,
      env: { ...this.env, ...options.env },
    });
    this.running.push(command);
    return command;
  }

  flink(...args: string[]): Promise<CommandResult> {
    return this.start('flink', args).ended;
  }

  yarnSession(...args: string[]): Promise<CommandResult> {
    return this.start('yarn-session.sh', args).ended;
  }

  /** Ends what a failed test left running. */
  async close(): Promise<void> {
    for (const command of this.running) command.signal('SIGKILL');
    await Promise.allSettled(this.running.map(c => c.ended));
  }
}

/** The id in `… application_1795453776051_0003 …` of what a command printed. */
export function applicationIdIn(text: string): string {
  const id = /application_\d+_\d+/.exec(text)?.[0];
  if (!id) throw new Error(`no application id in:\n${text}`);
  return id;
}

export function jobIdIn(text: string): string {
  const id = /JobID ([0-9a-f]{32})/.exec(text)?.[1];
  if (!id) throw new Error(`no job id in:\n${text}`);
  return id;
}
