import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { EXECUTOR, type ExecutorHolder, type PipelineExecutor } from '../core/executor.js';
import type { MainRecording } from '../core/graph/index.js';
import { VERSION } from '../core/version.js';
import { Diversions } from './diversions.js';
import { divertFileReads } from './file-access.js';
import { divertOutside } from './outside-access.js';
import { divertRandomness, seededBytes, seededRandom } from './random-source.js';

export type SandboxMode = 'record' | 'replay';

export function newRecording(): MainRecording {
  return {
    time: Date.now(),
    randomSeed: (Math.random() * 2 ** 32) | 0,
    cryptoSeed: randomBytes(32).toString('hex'),
    cwd: process.cwd(),
    env: {},
    files: {},
    platformVersion: VERSION,
  };
}

/** Follows what `main` awaits, so that whatever else this process does meanwhile is not touched. */
const current = new AsyncLocalStorage<Sandbox | undefined>();

/**
 * What a program sees while its module is evaluated and its `main` builds graphs: a clock that stands still, seeded
 * randomness, and of the environment, the working directory and the files what the first run saw; `env.execute()` goes
 * to `executor`. While replaying, whatever would reach outside is refused by name. Only code that `run` calls, and what
 * it awaits, sees this; the rest of the process, the program's functions in it, is as usual.
 */
export class Sandbox {
  readonly random: () => number;
  /** So many random bytes, as node:crypto gives them. */
  readonly bytes: (size: number) => Buffer;
  /** Takes what `env.execute()` gives. */
  executor: PipelineExecutor | undefined;
  /** What is being imported, by its absolute name: Node's loader reads it by the same `fs.promises` as programs do. */
  module: { file: string; source: Uint8Array } | undefined;
  private readonly ownEnvironment = new Map<string, string | undefined>();

  constructor(
    readonly recording: MainRecording,
    readonly mode: SandboxMode,
  ) {
    this.random = seededRandom(recording.randomSeed);
    this.bytes = seededBytes(recording.cryptoSeed);
  }

  async run<T>(program: () => Promise<T>): Promise<T> {
    enter();
    try {
      return await current.run(this, program);
    } finally {
      leave();
    }
  }

  environmentVariable(key: string): string | undefined {
    if (this.ownEnvironment.has(key)) return this.ownEnvironment.get(key);
    const { env } = this.recording;
    if (this.mode === 'record') env[key] = realEnvironment[key];
    return env[key];
  }

  /** Seen by the program alone. */
  setEnvironmentVariable(key: string, value: string | undefined): void {
    this.ownEnvironment.set(key, value);
  }

  environmentVariables(): string[] {
    const known = this.mode === 'record' ? Object.keys(realEnvironment) : Object.keys(this.recording.env);
    const keys = new Set([...known, ...this.ownEnvironment.keys()]);
    return [...keys].filter(key => this.environmentVariable(key) !== undefined);
  }
}

/** For what the platform does on a program's behalf: the process as it is. */
export function outsideSandbox<T>(work: () => T): T {
  return current.run(undefined, work);
}

const realEnvironment = process.env;
let running = 0;
let diversions: Diversions<Sandbox> | undefined;

function enter(): void {
  running++;
  diversions ??= divert();
}

function leave(): void {
  if (--running > 0) return;
  diversions?.restore();
  diversions = undefined;
  // Following every promise costs; nobody is left to follow.
  current.disable();
}

function divert(): Diversions<Sandbox> {
  const diverted = new Diversions(() => current.getStore());
  divertClock(diverted);
  divertRandomness(diverted);
  diverted.method(process, 'cwd', sandbox => () => sandbox.recording.cwd);
  diverted.value(process, 'env', environment());
  diverted.getter(globalThis as ExecutorHolder, EXECUTOR, sandbox => sandbox.executor);
  divertConsole(diverted);
  divertFileReads(diverted);
  divertOutside(diverted);
  diverted.publish();
  return diverted;
}

const silent = (): void => {};

/** What `main` says, it has said where it was submitted. */
function divertConsole(diverted: Diversions<Sandbox>): void {
  for (const key of ['log', 'info', 'debug', 'warn', 'error', 'dir', 'table', 'trace'] as const) {
    diverted.method(console, key, ({ mode }) => (mode === 'replay' ? silent : undefined));
  }
}

function divertClock(diverted: Diversions<Sandbox>): void {
  const RealDate = Date;
  const now = (): number => current.getStore()?.recording.time ?? RealDate.now();
  const StillDate = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  });
  diverted.value(globalThis, 'Date', StillDate);
  diverted.method(performance, 'now', () => () => 0);
  diverted.method(process.hrtime, 'bigint', () => () => 0n);
  diverted.method(process, 'hrtime', () => () => [0, 0]);
}

/** A program may keep the object it found at `process.env`: outside it is the real one's. */
function environment(): NodeJS.ProcessEnv {
  return new Proxy(realEnvironment, {
    get: (real, key) => {
      const sandbox = current.getStore();
      return sandbox && typeof key === 'string' ? sandbox.environmentVariable(key) : Reflect.get(real, key);
    },
    set: (real, key, value) => {
      const sandbox = current.getStore();
      if (!sandbox || typeof key !== 'string') return Reflect.set(real, key, value);
      sandbox.setEnvironmentVariable(key, String(value));
      return true;
    },
    deleteProperty: (real, key) => {
      const sandbox = current.getStore();
      if (!sandbox || typeof key !== 'string') return Reflect.deleteProperty(real, key);
      sandbox.setEnvironmentVariable(key, undefined);
      return true;
    },
    has: (real, key) => {
      const sandbox = current.getStore();
      return sandbox && typeof key === 'string'
        ? sandbox.environmentVariable(key) !== undefined
        : Reflect.has(real, key);
    },
    ownKeys: real => current.getStore()?.environmentVariables() ?? Reflect.ownKeys(real),
    getOwnPropertyDescriptor: (real, key) => {
      const sandbox = current.getStore();
      if (!sandbox || typeof key !== 'string') return Reflect.getOwnPropertyDescriptor(real, key);
      const value = sandbox.environmentVariable(key);
      return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: true };
    },
  });
}
