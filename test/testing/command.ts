import { type ChildProcess, spawn } from 'node:child_process';

export interface CommandResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  ms: number;
}

export interface CommandOptions {
  env?: Record<string, string | undefined>;
  cwd?: string;
  stdin?: string;
  /** The command is killed and the promise rejected after it. */
  timeoutMs?: number;
}

/** A command that runs on: its output so far, and its end. */
export class RunningCommand {
  stdout = '';
  stderr = '';
  readonly ended: Promise<CommandResult>;
  private readonly child: ChildProcess;
  private readonly started = Date.now();
  private listeners: Array<() => void> = [];

  constructor(file: string, args: string[], { env, cwd, stdin, timeoutMs = 60_000 }: CommandOptions = {}) {
    this.child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    if (stdin !== undefined) this.child.stdin?.end(stdin);
    this.child.stdout?.setEncoding('utf8').on('data', (s: string) => {
      this.stdout += s;
      this.changed();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (s: string) => {
      this.stderr += s;
      this.changed();
    });
    this.ended = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.child.kill('SIGKILL');
        reject(new Error(`${file} ${args.join(' ')}: not ended within ${timeoutMs} ms\n${this.output()}`));
      }, timeoutMs);
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        clearTimeout(timer);
        this.changed();
        const { stdout, stderr } = this;
        resolve({ code, signal, stdout, stderr, ms: Date.now() - this.started });
      });
    });
    this.ended.catch(() => {});
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Resolves with the match as soon as standard output or standard error shows it. */
  async shows(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpMatchArray> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match) return match;
      const left = deadline - Date.now();
      if (left <= 0 || this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`${pattern} was not shown${left <= 0 ? ` within ${timeoutMs} ms` : ''}\n${this.output()}`);
      }
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left);
        this.listeners.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  private output(): string {
    return `stdout:\n${this.stdout}\nstderr:\n${this.stderr}`;
  }

  private changed(): void {
    for (const listener of this.listeners.splice(0)) listener();
  }
}

/** Runs a command to its end. */
export function runCommand(file: string, args: string[], options?: CommandOptions): Promise<CommandResult> {
  return new RunningCommand(file, args, options).ended;
}
