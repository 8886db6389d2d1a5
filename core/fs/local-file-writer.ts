import { type FileHandle, link, open, rename, unlink } from 'node:fs/promises';
import { MillraceError } from '../errors.js';
import { errnoOf, fromErrno } from './file-error.js';
import type { FileWriter } from './file-system.js';

/** Writes to a temporary sibling and gives it its name at close: by rename, or by a link that refuses to replace. */
export class LocalFileWriter implements FileWriter {
  private failure: unknown;
  private ending: Promise<void> | undefined;

  private constructor(
    private readonly handle: FileHandle,
    private readonly temporary: string,
    private readonly target: string,
    private readonly overwrite: boolean,
  ) {}

  static async create(
    temporary: string,
    target: string,
    options: { overwrite: boolean; mode: number },
  ): Promise<LocalFileWriter> {
    const handle = await open(temporary, 'wx', options.mode);
    // `open` masks the mode with the process's umask; the contract's permission is meant as it stands.
    await handle.chmod(options.mode);
    return new LocalFileWriter(handle, temporary, target, options.overwrite);
  }

  async write(data: Uint8Array): Promise<void> {
    if (this.ending) throw new MillraceError('ILLEGAL_STATE', `The writer of ${this.target} is closed.`);
    if (this.failure !== undefined) throw this.failure;
    try {
      for (let done = 0; done < data.length; ) {
        done += (await this.handle.write(data, done, data.length - done)).bytesWritten;
      }
    } catch (error) {
      this.failure = fromErrno(error, 'write', this.target);
      throw this.failure;
    }
  }

  close(): Promise<void> {
    this.ending ??= this.publish();
    return this.ending;
  }

  abort(): Promise<void> {
    this.ending ??= this.discard();
    // After a close that failed or a close that is over there is nothing left to undo.
    return this.ending.catch(() => {});
  }

  private async publish(): Promise<void> {
    if (this.failure !== undefined) {
      await this.discard();
      throw this.failure;
    }
    try {
      await this.handle.close();
      if (this.overwrite) await rename(this.temporary, this.target);
      else await publishWithoutReplacing(this.temporary, this.target);
    } catch (error) {
      await unlink(this.temporary).catch(() => {});
      throw fromErrno(error, 'create', this.target);
    }
  }

  private async discard(): Promise<void> {
    await this.handle.close().catch(() => {});
    await unlink(this.temporary).catch(() => {});
  }
}

/**
 * Moves a file to a name that must be free, in one step even if others try the same: a hard link fails when the name
 * is taken, a rename would replace it. Where the file system has no links, an empty file holds the name for a moment.
 */
export async function publishWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errnoOf(error) ?? '')) throw error;
    await (await open(to, 'wx')).close();
    await rename(from, to);
    return;
  }
  await unlink(from);
}
