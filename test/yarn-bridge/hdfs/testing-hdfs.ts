import type { IncomingMessage, ServerResponse } from 'node:http';
import { eventually } from '../../testing/eventually.js';
import { json, remoteException, TestingServer } from '../http/testing-server.js';

export interface Call {
  /** 1: at the NameNode, 2: at the DataNode. */
  step: 1 | 2;
  op: string;
  path: string;
  query: URLSearchParams;
  request: IncomingMessage;
  response: ServerResponse;
}

/** True if the call was dealt with; otherwise it takes its usual way. */
export type Fault = (call: Call) => boolean | Promise<boolean>;

/**
 * A NameNode and a DataNode with a few files in memory, to whose every step a fault can be put. It does what the fault
 * tests need and no more; the contract is run against the embedded Hadoop.
 */
export class TestingHdfs {
  readonly files = new Map<string, Buffer>();
  /** `1 CREATE /dir/f` of every call, in order. */
  readonly calls: string[] = [];
  readonly queries: URLSearchParams[] = [];
  fault: Fault = () => false;
  /** Where step one sends to, instead of the DataNode: the Location it would give is passed in. */
  location: (url: string) => string = url => url;
  private nameNode!: TestingServer;
  private dataNode!: TestingServer;

  static async start(): Promise<TestingHdfs> {
    const hdfs = new TestingHdfs();
    hdfs.nameNode = await TestingServer.start((request, response) => hdfs.answer(1, request, response), {
      early: true,
    });
    hdfs.dataNode = await TestingServer.start((request, response) => hdfs.answer(2, request, response), {
      early: true,
    });
    return hdfs;
  }

  get url(): string {
    return this.nameNode.url;
  }

  get dataNodeUrl(): string {
    return this.dataNode.url;
  }

  names(): string[] {
    return [...this.files.keys()].sort();
  }

  count(call: string): number {
    return this.calls.filter(one => one.startsWith(call)).length;
  }

  /** True once no client is connected any more. */
  connectionsEnd(): Promise<boolean> {
    return eventually(() => this.nameNode.connections + this.dataNode.connections === 0);
  }

  async close(): Promise<void> {
    await this.nameNode.close();
    await this.dataNode.close();
  }

  private async answer(step: 1 | 2, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const path = decodeURIComponent(url.pathname.slice('/webhdfs/v1'.length));
    const op = (url.searchParams.get('op') ?? '').toUpperCase();
    const call: Call = { step, op, path, query: url.searchParams, request, response };
    this.calls.push(`${step} ${op} ${path}`);
    this.queries.push(url.searchParams);
    if (await this.fault(call)) return;
    if (step === 1) {
      request.resume();
      this.atNameNode(call);
    } else {
      await this.atDataNode(call);
    }
  }

  private atNameNode({ op, path, query, request, response }: Call): unknown {
    const file = this.files.get(path);
    switch (op) {
      case 'CREATE':
      case 'APPEND':
      case 'OPEN': {
        if (op !== 'CREATE' && !file) return notFound(response, path);
        const { pathname, search } = new URL(request.url ?? '/', this.url);
        response.writeHead(307, { Location: this.location(this.dataNodeUrl + pathname + search) }).end();
        return;
      }
      case 'GETFILESTATUS':
        if (file) json(response, 200, { FileStatus: statusOf('', file) });
        else notFound(response, path);
        return;
      case 'LISTSTATUS':
      case 'LISTSTATUS_BATCH': {
        const entries = this.names()
          .filter(name => name.startsWith(`${path}/`))
          .map(name => statusOf(name.slice(path.length + 1), this.files.get(name)!));
        const FileStatuses = { FileStatus: entries };
        const batch = { DirectoryListing: { partialListing: { FileStatuses }, remainingEntries: 0 } };
        json(response, 200, op === 'LISTSTATUS' ? { FileStatuses } : batch);
        return;
      }
      case 'RENAME': {
        const to = query.get('destination') ?? '';
        if (!file) return notFound(response, path);
        if (this.files.has(to) && query.get('renameoptions') === 'NONE') {
          return remoteException(response, 403, 'FileAlreadyExistsException', `${to} exists`);
        }
        this.files.set(to, file);
        this.files.delete(path);
        response.writeHead(200).end();
        return;
      }
      case 'DELETE':
        json(response, 200, { boolean: this.files.delete(path) });
        return;
      default:
        json(response, 200, { boolean: true });
    }
  }

  private async atDataNode({ op, path, query, request, response }: Call): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // As a real DataNode: what came is kept as if it were all.
      this.files.set(path, Buffer.concat(chunks));
      return;
    }
    const body = Buffer.concat(chunks);
    const file = this.files.get(path) ?? Buffer.alloc(0);
    if (op === 'CREATE') {
      this.files.set(path, body);
      response.writeHead(201).end();
    } else if (op === 'APPEND') {
      this.files.set(path, Buffer.concat([file, body]));
      response.writeHead(200).end();
    } else {
      const offset = Number(query.get('offset') ?? 0);
      const length = Number(query.get('length') ?? file.length);
      response.end(file.subarray(offset, offset + length));
    }
  }
}

function statusOf(pathSuffix: string, file: Buffer): object {
  const { length } = file;
  return { pathSuffix, type: 'FILE', length, modificationTime: 1, owner: 'alice', permission: '644' };
}

function notFound(response: ServerResponse, path: string): void {
  remoteException(response, 404, 'FileNotFoundException', `File ${path} not found.`);
}
