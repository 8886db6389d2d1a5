import { hostname } from 'node:os';
import { MillraceError } from '../../core/errors.js';
import { type FileSystem, joinPath } from '../../core/fs/index.js';
import type { ShippedResource } from '../../core/protocol/index.js';
import { shippedResource } from '../../yarn-bridge/launch/index.js';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';

const TOKEN_FILE = 'rest-token';
const OWNER_FILE = 'client.json';

/** Which process is bringing an application up: whoever sweeps leaves its folder alone. */
interface Owner extends ProcessIdentity {
  host: string;
}

/** `<home>/.flink/<application id>`: what one application needs, readable by its user alone. */
export class StagingDirectory {
  constructor(
    private readonly fileSystem: FileSystem,
    readonly path: string,
  ) {}

  async create(): Promise<void> {
    await this.fileSystem.mkdirs(this.path, '700');
    const owner: Owner = { host: hostname(), ...identityOf(process.pid) };
    await this.write(OWNER_FILE, JSON.stringify(owner));
  }

  /** Stores a file and gives it as a resource of that name. */
  async store(name: string, content: Uint8Array | string): Promise<ShippedResource> {
    await this.write(name, content);
    return shippedResource(await this.fileSystem.stat(joinPath(this.path, name)), { key: name });
  }

  async writeToken(token: string): Promise<void> {
    await this.write(TOKEN_FILE, token);
  }

  /** The REST token; undefined if the folder is gone, as it is when the application has ended. */
  async readToken(): Promise<string | undefined> {
    try {
      return String(await this.fileSystem.readFile(joinPath(this.path, TOKEN_FILE))).trim();
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'FILE_NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** The process that makes the application is known to be gone, on this host; false where that can't be known. */
  async isAbandoned(): Promise<boolean> {
    let owner: Owner;
    try {
      owner = JSON.parse(String(await this.fileSystem.readFile(joinPath(this.path, OWNER_FILE)))) as Owner;
    } catch {
      return false;
    }
    return owner.host === hostname() && !isAlive(owner);
  }

  async remove(): Promise<void> {
    await this.fileSystem.delete(this.path, { recursive: true });
  }

  private write(name: string, content: Uint8Array | string): Promise<void> {
    return this.fileSystem.writeFile(joinPath(this.path, name), content, { permission: '600' });
  }
}
