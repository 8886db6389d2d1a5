import { hostname } from 'node:os';
import { MillraceError } from '../../core/errors.js';
import { type FileSystem, joinPath } from '../../core/fs/index.js';
import type { ShippedResource } from '../../core/protocol/index.js';
import { shippedResource } from '../../yarn-bridge/launch/index.js';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';

const CLIENT_FILE = 'client.json';

interface ClientFile {
  /** Which process is bringing the application up: whoever sweeps leaves its folder alone. */
  owner: ProcessIdentity & { host: string };
  /** By it the user's later commands speak to the ApplicationMaster. */
  restToken: string;
}

/** `<home>/.flink/<application id>`: what one application needs, readable by its user alone. */
export class StagingDirectory {
  constructor(
    private readonly fileSystem: FileSystem,
    readonly path: string,
  ) {}

  async create(): Promise<void> {
    await this.fileSystem.mkdirs(this.path, '700');
  }

  /** Stores a file and gives it as a resource of that name. */
  async store(name: string, content: Uint8Array | string): Promise<ShippedResource> {
    await this.write(name, content);
    return shippedResource(await this.fileSystem.stat(joinPath(this.path, name)), { key: name });
  }

  async writeClientFile(restToken: string): Promise<void> {
    const content: ClientFile = { owner: { host: hostname(), ...identityOf(process.pid) }, restToken };
    await this.write(CLIENT_FILE, JSON.stringify(content));
  }

  /** The REST token; undefined if the folder is gone, as it is when the application has ended. */
  async readToken(): Promise<string | undefined> {
    return (await this.readClientFile())?.restToken;
  }

  /** Whether the process that brings the application up still does: `elsewhere` can't be asked from this host. */
  async maker(): Promise<'running' | 'gone' | 'elsewhere' | 'unknown'> {
    const owner = (await this.readClientFile())?.owner;
    if (!owner) return 'unknown';
    if (owner.host !== hostname()) return 'elsewhere';
    return isAlive(owner) ? 'running' : 'gone';
  }

  async remove(): Promise<void> {
    await this.fileSystem.delete(this.path, { recursive: true });
  }

  private async readClientFile(): Promise<ClientFile | undefined> {
    try {
      return JSON.parse(String(await this.fileSystem.readFile(joinPath(this.path, CLIENT_FILE)))) as ClientFile;
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'FILE_NOT_FOUND') return undefined;
      throw error;
    }
  }

  private write(name: string, content: Uint8Array | string): Promise<void> {
    return this.fileSystem.writeFile(joinPath(this.path, name), content, { permission: '600' });
  }
}
