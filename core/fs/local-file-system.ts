import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { Readable } from 'node:stream';
import { MillraceError } from '../errors.js';
import { codeOfErrno, errnoOf, fileError, fromErrno } from './file-error.js';
import type { CreateOptions, FileStatus, FileSystem, FileWriter } from './file-system.js';
import { LocalFileWriter, publishWithoutReplacing } from './local-file-writer.js';
import { formatPath, joinPath, nameOfPath, parentOfPath, parsePath } from './path.js';

/** The disk of this host. Relative paths are taken from `workingDirectory` (default: the process's own). */
export class LocalFileSystem implements FileSystem {
  readonly scheme = 'file';
  private readonly workingDirectory: string;

  constructor(options: { workingDirectory?: string } = {}) {
    this.workingDirectory = options.workingDirectory ?? process.cwd();
  }

  async list(path: string): Promise<FileStatus[]> {
    const local = this.local(path);
    const self = await this.stat(path);
    if (self.type === 'file') return [self];
    try {
      const names = (await readdir(local)).sort(byName);
      const entries = await Promise.all(names.map(name => statOfEntry(joinPath(local, name))));
      return entries.filter(entry => entry !== undefined);
    } catch (error) {
      throw asMissing(error, 'list', path);
    }
  }

  async stat(path: string): Promise<FileStatus> {
    const local = this.local(path);
    try {
      return statusOf(local, await stat(local));
    } catch (error) {
      throw asMissing(error, 'find', path);
    }
  }

