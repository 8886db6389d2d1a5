/** HOT PATH: once per batch. */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError, messageOf } from '../../core/errors.js';
import { randomId } from '../../core/ids.js';

/**
 * Bytes that find no room in memory. The file has no name any more once it is open: however its owner, its thread or its
 * process ends, the disk gets its room back.
 */
export class SpillFile {
  private fd: number | undefined;
  private end = 0;
  private readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, `millrace-spill-${randomId()}`);
    try {
      this.fd = openSync(this.path, 'wx+', 0o600);
      unlinkSync(this.path);
    } catch (cause) {
      this.close();
      throw this.failure('A file can not be made', cause);
    }
  }

  /** Bytes written. */
  get size(): number {
    return this.end;
  }

  /** Gives where the bytes begin. */
  append(bytes: Uint8Array): number {
    const start = this.end;
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.open, bytes, done, bytes.length - done, start + done);
      }
    } catch (cause) {
      throw this.failure('Writing failed', cause);
    }
    this.end = start + bytes.length;
    return start;
  }

  /** The bytes belong to the caller. */
  read(start: number, length: number): Uint8Array {
    const bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    try {
      while (done < length) {
        const count = readSync(this.open, bytes, done, length - done, start + done);
        if (count === 0) throw new Error(`it ends at ${start + done}, ${length - done} bytes are missing`);
        done += count;
      }
    } catch (cause) {
      throw this.failure('Reading failed', cause);
    }
    return bytes;
  }

  /** Idempotent. */
  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }

  private get open(): number {
    if (this.fd === undefined) throw new Error('it is closed');
    return this.fd;
  }

  private failure(what: string, cause: unknown): MillraceError {
    return new MillraceError(
      'FILE_SYSTEM',
      `Records that find no room in memory are kept in local files: ${what} in ${this.path}: ${messageOf(cause)}. ` +
        'io.tmp.dirs names the folder; it needs room for the input of the operators.',
      { cause, domain: 'cluster' },
    );
  }
}
