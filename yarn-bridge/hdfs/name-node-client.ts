import { MillraceError } from '../../core/errors.js';
import type { FileStatus } from '../../core/fs/index.js';
import type { HttpClient, ServerList } from '../http/index.js';
import {
  type ContentSummary,
  parseBatch,
  parseBoolean,
  parseContentSummary,
  parseFileStatus,
  parseListing,
  parsePathAnswer,
  type StatusEntry,
} from './answers.js';
import type { HdfsPaths } from './hdfs-paths.js';
import { type MetadataClient, NAME_NODE } from './metadata-client.js';
import { type HdfsCall, remoteError } from './remote-error.js';
import { type QueryValues, webHdfsUrl } from './webhdfs-url.js';

export interface NameNodeClientOptions {
  user: string;
  callTimeout: number;
}

/**
 * The calls that a NameNode answers itself, with absolute local paths. stat, list, mkdirs and setPermission are npm
 * `webhdfs`'s; it reports a rename or delete that did nothing as done, and does not know the others.
 */
export class NameNodeClient {
  private hasBatchListing = true;

  constructor(
    private readonly http: HttpClient,
    private readonly nameNodes: ServerList,
    private readonly metadata: MetadataClient,
    private readonly paths: HdfsPaths,
    private readonly options: NameNodeClientOptions,
  ) {}

  stat(path: string): Promise<FileStatus> {
    return this.nameNodes.call(true, async address => {
      const body = await this.metadata.stat(address, path);
      return parseFileStatus(body, this.paths.full(path), { op: 'GETFILESTATUS', path, url: address });
    });
  }

  /** In the NameNode's order. A file's own entry has an empty suffix. */
  async list(path: string): Promise<StatusEntry[]> {
    if (this.hasBatchListing) {
      try {
        return await this.listInBatches(path);
      } catch (error) {
        if (!isUnknownOperation(error, 'LISTSTATUS_BATCH')) throw error;
        this.hasBatchListing = false;
      }
    }
    return this.nameNodes.call(true, async address => {
      const body = await this.metadata.list(address, path);
      return parseListing(body, this.paths.full(path), { op: 'LISTSTATUS', path, url: address });
    });
  }

  mkdirs(path: string, permission: string): Promise<void> {
    return this.nameNodes.call(true, async address => {
      const body = await this.metadata.mkdirs(address, path, permission);
      const call: HdfsCall = { op: 'MKDIRS', path, url: address };
      if (!parseBoolean(body, call)) throw refused(call);
    });
  }

  setPermission(path: string, permission: string): Promise<void> {
    return this.nameNodes.call(true, async address => {
      await this.metadata.setPermission(address, path, permission);
    });
  }

  /** Not safe to repeat: the second one would find the source gone. */
  async rename(from: string, to: string, overwrite: boolean): Promise<void> {
    // With renameoptions failures are exceptions; without, `false` may mean anything.
    await this.call('PUT', 'RENAME', from, false, { destination: to, renameoptions: overwrite ? 'OVERWRITE' : 'NONE' });
  }

  /** Not safe to repeat: the second one would say that nothing was there. */
  async delete(path: string, recursive: boolean): Promise<boolean> {
    const { body, call } = await this.call('DELETE', 'DELETE', path, false, { recursive });
    return parseBoolean(body, call);
  }

  async homeDirectory(): Promise<string> {
    const { body, call } = await this.call('GET', 'GETHOMEDIRECTORY', '/', true);
    return parsePathAnswer(body, call);
  }

  async contentSummary(path: string): Promise<ContentSummary> {
    const { body, call } = await this.call('GET', 'GETCONTENTSUMMARY', path, true);
    return parseContentSummary(body, call);
  }

  /** A large directory comes in pieces, which spares the NameNode. */
  private async listInBatches(path: string): Promise<StatusEntry[]> {
    const all: StatusEntry[] = [];
    for (let startAfter: string | undefined; ; ) {
      const { body, call } = await this.call('GET', 'LISTSTATUS_BATCH', path, true, { startAfter });
      const { entries, remaining } = parseBatch(body, this.paths.full(path), call);
      all.push(...entries);
      const last = entries.at(-1);
      if (remaining === 0 || last === undefined || last.suffix === '') return all;
      startAfter = last.suffix;
    }
  }

  private call(
    method: 'GET' | 'PUT' | 'DELETE',
    op: string,
    path: string,
    safe: boolean,
    query: QueryValues = {},
  ): Promise<{ body: Buffer; call: HdfsCall }> {
    return this.nameNodes.call(safe, async address => {
      const url = webHdfsUrl(address, path, op, this.options.user, query);
      const answer = await this.http.send({
        method,
        url,
        peer: NAME_NODE,
        timeout: this.options.callTimeout,
        reuse: safe,
      });
      const call: HdfsCall = { op, path, url };
      if (answer.status !== 200) throw remoteError(answer.status, answer.body, call);
      return { body: answer.body, call };
    });
  }
}

function isUnknownOperation(error: unknown, op: string): boolean {
  if (!(error instanceof MillraceError)) return false;
  const unknown = error.code === 'ILLEGAL_ARGUMENT' || error.context['exception'] === 'UnsupportedOperationException';
  return unknown && (error.message.includes('"op"') || error.message.includes(`${op} is not`));
}

function refused(call: HdfsCall): MillraceError {
  return new MillraceError('FILE_SYSTEM', `HDFS ${call.op} ${call.path} failed: the NameNode did not carry it out.`, {
    context: { path: call.path, op: call.op },
  });
}
