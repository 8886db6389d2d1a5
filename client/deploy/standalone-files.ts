import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Configuration, Options } from '../../core/config/index.js';
import { MillraceError } from '../../core/errors.js';
import type { Daemon } from './daemon.js';

/** Both ends of the standalone cluster's start are remembered from the first one on: a start that is killed can be stopped. */
export interface StandaloneRecord {
  confDir: string;
  jobManager?: Daemon;
  taskManager?: Daemon;
  /** `http://host:port` */
  rest?: string;
}

/**
 * What one standalone cluster keeps on disk while it runs: settings, secret and process ids, in a folder of this user's
 * own that its configuration directory names. So stop-cluster.sh finds its own cluster, and several stand side by side.
 */
export class StandaloneFiles {
  private constructor(
    readonly confDir: string,
    readonly folder: string,
  ) {}

  /** FLINK_PID_DIR, else the folder for temporary files, is where the folder lies. */
  static of(confDir: string, env: Readonly<Record<string, string | undefined>>): StandaloneFiles {
    const real = existsSync(confDir) ? realpathSync(confDir) : confDir;
    const name = createHash('sha256').update(real).digest('hex').slice(0, 12);
    const parent = env['FLINK_PID_DIR'] || tmpdir();
    return new StandaloneFiles(real, join(parent, `millrace-standalone-${process.getuid?.() ?? 0}-${name}`));
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Throws ACCESS_DENIED for a folder that somebody else has put there. */
  create(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const status = lstatSync(this.folder);
    const uid = process.getuid?.();
    if (!status.isDirectory() || (uid !== undefined && status.uid !== uid)) {
      const message = `${this.folder} belongs to somebody else: set FLINK_PID_DIR to a folder of your own.`;
      throw new MillraceError('ACCESS_DENIED', message, { domain: 'user', context: { path: this.folder } });
    }
    chmodSync(this.folder, 0o700);
  }

  /** Readable by this user alone. */
  write(name: string, content: string): string {
    const path = this.file(name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  record(record: Omit<StandaloneRecord, 'confDir'>): void {
    this.write('cluster.json', JSON.stringify({ confDir: this.confDir, ...record }));
  }

  /** What is known of a cluster of this configuration directory, running or not. */
  read(): StandaloneRecord | undefined {
    try {
      return JSON.parse(readFileSync(this.file('cluster.json'), 'utf8')) as StandaloneRecord;
    } catch {
      return undefined;
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** FLINK_LOG_DIR, env.log.dir, else `log` of the installation, there in a folder of its own for another conf directory. */
  logDirectory(configuration: Configuration, env: Readonly<Record<string, string | undefined>>): string {
    const named = env['FLINK_LOG_DIR'] || configuration.get(Options.envLogDir);
    if (named !== undefined) return named;
    const installation = (folder: string): string => fileURLToPath(new URL(`../../${folder}`, import.meta.url));
    const own = existsSync(installation('conf')) && realpathSync(installation('conf')) === this.confDir;
    return own ? installation('log') : join(installation('log'), basename(this.folder).split('-').at(-1)!);
  }
}
