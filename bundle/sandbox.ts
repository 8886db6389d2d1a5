import fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { MillraceError } from '../core/errors.js';
import type { MainRecording } from '../core/graph/index.js';
import { VERSION } from '../core/version.js';

const require = createRequire(import.meta.url);

export type SandboxMode = 'record' | 'replay';

const MAX_RECORDED_FILE = 16 * 1024 * 1024;

/** mulberry32: small, seeded, good enough for a program's `main`. */
function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function newRecording(): MainRecording {
  return {
    time: Date.now(),
    randomSeed: (Math.random() * 2 ** 32) | 0,
    cwd: process.cwd(),
    env: {},
    files: {},
    platformVersion: VERSION,
  };
}

/**
 * What `main` sees while it builds a graph: a clock that stands still, seeded randomness, and of the environment, the
 * working directory and the files what the first run saw. `enter` patches this process (or worker), `leave` restores it.
 * While replaying, whatever would reach outside is refused by name.
 */
export class Sandbox {
  private restore: Array<() => void> = [];

  constructor(
    private readonly recording: MainRecording,
    private readonly mode: SandboxMode,
  ) {}

  enter(): void {
    if (this.restore.length > 0) return;
    this.patchClock();
    this.patch(Math, 'random', seededRandom(this.recording.randomSeed));
    this.patch(process, 'cwd', () => this.recording.cwd);
    this.patchEnvironment();
    this.patchFileReads();
    if (this.mode === 'replay') this.refuseOutside();
    syncBuiltinESMExports();
  }

  leave(): void {
    for (const undo of this.restore.splice(0).reverse()) undo();
    syncBuiltinESMExports();
  }

  private patch<T extends object, K extends keyof T>(target: T, key: K, value: unknown): void {
    const original = Object.getOwnPropertyDescriptor(target, key);
    Object.defineProperty(target, key, { value, configurable: true, writable: true, enumerable: true });
    this.restore.push(() => {
      if (original) Object.defineProperty(target, key, original);
      else delete target[key];
    });
  }

  private patchClock(): void {
    const RealDate = Date;
    const { time } = this.recording;
    const FrozenDate = new Proxy(RealDate, {
      construct: (target, args, newTarget) =>
        Reflect.construct(target, args.length === 0 ? [time] : args, newTarget) as object,
      apply: () => new RealDate(time).toString(),
      get: (target, key, receiver) => (key === 'now' ? () => time : Reflect.get(target, key, receiver)),
    });
    this.patch(globalThis, 'Date', FrozenDate);
  }

  private patchEnvironment(): void {
    const { env } = this.recording;
    const real = process.env;
    const read = (key: string): string | undefined => {
      if (this.mode === 'record') env[key] = real[key];
      return env[key];
    };
    const proxy = new Proxy({} as NodeJS.ProcessEnv, {
      get: (_, key) => (typeof key === 'string' ? read(key) : undefined),
      has: (_, key) => typeof key === 'string' && read(key) !== undefined,
      ownKeys: () => {
        if (this.mode === 'record') for (const key of Object.keys(real)) read(key);
        return Object.keys(env).filter(k => env[k] !== undefined);
      },
      getOwnPropertyDescriptor: (_, key) => {
        const value = typeof key === 'string' ? read(key) : undefined;
        return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: true };
      },
    });
    this.patch(process, 'env', proxy);
  }

  private patchFileReads(): void {
    const readFileSync = fs.readFileSync;
    const read = (path: unknown, options?: unknown): string | Buffer => {
      const key = resolve(this.recording.cwd, path instanceof URL ? path.pathname : String(path));
      const encoding = typeof options === 'string' ? options : (options as { encoding?: string } | null)?.encoding;
      let content = this.recording.files[key];
      if (content === undefined && this.mode === 'replay') {
        throw new MillraceError(
          'INVALID_PROGRAM',
          `main read ${key} while its functions were bound, which it had not read when it was submitted`,
        );
      }
      if (content === undefined) {
        content = readFileSync(key);
        if (content.length > MAX_RECORDED_FILE) {
          throw new MillraceError(
            'INVALID_PROGRAM',
            `main read ${key} of ${content.length} bytes, which is too large to travel with the job: read it in a source or in open()`,
          );
        }
        this.recording.files[key] = content;
      }
      const buffer = Buffer.from(content);
      return encoding ? buffer.toString(encoding as BufferEncoding) : buffer;
    };
    this.patch(fs, 'readFileSync', read);
    this.patch(fs, 'readFile', (path: unknown, ...rest: unknown[]) => {
      const callback = rest[rest.length - 1] as (error: unknown, data?: unknown) => void;
      let result: [unknown, unknown?];
      try {
        result = [null, read(path, rest.length > 1 ? rest[0] : undefined)];
      } catch (error) {
        result = [error];
      }
      process.nextTick(callback, ...result);
    });
    this.patch(fs.promises, 'readFile', async (path: unknown, options: unknown) => read(path, options));
  }

  private refuseOutside(): void {
    const refuse = (what: string) => (): never => {
      throw new MillraceError(
        'INVALID_PROGRAM',
        `main called ${what} while its functions were bound: it may only build the graph. Put this into a function's open(), or into a source`,
      );
    };
    const modules: Record<string, string[]> = {
      'node:net': ['connect', 'createConnection', 'createServer'],
      'node:http': ['request', 'get', 'createServer'],
      'node:https': ['request', 'get', 'createServer'],
      'node:child_process': ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'],
      'node:fs': [
        'writeFileSync',
        'writeFile',
        'appendFileSync',
        'appendFile',
        'createWriteStream',
        'rmSync',
        'rm',
        'mkdirSync',
        'mkdir',
        'unlinkSync',
        'renameSync',
      ],
    };
    // All are loaded before any is patched: node:http keeps node:net's functions from when it was loaded.
    const loaded = Object.entries(modules).map(
      ([name, functions]) => [name, functions, require(name) as Record<string, unknown>] as const,
    );
    for (const [name, functions, target] of loaded) {
      for (const f of functions) this.patch(target, f, refuse(`${name.slice(5)}.${f}`));
    }
    this.patch(globalThis, 'fetch', refuse('fetch'));
  }
}
