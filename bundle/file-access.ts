import fs from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../core/errors.js';
import type { Diversions } from './diversions.js';
import type { Sandbox } from './sandbox.js';

const require = createRequire(import.meta.url);

const MAX_RECORDED_FILE = 16 * 1024 * 1024;

/** Whole files that a program reads travel with its job. */
export function divertFileReads(diverted: Diversions<Sandbox>): void {
  const read = fs.readFileSync.bind(fs);
  const contentFor = (sandbox: Sandbox, path: unknown, options: unknown): string | Buffer => {
    const name = resolve(sandbox.recording.cwd, path instanceof URL ? fileURLToPath(path) : String(path));
    const content = Buffer.from(
      name === sandbox.module?.file ? sandbox.module.source : recordedFile(sandbox, name, read),
    );
    const encoding = typeof options === 'string' ? options : (options as { encoding?: string } | null)?.encoding;
    return encoding ? content.toString(encoding as BufferEncoding) : content;
  };
  // Anything but a path is an open file, of which only the sandbox's outside knows.
  const isPath = (path: unknown): boolean => typeof path === 'string' || path instanceof URL || Buffer.isBuffer(path);
  diverted.method(fs, 'readFileSync', sandbox => (path: unknown, options: unknown) => {
    if (!isPath(path)) return read(path as number, options as BufferEncoding);
    return contentFor(sandbox, path, options);
  });
  diverted.method(fs, 'readFile', sandbox => (path: unknown, ...rest: unknown[]) => {
    const callback = rest[rest.length - 1] as (error: unknown, data?: unknown) => void;
    let result: [unknown, unknown?];
    try {
      result = [null, contentFor(sandbox, path, rest.length > 1 ? rest[0] : undefined)];
    } catch (error) {
      result = [error];
    }
    process.nextTick(callback, ...result);
  });
  diverted.method(
    fs.promises,
    'readFile',
    sandbox => async (path: unknown, options: unknown) => contentFor(sandbox, path, options),
  );
}

function recordedFile({ recording, mode }: Sandbox, name: string, read: (path: string) => Buffer): Uint8Array {
  const known = recording.files[name];
  if (known !== undefined) return known;
  if (mode === 'replay') {
    throw new MillraceError(
      'INVALID_PROGRAM',
      `main read ${name} while its functions were bound, which it had not read when it was submitted`,
    );
  }
  const content = read(name);
  if (content.length > MAX_RECORDED_FILE) {
    throw new MillraceError(
      'INVALID_PROGRAM',
      `main read ${name} of ${content.length} bytes, which is too large to travel with the job: read it in a source or in open()`,
    );
  }
  recording.files[name] = content;
  return content;
}

const FILES =
  'access appendFile cp copyFile lstat mkdir mkdtemp open opendir readdir realpath rename rm rmdir stat symlink truncate unlink utimes writeFile'.split(
    ' ',
  );

/** What would reach outside, and can't be recorded. */
const OUTSIDE: Record<string, readonly string[]> = {
  'node:net': ['connect', 'createConnection', 'createServer'],
  'node:tls': ['connect', 'createServer'],
  'node:http': ['request', 'get', 'createServer'],
  'node:https': ['request', 'get', 'createServer'],
  'node:child_process': ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'],
  'node:fs': [
    ...FILES,
    ...FILES.map(name => `${name}Sync`),
    ...['exists', 'existsSync', 'createReadStream', 'createWriteStream', 'watch', 'watchFile'],
  ],
  'node:fs/promises': [...FILES, 'watch'],
};

/** Refused while a program is replayed: in a container it would find another world than where it was submitted. */
export function divertOutside(diverted: Diversions<Sandbox>): void {
  const refuse =
    (what: string) =>
    ({ mode }: Sandbox) => {
      if (mode === 'record') return undefined;
      return (): never => {
        throw new MillraceError(
          'INVALID_PROGRAM',
          `main called ${what} while its functions were bound: it may only build the graph. Put this into a function's open(), or into a source`,
        );
      };
    };
  // All are loaded before any is diverted: node:http keeps node:net's functions from when it was loaded.
  const loaded = Object.entries(OUTSIDE).map(
    ([name, functions]) => [name, functions, require(name) as Record<string, unknown>] as const,
  );
  for (const [name, functions, target] of loaded) {
    for (const f of functions) {
      if (typeof target[f] === 'function') diverted.method(target, f, refuse(`${name.slice('node:'.length)}.${f}`));
    }
  }
  diverted.getter(globalThis, 'fetch', refuse('fetch'));
}