  async exists(path: string): Promise<boolean> {
    try {
      await this.stat(path);
      return true;
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'FILE_NOT_FOUND') return false;
      throw error;
    }
  }

  async mkdirs(path: string, permission?: string): Promise<void> {
    const local = this.local(path);
    try {
      const first = await mkdir(local, { recursive: true });
      if (first !== undefined && permission !== undefined) await chmod(local, parseMode(permission));
    } catch (error) {
      throw fromErrno(error, 'make the directory', path);
    }
  }

  async open(path: string, range: { offset?: number; length?: number } = {}): Promise<Readable> {
    const local = this.local(path);
    const offset = range.offset ?? 0;
    const length = range.length ?? Number.POSITIVE_INFINITY;
    try {
      const handle = await open(local, 'r');
      try {
        const status = await handle.stat();
        if (status.isDirectory()) throw fileError('IS_A_DIRECTORY', 'open', path);
        if (status.isFile() && offset > status.size) throw fileError('END_OF_FILE', 'open', path);
      } catch (error) {
        await handle.close();
        throw error;
      }
      if (length <= 0) {
        await handle.close();
        return Readable.from([], { objectMode: false });
      }
      return handle.createReadStream({ start: offset, end: offset + length - 1, highWaterMark: 256 * 1024 });
    } catch (error) {
      throw asMissing(error, 'open', path);
    }
  }

  async readFile(path: string): Promise<Buffer> {
    const local = this.local(path);
    try {
      const handle = await open(local, 'r');
      try {
        return await handle.readFile();
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw asMissing(error, 'read', path);
    }
  }

  async create(path: string, options: CreateOptions = {}): Promise<FileWriter> {
    const local = this.local(path);
    const overwrite = options.overwrite ?? false;
    try {
      const there = await stat(local).catch(ignoreMissing);
      if (there && !overwrite) throw fileError('FILE_ALREADY_EXISTS', 'create', path);
      if (there?.isDirectory()) throw fileError('IS_A_DIRECTORY', 'create', path);
      await mkdir(parentOfPath(local), { recursive: true });
      const mode = parseMode(options.permission ?? '644');
      return await LocalFileWriter.create(temporaryOf(local), local, { overwrite, mode });
    } catch (error) {
      // mkdir says EEXIST where a parent is a file
      if (codeOfErrno(error) === 'FILE_ALREADY_EXISTS')
        throw fileError('NOT_A_DIRECTORY', 'create', path, { cause: error });
      throw fromErrno(error, 'create', path);
    }
  }

  async writeFile(path: string, data: Uint8Array | string, options?: CreateOptions): Promise<void> {
    const writer = await this.create(path, options);
    try {
      await writer.write(typeof data === 'string' ? Buffer.from(data) : data);
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  async append(path: string, data: Uint8Array): Promise<void> {
    const local = this.local(path);
    try {
      // No O_CREAT: appending to nothing is an error, as on HDFS.
      const handle = await open(local, APPEND_ONLY);
      try {
        await handle.writeFile(data);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw fromErrno(error, 'append to', path);
    }
  }

  async rename(from: string, to: string, options: { overwrite?: boolean } = {}): Promise<void> {
    const source = this.local(from);
    const target = this.local(to);
    try {
      const status = await lstat(source);
      if (options.overwrite) await rename(source, target);
      else if (status.isDirectory()) await renameDirectory(source, target);
      else await publishWithoutReplacing(source, target);
    } catch (error) {
      const missing = errnoOf(error) === 'ENOENT' && (await lstat(source).catch(ignoreMissing));
      const path = missing ? parentOfPath(target) : codeOfErrno(error) === 'FILE_NOT_FOUND' ? from : to;
      throw fromErrno(error, `rename ${from} to`, path);
    }
  }

  async delete(path: string, options: { recursive?: boolean } = {}): Promise<boolean> {
    const local = this.local(path);
    if (local === '/') throw fileError('ACCESS_DENIED', 'delete', path, { detail: 'it is the root' });
    try {
      const status = await lstat(local).catch(ignoreMissing);
      if (!status) return false;
      if (!status.isDirectory()) await unlink(local);
      else if (options.recursive) await rm(local, { recursive: true, force: true });
      else await rmdir(local);
      return true;
    } catch (error) {
      if (codeOfErrno(error) === 'FILE_NOT_FOUND') return false;
      throw fromErrno(error, 'delete', path);
    }
  }

  async close(): Promise<void> {}

  private local(path: string): string {
    const parsed = parsePath(path, 'file', this.workingDirectory);
    if (parsed.scheme !== 'file') {
      throw new MillraceError('ILLEGAL_ARGUMENT', `'${path}' is no path of the local file system.`, {
        context: { path },
      });
    }
    if (parsed.authority !== '' && parsed.authority !== 'localhost') {
      const meant = `file:///${parsed.authority}${parsed.path}`;
      const message = `'${path}' names the host '${parsed.authority}', but files are read on this host only. Was '${meant}' meant?`;
      throw new MillraceError('ILLEGAL_ARGUMENT', message, { domain: 'user', context: { path } });
    }
    return parsed.path;
  }
}

const APPEND_ONLY = constants.O_WRONLY | constants.O_APPEND;

/** A directory can't be linked; an empty one made under the target's name is what only this rename may replace. */
async function renameDirectory(source: string, target: string): Promise<void> {
  await mkdir(target);
  try {
    await rename(source, target);
  } catch (error) {
    await rmdir(target).catch(() => {});
    throw error;
  }
}

async function statOfEntry(local: string): Promise<FileStatus | undefined> {
  // A dangling link is listed as itself; an entry that went away meanwhile is not listed.
  const status = (await stat(local).catch(ignoreMissing)) ?? (await lstat(local).catch(ignoreMissing));
  return status && statusOf(local, status);
}

function ignoreMissing(error: unknown): undefined {
  const code = codeOfErrno(error);
  if (code === 'FILE_NOT_FOUND' || code === 'NOT_A_DIRECTORY' || errnoOf(error) === 'ELOOP') return undefined;
  throw error;
}

/** What lies below a file is not there, for one who reads. */
function asMissing(error: unknown, action: string, path: string): MillraceError {
  const known = fromErrno(error, action, path);
  return known.code === 'NOT_A_DIRECTORY' ? fileError('FILE_NOT_FOUND', action, path, { cause: error }) : known;
}

function statusOf(local: string, status: Stats): FileStatus {
  const directory = status.isDirectory();
  return {
    path: formatPath({ scheme: 'file', authority: '', path: local }),
    name: nameOfPath(local),
    type: directory ? 'directory' : 'file',
    length: directory ? 0 : status.size,
    modificationTime: Math.trunc(status.mtimeMs),
    owner: ownerOf(status.uid),
    permission: (status.mode & 0o7777).toString(8),
  };
}

function ownerOf(uid: number): string {
  const self = userInfo();
  return self.uid === uid ? self.username : String(uid);
}

function temporaryOf(local: string): string {
  return joinPath(parentOfPath(local), `.${randomBytes(8).toString('hex')}._COPYING_`);
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Octal digits as a mode. */
export function parseMode(permission: string): number {
  if (!/^[0-7]{3,4}$/.test(permission)) {
    throw new MillraceError(
      'ILLEGAL_ARGUMENT',
      `'${permission}' is no permission: three or four octal digits, as 644.`,
    );
  }
  return Number.parseInt(permission, 8);
}
