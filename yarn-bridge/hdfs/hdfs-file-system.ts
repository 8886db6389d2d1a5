import { Readable } from 'node:stream';
import { type ErrorCode, MillraceError } from '../../core/errors.js';
import {
  type CreateOptions,
  type FileStatus,
  type FileSystem,
  type FileWriter,
  fileError,
  parseMode,
} from '../../core/fs/index.js';
import type { HadoopConfiguration } from '../conf/index.js';
import { HttpClient, ServerList } from '../http/index.js';
import type { ContentSummary } from './answers.js';
import { DataNodes } from './data-nodes.js';
import { HdfsFileWriter } from './hdfs-file-writer.js';
import { HdfsInputStream } from './hdfs-input-stream.js';
import { type CompiledHdfsOptions, compileHdfsOptions, type HdfsOptions, hdfsOptionsOf } from './hdfs-options.js';
import { HdfsPaths } from './hdfs-paths.js';
import { HdfsWrites } from './hdfs-writes.js';
import { MetadataClient } from './metadata-client.js';
import { NameNodeClient } from './name-node-client.js';

/**
 * HDFS by WebHDFS. Metadata goes through npm `webhdfs` (MetadataClient); bytes, rename and delete through our own calls
 * in two steps. Files are written beside their place and renamed at close. Owns its connections and its open writers.
 */
export class HdfsFileSystem implements FileSystem {
  readonly scheme: string;
  private readonly options: CompiledHdfsOptions;
  private readonly paths: HdfsPaths;
  private readonly http = new HttpClient();
  private readonly client: NameNodeClient;
  private readonly dataNodes: DataNodes;
  private readonly writes: HdfsWrites;
  private readonly writers = new Set<FileWriter>();

  constructor(options: HdfsOptions) {
    this.options = compileHdfsOptions(options);
    const { nameNodes, user, callTimeout, failoverTimeout, retryDelays, hostMap } = this.options;
    this.paths = new HdfsPaths(options.uri, nameNodes);
    this.scheme = this.paths.scheme;
    const list = new ServerList(nameNodes, {
      what: 'NameNode',
      failoverTimeout,
      retryDelays,
      signal: this.http.signal,
    });
    const metadata = new MetadataClient(this.http, user, callTimeout);
    this.client = new NameNodeClient(this.http, list, metadata, this.paths, { user, callTimeout });
    this.dataNodes = new DataNodes(this.http, list, { user, hostMap, callTimeout });
    this.writes = new HdfsWrites(this.http, list, this.client, this.dataNodes, this.options);
  }

  /** The file system of a URI as Hadoop's configuration finds it; without one, that of fs.defaultFS. */
  static fromConfiguration(
    conf: HadoopConfiguration,
    uri?: string,
    user: string = conf.user,
    options: Partial<Omit<HdfsOptions, 'uri' | 'nameNodes' | 'user'>> = {},
  ): HdfsFileSystem {
    return new HdfsFileSystem({ ...hdfsOptionsOf(conf, uri, user), ...options });
  }

  /** `hdfs://host:8020`: what the full paths of this file system begin with. */
  get root(): string {
    return this.paths.root;
  }

  async list(path: string): Promise<FileStatus[]> {
    const local = this.paths.local(path);
    try {
      const entries = await this.client.list(local);
      return entries.map(entry => entry.status).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    } catch (error) {
      throw asMissing(error, 'list', path);
    }
  }

  async stat(path: string): Promise<FileStatus> {
    try {
      return await this.client.stat(this.paths.local(path));
    } catch (error) {
      throw asMissing(error, 'find', path);
    }
  }

  async exists(path: string): Promise<boolean> {
    return (await this.statOrNothing(this.paths.local(path))) !== undefined;
  }

  async mkdirs(path: string, permission?: string): Promise<void> {
    if (permission !== undefined) parseMode(permission);
    await this.client.mkdirs(this.paths.local(path), permission ?? '755');
  }

  async open(path: string, range: { offset?: number; length?: number } = {}): Promise<Readable> {
    const local = this.paths.local(path);
    const { offset = 0, length } = range;
    if (length !== undefined && length <= 0) {
      await this.checkReadable(path, local, offset);
      return Readable.from([], { objectMode: false });
    }
    const at = (received: number): { offset: number; length: number | undefined } => ({
      offset: offset + received,
      length: length === undefined ? undefined : length - received,
    });
    try {
      const { body } = await this.dataNodes.open(local, at(0));
      return new HdfsInputStream({
        body,
        url: this.paths.root,
        reopen: async received => (await this.dataNodes.open(local, at(received))).body,
        stallTimeout: this.options.stallTimeout,
      });
    } catch (error) {
      // HDFS says "not found" of a directory, and counts the very end of a file as past it.
      if (!isCode(error, 'FILE_NOT_FOUND', 'NOT_A_DIRECTORY', 'END_OF_FILE', 'FILE_SYSTEM')) throw error;
      const status = await this.checkReadable(path, local, offset).catch((reason: unknown) => {
        throw isCode(reason, 'CONNECTION_FAILED', 'TIMEOUT') ? error : reason;
      });
      if (offset > 0 && offset === status.length) return Readable.from([], { objectMode: false });
      throw error;
    }
  }

