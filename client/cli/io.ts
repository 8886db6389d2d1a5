import type { Readable } from 'node:stream';
import { MillraceError } from '../../core/errors.js';
import { writeFully } from '../../core/write-fully.js';

/** What a command has to do with its caller. A test hands in its own. */
export interface CliIo {
  /** A line for standard output: Flink's lines only. */
  out(line: string): void;
  /** A line for standard error: progress, warnings, reports. */
  err(line: string): void;
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C and the like; its reason is a MillraceError of code CANCELED. */
  readonly interrupted: AbortSignal;
  /** Milliseconds that `run -d` waits for RUNNING. Default 10,000. */
  readonly detachedWait?: number;
}

const USAGE: unique symbol = Symbol.for('millrace.usage-error');

/** Wrong use of the command line: said on standard output with a hint at the help, exit code 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly [USAGE] = true;

  /** Also across copies of this module: actions are loaded apart from what reports their failures. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && USAGE in value;
  }
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Runs a command as this process: with its descriptors and signals, and its exit code at the end. */
export async function runAsProcess(command: (io: CliIo) => Promise<number>): Promise<never> {
  const interrupt = new AbortController();
  let signalled = 0;
  for (const signal of Object.keys(SIGNALS) as Array<keyof typeof SIGNALS>) {
    process.on(signal, () => {
      // Who asks twice does not want to wait for the clean-up; what is left the next command sweeps.
      if (signalled > 0) process.exit(128 + SIGNALS[signal]);
      signalled = SIGNALS[signal];
      interrupt.abort(new MillraceError('CANCELED', `Interrupted by ${signal}.`, { context: { signal } }));
    });
  }
  const code = await command({
    out: line => writeFully(1, `${line}\n`),
    err: line => writeFully(2, `${line}\n`),
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    interrupted: interrupt.signal,
  });
  // A program may have left timers and sockets behind; its author's process is over all the same.
  process.exit(signalled > 0 && code !== 0 ? 128 + signalled : code);
}
