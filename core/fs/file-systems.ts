import { MillraceError } from '../errors.js';
import { type Closeable, Lifecycle } from '../lifecycle.js';
import type { FileSystem } from './file-system.js';
import { LocalFileSystem } from './local-file-system.js';
import { type FsPath, formatPath, parsePath } from './path.js';

/** Makes the file system that a path of its scheme lies in. Called once per scheme and authority. */
export type FileSystemFactory = (path: FsPath) => FileSystem | Promise<FileSystem>;

export interface FileSystemsOptions {
  /** `fs.default-scheme`: a scheme or a whole root (`hdfs://host:8020/`). Default `file`. */
  defaultScheme?: string;
  /** What relative local paths start from. Default: the process's working directory. */
  workingDirectory?: string;
}

/**
 * The file systems of one process, by scheme and authority. It owns those it made and closes them. `file` is there from
 * the start; who starts the process registers the others (core knows no Hadoop).
 */
export class FileSystems implements Closeable {
  private readonly factories = new Map<string, FileSystemFactory>();
  private readonly made = new Map<string, Promise<FileSystem>>();
  private readonly lifecycle = new Lifecycle();
  private readonly defaultScheme: string;
  private readonly workingDirectory: string;

  constructor(options: FileSystemsOptions = {}) {
    this.defaultScheme = options.defaultScheme ?? 'file';
    this.workingDirectory = options.workingDirectory ?? process.cwd();
    this.register('file', () => new LocalFileSystem({ workingDirectory: this.workingDirectory }));
  }

  register(scheme: string, factory: FileSystemFactory): this {
    this.factories.set(scheme.toLowerCase(), factory);
    return this;
  }

  /** Taken apart, with the default scheme and the working directory where the path leaves them out. */
  parse(path: string): FsPath {
    return parsePath(path, this.defaultScheme, this.workingDirectory);
  }

  /** The path with its scheme: what may be sent to another process. */
  qualify(path: string): string {
    return formatPath(this.parse(path));
  }

  /** The file system of a path. The path itself can be handed to it as it stands. */
  forPath(path: string): Promise<FileSystem> {
    const parsed = this.parse(path);
    const key = `${parsed.scheme}://${parsed.authority}`;
    let found = this.made.get(key);
    if (!found) {
      found = this.make(path, parsed);
      this.made.set(key, found);
      // What failed is tried anew next time: a NameNode may be up by then.
      found.catch(() => this.made.delete(key));
    }
    return found;
  }

  close(): Promise<void> {
    return this.lifecycle.close();
  }

  private async make(path: string, parsed: FsPath): Promise<FileSystem> {
    if (this.lifecycle.isClosing) throw new MillraceError('ILLEGAL_STATE', 'The file systems are closed.');
    const factory = this.factories.get(parsed.scheme);
    if (!factory) {
      const known = [...this.factories.keys()].map(scheme => `${scheme}:`).join(', ');
      const message = `No file system for '${parsed.scheme}:' (${path}); known here: ${known}.`;
      throw new MillraceError('ILLEGAL_ARGUMENT', message, { domain: 'user', context: { path } });
    }
    return this.lifecycle.own(await factory(parsed));
  }
}
