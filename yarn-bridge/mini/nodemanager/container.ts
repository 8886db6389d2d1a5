import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerLaunchContext } from '../../rpc/index.js';
import type { ContainerReport } from '../node-protocol.js';
import { launchScript } from './launch-script.js';
import { LocalizationError, type Localizer } from './localizer.js';
import { MemoryCheck, type MemoryLimits } from './memory-check.js';

export interface ContainerOptions {
  containerId: string;
  applicationId: string;
  user: string;
  memoryMb: number;
  vcores: number;
  priority: number;
  /** Granted by the ResourceManager. */
  createdAt: number;
  context: ContainerLaunchContext;
  localDir: string;
  logRoot: string;
  /** Stronger than those of the launch context. */
  environment: ReadonlyArray<readonly [string, string]>;
  /** Weaker than those of the launch context. */
  defaults: ReadonlyArray<readonly [string, string]>;
  localizer: Localizer;
  limits: MemoryLimits;
  onChange(): void;
}

const KILL_DELAY_MS = 250;
const TAIL_BYTES = 4096;
export const EXIT = {
  LOCALIZATION: -1000,
  VIRTUAL_MEMORY: -103,
  PHYSICAL_MEMORY: -104,
  BY_AM: -105,
  BY_RM: -106,
} as const;

/** One container: localisation, a process in a session of its own, its end with YARN's exit status and diagnostics. */
export class Container {
  readonly workDir: string;
  readonly logDir: string;
  readonly ended: Promise<void>;
  report: ContainerReport;
  private child: ChildProcess | undefined;
  private forced: { status: number; diagnostics: string } | undefined;
  private readonly memory: MemoryCheck;
  private settleEnded!: () => void;

  constructor(readonly options: ContainerOptions) {
    const { containerId, applicationId, user, localDir, logRoot } = options;
    this.workDir = join(localDir, 'usercache', user, 'appcache', applicationId, containerId);
    this.logDir = join(logRoot, applicationId, containerId);
    const { memoryMb, vcores, priority, createdAt, limits } = options;
    this.memory = new MemoryCheck(containerId, memoryMb, limits);
    const size = { memoryMb, vcores, priority, startedAt: createdAt };
    this.report = { containerId, state: 'RUNNING', exitStatus: -1000, diagnostics: '', ...size };
    this.ended = new Promise(resolve => {
      this.settleEnded = resolve;
    });
  }

  get isRunning(): boolean {
    return this.report.state === 'RUNNING';
  }

  async start(): Promise<void> {
    try {
      const links = await this.localize();
      if (this.forced) return this.complete(this.forced.status, this.forced.diagnostics);
      this.launch(links);
    } catch (error) {
      const text = error instanceof LocalizationError ? error.message : String(error);
      this.complete(EXIT.LOCALIZATION, `[${timestamp()}]${text}\n`);
    }
  }