  async readFile(path: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of await this.open(path)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  async create(path: string, options: CreateOptions = {}): Promise<FileWriter> {
    const local = this.paths.local(path);
    const { permission, overwrite } = await this.prepareCreate(path, local, options);
    const writer = new HdfsFileWriter(
      {
        start: () => this.writes.start(local, permission),
        storeWhole: data => this.writes.storeWhole(local, permission, data),
        publish: (temporary, length) => this.publish(path, temporary, local, overwrite, length),
        discard: (temporary, mayArriveLate) => this.writes.discard(temporary, mayArriveLate),
        ended: ended => this.writers.delete(ended),
      },
      path,
    );
    this.writers.add(writer);
    return writer;
  }

  /** All bytes are at hand, so an upload that breaks is made again. */
  async writeFile(path: string, data: Uint8Array | string, options: CreateOptions = {}): Promise<void> {
    const local = this.paths.local(path);
    const { permission, overwrite } = await this.prepareCreate(path, local, options);
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    const temporary = await this.writes.storeWhole(local, permission, bytes);
    await this.publish(path, temporary, local, overwrite, bytes.length);
  }

  async append(path: string, data: Uint8Array): Promise<void> {
    const local = this.paths.local(path);
    try {
      await this.writes.append(local, data);
    } catch (error) {
      if (isCode(error, 'FILE_ALREADY_EXISTS')) throw fileError('IS_A_DIRECTORY', 'append to', path, { cause: error });
      throw error;
    }
  }

  async rename(from: string, to: string, options: { overwrite?: boolean } = {}): Promise<void> {
    const source = this.paths.local(from);
    const target = this.paths.local(to);
    const overwrite = options.overwrite ?? false;
    try {
      await this.client.rename(source, target, overwrite);
    } catch (error) {
      throw await this.explainRename(error, from, to, overwrite);
    }
  }

  async delete(path: string, options: { recursive?: boolean } = {}): Promise<boolean> {
    const local = this.paths.local(path);
    if (local === '/') throw fileError('ACCESS_DENIED', 'delete', path, { detail: 'it is the root' });
    try {
      return await this.client.delete(local, options.recursive ?? false);
    } catch (error) {
      if (isCode(error, 'NOT_A_DIRECTORY', 'FILE_NOT_FOUND')) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.writers].map(writer => writer.abort()));
    this.http.close();
  }

  /** The user's home: `hdfs://host:8020/user/alice`. Nobody says that it is there. */
  async homeDirectory(): Promise<string> {
    return this.paths.full(await this.client.homeDirectory());
  }

  async setPermission(path: string, permission: string): Promise<void> {
    parseMode(permission);
    await this.client.setPermission(this.paths.local(path), permission);
  }

  contentSummary(path: string): Promise<ContentSummary> {
    return this.client.contentSummary(this.paths.local(path));
  }

  /** Says early what close would find out after all bytes were sent; close decides. */
  private async prepareCreate(
    path: string,
    local: string,
    options: CreateOptions,
  ): Promise<{ permission: string; overwrite: boolean }> {
    const { permission = '644', overwrite = false } = options;
    parseMode(permission);
    const status = await this.statOrNothing(local);
    if (status && !overwrite) throw fileError('FILE_ALREADY_EXISTS', 'create', path);
    if (status?.type === 'directory') throw fileError('IS_A_DIRECTORY', 'create', path);
    return { permission, overwrite };
  }

  private async publish(
    path: string,
    temporary: string,
    local: string,
    overwrite: boolean,
    length: number,
  ): Promise<void> {
    try {
      await this.writes.publish(temporary, local, overwrite, length);
    } catch (error) {
      throw await this.explainRename(error, temporary, path, overwrite);
    }
  }

  /** HDFS has one IOException for several things that stand in the way of a rename. */
  private async explainRename(error: unknown, from: string, to: string, overwrite: boolean): Promise<unknown> {
    if (!isCode(error, 'FILE_SYSTEM', 'FILE_ALREADY_EXISTS')) return error;
    const action = `rename ${from} to`;
    const target = await this.statOrNothing(this.paths.local(to)).catch(() => undefined);
    if (!target) return error;
    if (!overwrite) return fileError('FILE_ALREADY_EXISTS', action, to, { cause: error });
    const source = await this.statOrNothing(this.paths.local(from)).catch(() => undefined);
    if (target.type === 'file') return source?.type === 'directory' ? fileError('NOT_A_DIRECTORY', action, to) : error;
    if (source?.type !== 'directory') return fileError('IS_A_DIRECTORY', action, to, { cause: error });
    const entries = await this.client.list(this.paths.local(to)).catch(() => []);
    return entries.length > 0 ? fileError('DIRECTORY_NOT_EMPTY', action, to, { cause: error }) : error;
  }

  private async statOrNothing(local: string): Promise<FileStatus | undefined> {
    try {
      return await this.client.stat(local);
    } catch (error) {
      if (isCode(error, 'FILE_NOT_FOUND', 'NOT_A_DIRECTORY')) return undefined;
      throw error;
    }
  }

  private async checkReadable(path: string, local: string, offset: number): Promise<FileStatus> {
    const status = await this.client.stat(local).catch((error: unknown) => {
      throw asMissing(error, 'open', path);
    });
    if (status.type === 'directory') throw fileError('IS_A_DIRECTORY', 'open', path);
    if (offset > status.length) throw fileError('END_OF_FILE', 'open', path);
    return status;
  }
}

function isCode(error: unknown, ...codes: ErrorCode[]): error is MillraceError {
  return error instanceof MillraceError && codes.includes(error.code);
}

/** What lies below a file is not there, whichever way the NameNode puts it. */
function asMissing(error: unknown, action: string, path: string): unknown {
  return isCode(error, 'NOT_A_DIRECTORY') ? fileError('FILE_NOT_FOUND', action, path, { cause: error }) : error;
}
