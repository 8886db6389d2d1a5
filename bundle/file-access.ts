import fs from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../core/errors.js';
import type { Diversions } from './diversions.js';
import type { Sandbox } from './sandbox.js';

const MAX_RECORDED_FILE = 16 * 1024 * 1024;
const STANDARD_INPUT = 'standard input';

/** Whole files that a program reads travel with its job. */
export function divertFileReads(diverted: Diversions<Sandbox>): void {
  const read = fs.readFileSync.bind(fs);
  const contentFor = (sandbox: Sandbox, path: unknown, options: unknown): string | Buffer => {
    const name =
      path === 0
        ? STANDARD_INPUT
        : resolve(sandbox.recording.cwd, path instanceof URL ? fileURLToPath(path) : String(path));
    const content = Buffer.from(
      name === sandbox.module?.file
        ? sandbox.module.source
        : recordedFile(sandbox, name, () => read(path === 0 ? 0 : name)),
    );
    const encoding = typeof options === 'string' ? options : (options as { encoding?: string } | null)?.encoding;
    return encoding ? content.toString(encoding as BufferEncoding) : content;
  };
  // Anything else is an open file, of which only the sandbox's outside knows.
  const isPath = (path: unknown): boolean =>
    path === 0 || typeof path === 'string' || path instanceof URL || Buffer.isBuffer(path);
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

function recordedFile({ recording, mode }: Sandbox, name: string, read: () => Buffer): Uint8Array {
  const known = recording.files[name];
  if (known !== undefined) return known;
  if (mode === 'replay') {
    throw new MillraceError(
      'INVALID_PROGRAM',
      `main read ${name} while its functions were bound, which it had not read when it was submitted`,
    );
  }
  const content = read();
  if (content.length > MAX_RECORDED_FILE) {
    throw new MillraceError(
      'INVALID_PROGRAM',
      `main read ${name} of ${content.length} bytes, which is too large to travel with the job: read it in a source or in open()`,
    );
  }
  recording.files[name] = content;
  return content;
}
