import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Configuration, Options } from '../../core/config/index.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import type { Daemon } from './daemon.js';

/** What is remembered of a cluster from the first moment on: a start that is killed can be stopped. */
export interface StandaloneRecord {
  confDir: string;
  /** The command that starts it, until it has. */
  starter?: Daemon;
  jobManager?: Daemon;
  taskManager?: Daemon;
  /** `http://host:port` */
  rest?: string;
  /** Scratch folder of its processes, removed with the rest. */
  tmpDir: string;
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

  /** False if the folder is there already. It appears with its record in it, so that of two commands one gets it. */
  create(record: Omit<StandaloneRecord, 'confDir'>): boolean {
    const draft = `${this.folder}.${process.pid}`;
    const howElse = 'set FLINK_PID_DIR to a folder of your own';
    makeFolder('of process ids', draft, howElse);
    try {
      this.writeRecord(draft, record);
      renameSync(draft, this.folder);
      return true;
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '') && this.isOwn()) return false;
      throw folderError('of process ids', this.folder, howElse, error);
    }
  }

  /** Readable by this user alone. */
  write(name: string, content: string): string {
    const path = this.file(name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  record(record: Omit<StandaloneRecord, 'confDir'>): void {
    this.writeRecord(this.folder, record);
  }

  /** What is known of a cluster of this configuration directory, running or not. */
  read(): StandaloneRecord | undefined {
    if (!this.isOwn()) return undefined;
    try {
      return JSON.parse(readFileSync(this.file('cluster.json'), 'utf8')) as StandaloneRecord;
    } catch {
      return undefined;
    }
  }

  remove(): void {
    const tmpDir = this.read()?.tmpDir;
    for (const path of [tmpDir, this.folder]) {
      if (path !== undefined && existsSync(path)) rmSync(path, { recursive: true, force: true });
    }
  }

  /** For the processes' own files: also what a killed one leaves is removed. Below the first of io.tmp.dirs, if set. */
  tmpDirectory(configuration: Configuration): string {
    const [first] = configuration.get(Options.ioTmpDirs)?.split(',') ?? [];
    return first?.trim() ? join(first.trim(), basename(this.folder)) : this.file('tmp');
  }

  /** FLINK_LOG_DIR, env.log.dir, else `log` of the installation, there in a folder of its own for another conf directory. */
  logDirectory(configuration: Configuration, env: Readonly<Record<string, string | undefined>>): string {
    const named = env['FLINK_LOG_DIR'] || configuration.get(Options.envLogDir);
    if (named !== undefined) return named;
    const installation = (folder: string): string => fileURLToPath(new URL(`../../${folder}`, import.meta.url));
    const own = existsSync(installation('conf')) && realpathSync(installation('conf')) === this.confDir;
    return own ? installation('log') : join(installation('log'), basename(this.folder).split('-').at(-1)!);
  }

  private writeRecord(folder: string, record: Omit<StandaloneRecord, 'confDir'>): void {
    const file = join(folder, 'cluster.json');
    const draft = `${file}.${process.pid}`;
    // In one step: another command that saw half of it would take the cluster for one that was killed, and remove it.
    writeFileSync(draft, JSON.stringify({ confDir: this.confDir, ...record }), { mode: 0o600 });
    renameSync(draft, file);
  }

  /** Nobody else's processes are ended because of what somebody has put here. */
  private isOwn(): boolean {
    const status = lstatSync(this.folder, { throwIfNoEntry: false });
    const uid = process.getuid?.();
    return status?.isDirectory() === true && (uid === undefined || status.uid === uid);
  }
}

/** With its parents; an error says what the folder is for and what to set. */
export function makeFolder(what: string, path: string, howElse: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw folderError(what, path, howElse, error);
  }
}

function folderError(what: string, path: string, howElse: string, cause: unknown): MillraceError {
  const message = `The folder ${what}, ${path}, can't be made: ${messageOf(cause)}; ${howElse}.`;
  return new MillraceError('FILE_SYSTEM', message, { domain: 'user', cause, context: { path } });
}