  /** SIGTERM to the process group, SIGKILL soon after. The exit status is what is given, not the signal's. */
  stop(status: number, diagnostics: string): void {
    if (!this.isRunning || this.forced) return;
    this.forced = { status, diagnostics };
    const pid = this.child?.pid;
    if (pid === undefined) return;
    signalGroup(pid, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), KILL_DELAY_MS);
    void this.ended.then(() => clearTimeout(timer));
  }

  signal(signal: NodeJS.Signals): void {
    if (this.child?.pid !== undefined && this.isRunning) signalGroup(this.child.pid, signal);
  }

  /** Kills the container if it uses more than it asked for. */
  checkMemory(): void {
    const pid = this.child?.pid;
    if (pid === undefined || !this.isRunning || this.forced) return;
    const excess = this.memory.look(pid);
    if (!excess) return;
    const status = excess.kind === 'virtual' ? EXIT.VIRTUAL_MEMORY : EXIT.PHYSICAL_MEMORY;
    this.stop(status, `[${timestamp()}]${excess.diagnostics}`);
  }

  private async localize(): Promise<Array<readonly [string, string]>> {
    const { context, localizer, user, applicationId } = this.options;
    return Promise.all(
      (context.localResources ?? []).map(
        async ({ key, value }) => [await localizer.fetch(value, user, applicationId), key] as const,
      ),
    );
  }

  private launch(links: Array<readonly [string, string]>): void {
    const { context, environment, defaults } = this.options;
    mkdirSync(this.workDir, { recursive: true });
    mkdirSync(join(this.workDir, 'tmp'), { recursive: true });
    mkdirSync(this.logDir, { recursive: true });
    writeFileSync(join(this.workDir, 'container_tokens'), context.tokens ?? Buffer.from('48445453000000', 'hex'), {
      mode: 0o600,
    });
    const own: Array<readonly [string, string]> = [
      ...environment,
      ['HADOOP_TOKEN_FILE_LOCATION', join(this.workDir, 'container_tokens')],
      ['CONTAINER_ID', this.options.containerId],
      ['LOG_DIRS', this.logDir],
      ['PWD', this.workDir],
      ['JVM_PID', '$$'],
    ];
    const names = new Set(own.map(([key]) => key));
    const given = (context.environment ?? []).filter(({ key }) => !names.has(key));
    // Last: they may refer to the others.
    own.push(...given.map(({ key, value }) => [key, value] as const));
    if (!given.some(({ key }) => key === 'MALLOC_ARENA_MAX')) own.push(['MALLOC_ARENA_MAX', '']);
    const script = join(this.workDir, 'launch_container.sh');
    const command = context.command ?? [];
    const text = launchScript({ defaults, environment: own, links, command, logDir: this.logDir });
    writeFileSync(script, text, { mode: 0o700 });
    writeFileSync(join(this.logDir, 'launch_container.sh'), text, { mode: 0o640 });
    const child = spawn('/bin/bash', [script], { cwd: this.workDir, env: {}, stdio: 'ignore', detached: true });
    this.child = child;
    child.once('error', error => this.complete(-1, `[${timestamp()}]${error.message}\n`));
    child.once('exit', (code, signal) => this.onExit(code, signal));
    // A stop that came during localisation.
    if (this.forced) signalGroup(child.pid!, 'SIGKILL');
  }

  private onExit(code: number | null, signal: NodeJS.Signals | null): void {
    const status = code ?? 128 + (signal === 'SIGKILL' ? 9 : signal === 'SIGTERM' ? 15 : 1);
    // What it left in its session goes with it.
    if (this.child?.pid !== undefined) signalGroup(this.child.pid, 'SIGKILL');
    if (this.forced) {
      const { status: forced, diagnostics } = this.forced;
      const killed = `[${timestamp()}]Container killed on request. Exit code is ${status}\n[${timestamp()}]Container exited with a non-zero exit code ${status}. \n`;
      this.complete(forced, diagnostics + killed);
    } else if (status === 0) this.complete(0, '');
    else {
      const files = ['prelaunch.err', 'stderr'].filter(f => existsSync(join(this.logDir, f)));
      const tails = files.map(f => `Last 4096 bytes of ${f} :\n${this.tail(f)}`).join('\n');
      const head = `[${timestamp()}]Exception from container-launch.\nContainer id: ${this.options.containerId}\nExit code: ${status}\n\n`;
      const text = `[${timestamp()}]Container exited with a non-zero exit code ${status}. Error file: prelaunch.err.\n${tails}\n\n`;
      this.complete(status, head + text);
    }
  }

  private complete(exitStatus: number, diagnostics: string): void {
    if (!this.isRunning) return;
    this.report = { ...this.report, state: 'COMPLETE', exitStatus, diagnostics };
    rmSync(this.workDir, { recursive: true, force: true });
    this.settleEnded();
    this.options.onChange();
  }

  private tail(file: string): string {
    try {
      const path = join(this.logDir, file);
      const size = statSync(path).size;
      const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
      const fd = openSync(path, 'r');
      try {
        readSync(fd, bytes, 0, bytes.length, size - bytes.length);
      } finally {
        closeSync(fd);
      }
      return bytes.toString('utf8');
    } catch {
      return '';
    }
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // nobody is left in it
  }
}

function timestamp(): string {
  return new Date().toISOString().replace('T', ' ').replace('Z', '');
}
