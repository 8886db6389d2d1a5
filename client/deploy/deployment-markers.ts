import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Configuration } from '../../core/config/index.js';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';
import { PropertiesFile } from './properties-file.js';

/**
 * Local files that say which application this client is bringing up, beside the properties file. An application whose
 * client was killed before it could tell anybody of it belongs to nobody: the next command ends it.
 */
export class DeploymentMarkers {
  private readonly folder: string;
  private readonly prefix: string;

  constructor(configuration: Configuration, env: Readonly<Record<string, string | undefined>>) {
    const { path } = PropertiesFile.of(configuration, env);
    this.folder = dirname(path);
    this.prefix = `${basename(path)}-deploying-`;
  }

  set(applicationId: string): void {
    writeFileSync(this.fileOf(applicationId), JSON.stringify(identityOf(process.pid)), { mode: 0o600 });
  }

  clear(applicationId: string): void {
    rmSync(this.fileOf(applicationId), { force: true });
  }

  /** Applications whose client is gone. Files of other users, or that can't be read, count for nothing. */
  abandoned(): string[] {
    return this.names()
      .map(name => name.slice(this.prefix.length))
      .filter(id => /^application_\d+_\d{4,}$/.test(id) && this.isAbandoned(id));
  }

  /** Milliseconds since the application was about to be submitted. */
  age(applicationId: string): number {
    return Date.now() - statSync(this.fileOf(applicationId)).mtimeMs;
  }

  private isAbandoned(applicationId: string): boolean {
    try {
      return !isAlive(JSON.parse(readFileSync(this.fileOf(applicationId), 'utf8')) as ProcessIdentity);
    } catch {
      return false;
    }
  }

  private names(): string[] {
    try {
      return readdirSync(this.folder).filter(name => name.startsWith(this.prefix));
    } catch {
      return [];
    }
  }

  private fileOf(applicationId: string): string {
    return join(this.folder, this.prefix + applicationId);
  }
}
