import { createWriteStream, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../../core/errors.js';
import type { FileSystem, FileSystems } from '../../../core/fs/index.js';
import type { LocalResource } from '../../rpc/index.js';
import { seal, unpackArchive } from './unpack.js';

const ARCHIVE = 1;
const PUBLIC = 1;
const PRIVATE = 2;

/** Why a resource is not here; its text is what YARN shows. */
export class LocalizationError extends Error {}

/**
 * Fetches what containers need. PUBLIC and PRIVATE files are fetched once for all applications (of a user), others once
 * for each application. PUBLIC ones must be everybody's to read, others are read as the application's user. A file that
 * changed since the submission is refused.
 */
export class Localizer {
  private readonly cache = new Map<string, Promise<string>>();
  private counter = 10;

  constructor(
    private readonly localDir: string,
    /** As this user sees them; undefined: as the NodeManager itself. */
    private readonly fileSystemsOf: (user: string | undefined) => FileSystems,
  ) {}

  /** Local path of the resource: a file, or the folder of an unpacked archive. */
  fetch(resource: LocalResource, user: string, application: string): Promise<string> {
    const uri = uriOf(resource);
    const scope =
      resource.visibility === PUBLIC ? '' : resource.visibility === PRIVATE ? user : `${user}/${application}`;
    const key = JSON.stringify([scope, uri, resource.timestamp, resource.type]);
    let found = this.cache.get(key);
    if (!found) {
      const fileSystems = this.fileSystemsOf(resource.visibility === PUBLIC ? undefined : user);
      found = this.download(resource, uri, this.folder(resource, user, application), fileSystems);
      this.cache.set(key, found);
      found.catch(() => this.cache.delete(key));
    }
    return found;
  }

  /** Forgets what was fetched for one application; its folder is removed by the caller. */
  forget(user: string, application: string): void {
    for (const key of this.cache.keys()) {
      if ((JSON.parse(key) as string[])[0] === `${user}/${application}`) this.cache.delete(key);
    }
  }

  private folder({ visibility }: LocalResource, user: string, application: string): string {
    const n = String(this.counter++);
    if (visibility === PUBLIC) return join(this.localDir, 'filecache', n);
    const userDir = join(this.localDir, 'usercache', user);
    return visibility === PRIVATE
      ? join(userDir, 'filecache', n)
      : join(userDir, 'appcache', application, 'filecache', n);
  }

  private async download(
    resource: LocalResource,
    uri: string,
    folder: string,
    fileSystems: FileSystems,
  ): Promise<string> {
    const name = uri.slice(uri.lastIndexOf('/') + 1);
    const target = join(folder, name);
    // How Hadoop writes it.
    const shown = uri.replace(/^([a-z][a-z0-9+.-]*):\/\/\//i, '$1:/');
    mkdirSync(folder, { recursive: true });
    try {
      const fs = await fileSystems.forPath(uri);
      const status = await fs.stat(uri).catch(error => {
        if (error.code !== 'FILE_NOT_FOUND') throw error;
        throw new LocalizationError(
          `File does not exist: ${shown}\njava.io.FileNotFoundException: File does not exist: ${shown}\n`,
        );
      });
      const isPublic = resource.visibility === PUBLIC;
      if (isPublic && !(await isReadByAll(fs, uri))) {
        throw new LocalizationError(
          `Failed to download resource ${shown} java.io.IOException: Resource ${shown} is not publicly accessible and as such cannot be part of the public cache.\n`,
        );
      }
      if (status.modificationTime !== resource.timestamp) {
        const [expected, was, now] = [resource.timestamp, status.modificationTime, Date.now()].map(dateOf);
        const text = `Resource ${shown} changed on src filesystem - expected: "${expected}", was: "${was}", current time: "${now}"`;
        throw new LocalizationError(`${text}\njava.io.IOException: ${text}\n`);
      }
      const input = (): Promise<NodeJS.ReadableStream> => fs.open(uri);
      if (resource.type === ARCHIVE) {
        mkdirSync(target);
        const isUnpacked = await unpackArchive(name, input, target).catch(error => {
          throw new LocalizationError(`Download and unpack failed: ${shown}: ${messageOf(error)}\n`);
        });
        if (!isUnpacked) {
          rmdirSync(target);
          await pipeline(await input(), createWriteStream(target));
        }
      } else await pipeline(await input(), createWriteStream(target));
      seal(target, isPublic);
      return target;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error instanceof LocalizationError ? error : new LocalizationError(`${messageOf(error)}\n`);
    }
  }
}

/** The file itself, and all folders above it to be gone through. */
async function isReadByAll(fs: FileSystem, uri: string): Promise<boolean> {
  const allows = (permission: string, bit: number): boolean => (Number(permission.slice(-1)) & bit) !== 0;
  if (!allows((await fs.stat(uri)).permission, 4)) return false;
  const [, root, path] = /^([a-z][a-z0-9+.-]*:(?:\/\/[^/]*)?)?(\/.*)$/i.exec(uri) ?? [];
  const parts = (path ?? '').split('/').filter(Boolean);
  for (let depth = parts.length - 1; depth >= 0; depth--) {
    const above = await fs.stat(`${root ?? ''}/${parts.slice(0, depth).join('/')}`);
    if (!allows(above.permission, 1)) return false;
  }
  return true;
}

const dateOf = (time: number): string => new Date(time).toISOString().replace('Z', '+0000');

export function uriOf({ resource: { scheme, host, port, file } }: LocalResource): string {
  if (!scheme) return file;
  const authority = host ? `${host}${port && port > 0 ? `:${port}` : ''}` : '';
  return `${scheme}://${authority}${file}`;
}
