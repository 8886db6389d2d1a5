import type { Readable } from 'node:stream';

export interface FileStatus {
  /** Absolute path with scheme and authority, as `list` and `stat` were asked: `hdfs://host:port/dir/file`, `file:/dir/file`. */
  path: string;
  /** Last segment of the path. */
  name: string;
  type: 'file' | 'directory';
  /** Bytes; 0 for a directory. */
  length: number;
  /** Milliseconds since the epoch, exactly as the store keeps it. */
  modificationTime: number;
  owner: string;
  /** Octal digits, e.g. `644`. */
  permission: string;
}

export interface CreateOptions {
  /** Replace an existing file in one step. Default false: FILE_ALREADY_EXISTS. */
  overwrite?: boolean;
  /** Octal digits; default 644. */
  permission?: string;
}

/**
 * A file being written. `write` resolves when the next piece may come (backpressure). The file stands under its name
 * only after `close` resolved; until then, and after `abort` or a crash, its name shows what was there before.
 */
export interface FileWriter {
  write(data: Uint8Array): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

/**
 * The one way to files: local disk and HDFS fulfil the same contract (test/core/fs/file-system-contract.ts).
 * Paths may carry a scheme; without one they are absolute paths of this file system. Failures are MillraceErrors with
 * code FILE_NOT_FOUND, FILE_ALREADY_EXISTS, NOT_A_DIRECTORY, IS_A_DIRECTORY, DIRECTORY_NOT_EMPTY, ACCESS_DENIED,
 * END_OF_FILE, CONNECTION_FAILED or FILE_SYSTEM, and `context.path`.
 */
export interface FileSystem {
  readonly scheme: string;
  /** Entries of a directory sorted by name; of a file, that file. */
  list(path: string): Promise<FileStatus[]>;
  stat(path: string): Promise<FileStatus>;
  /** False if nothing is there; any other failure is thrown. */
  exists(path: string): Promise<boolean>;
  /** Makes the directory and its parents; an existing directory is fine. */
  mkdirs(path: string, permission?: string): Promise<void>;
  /** Bytes from `offset` (default 0), at most `length`. An offset past the end is END_OF_FILE. */
  open(path: string, range?: { offset?: number; length?: number }): Promise<Readable>;
  readFile(path: string): Promise<Buffer>;
  create(path: string, options?: CreateOptions): Promise<FileWriter>;
  writeFile(path: string, data: Uint8Array | string, options?: CreateOptions): Promise<void>;
  append(path: string, data: Uint8Array): Promise<void>;
  /** Atomic. An existing target is FILE_ALREADY_EXISTS unless `overwrite`. */
  rename(from: string, to: string, options?: { overwrite?: boolean }): Promise<void>;
  /** False if nothing was there. A directory with entries needs `recursive`, else DIRECTORY_NOT_EMPTY. */
  delete(path: string, options?: { recursive?: boolean }): Promise<boolean>;
  close(): Promise<void>;
}
