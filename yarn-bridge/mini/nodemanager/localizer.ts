import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../../core/errors.js';
import type { FileSystems } from '../../../core/fs/index.js';
import type { LocalResource } from '../../rpc/index.js';

const ARCHIVE = 1;
const PUBLIC = 1;
const PRIVATE = 2;

/** Why a resource is not here; its text is what YARN shows. */
export class LocalizationError extends Error {}

/**
 * Fetches what containers need. PUBLIC and PRIVATE files are fetched once for all applications (of a user), others once
 * for each application. A file that changed since the submission is refused.
 */
export class Localizer {
  private readonly cache = new Map<string, Promise<string>>();
  private counter = 10;

  constructor(
    private readonly localDir: string,
    private readonly fileSystems: FileSystems,
  ) {}

  /** Local path of the resource: a file, or the folder of an unpacked archive. */
  fetch(resource: LocalResource, user: string, application: string): Promise<string> {
    const uri = uriOf(resource);
    const scope =
      resource.visibility === PUBLIC ? '' : resource.visibility === PRIVATE ? user : `${user}/${application}`;
    const key = JSON.stringify([scope, uri, resource.timestamp, resource.type]);
    let found = this.cache.get(key);
    if (!found) {
      found = this.download(resource, uri, this.folder(resource, user, application));
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

  private async download(resource: LocalResource, uri: string, folder: string): Promise<string> {
    const name = uri.slice(uri.lastIndexOf('/') + 1);
    const target = join(folder, name);
    mkdirSync(folder, { recursive: true });
    try {
      const fs = await this.fileSystems.forPath(uri);
      const status = await fs.stat(uri).catch(error => {
        throw new LocalizationError(`File does not exist: ${uri}\njava.io.FileNotFoundException: ${messageOf(error)}`);
      });
      if (status.modificationTime !== resource.timestamp) {
        const [expected, was] = [resource.timestamp, status.modificationTime].map(t => new Date(t).toISOString());
        throw new LocalizationError(
          `Resource ${uri} changed on src filesystem - expected: "${expected}", was: "${was}"`,
        );
      }
      const input = await fs.open(uri);
      const unpack = resource.type === ARCHIVE && /\.(tgz|tar\.gz|tar)$/.test(name);
      if (unpack) {
        const tar = await import('tar');
        mkdirSync(target);
        await pipeline(input, tar.extract({ cwd: target }));
      } else {
        await pipeline(input, createWriteStream(target, { mode: 0o500 }));
      }
      return target;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

export function uriOf({ resource: { scheme, host, port, file } }: LocalResource): string {
  if (!scheme) return file;
  const authority = host ? `${host}${port && port > 0 ? `:${port}` : ''}` : '';
  return `${scheme}://${authority}${file}`;
}
