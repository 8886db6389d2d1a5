import type { IncomingMessage, ServerResponse } from 'node:http';
import { eventually } from '../../testing/eventually.js';
import { json, remoteException, TestingServer } from '../http/testing-server.js';
import { type Refusal, TestingNamespace } from './testing-namespace.js';

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

/** A NameNode and a DataNode with their files in memory, to whose every step a fault can be put. */
export class TestingHdfs {
  readonly namespace = new TestingNamespace();
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
    const path = decodeURIComponent(url.pathname.slice('/webhdfs/v1'.length)) || '/';
    const op = (url.searchParams.get('op') ?? '').toUpperCase();
    const call: Call = { step, op, path, query: url.searchParams, request, response };
    this.calls.push(`${step} ${op} ${path}`);
    this.queries.push(url.searchParams);
    if (await this.fault(call)) return;
    try {
      if (step === 2) return await this.atDataNode(call);
      request.resume();
      this.atNameNode(call);
    } catch (error) {
      const { status, exception, message } = error as Refusal;
      remoteException(response, status, exception, message);
    }
  }

  private atNameNode({ op, path, query, request, response }: Call): void {
    switch (op) {
      case 'CREATE':
      case 'APPEND':
      case 'OPEN': {
        this.namespace.checkRedirect(op, path, Number(query.get('offset') ?? 0));
        const { pathname, search } = new URL(request.url ?? '/', this.url);
        response.writeHead(307, { Location: this.location(this.dataNodeUrl + pathname + search) }).end();
        return;
      }
      case 'GETFILESTATUS':
        json(response, 200, { FileStatus: this.namespace.stat(path) });
        return;
      case 'LISTSTATUS':
        json(response, 200, { FileStatuses: { FileStatus: this.namespace.list(path) } });
        return;
      case 'LISTSTATUS_BATCH': {
        const partialListing = { FileStatuses: { FileStatus: this.namespace.list(path) } };
        json(response, 200, { DirectoryListing: { partialListing, remainingEntries: 0 } });
        return;
      }
      case 'MKDIRS':
        this.namespace.mkdirs(path, query.get('permission') ?? '755');
        json(response, 200, { boolean: true });
        return;
      case 'RENAME':
        this.namespace.rename(path, query.get('destination') ?? '', query.get('renameoptions') === 'OVERWRITE');
        response.writeHead(200).end();
        return;
      case 'DELETE':
        json(response, 200, { boolean: this.namespace.delete(path, query.get('recursive') === 'true') });
        return;
      default:
        response.writeHead(200).end();
    }
  }

  private async atDataNode({ op, path, query, request, response }: Call): Promise<void> {
    const permission = query.get('permission') ?? '644';
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // As a real DataNode: what came is kept as if it were all.
      this.namespace.write(path, Buffer.concat(chunks), permission);
      return;
    }
    const body = Buffer.concat(chunks);
    if (op === 'CREATE') {
      this.namespace.write(path, body, permission);
      response.writeHead(201).end();
    } else if (op === 'APPEND') {
      this.namespace.append(path, body);
      response.writeHead(200).end();
    } else {
      const offset = Number(query.get('offset') ?? 0);
      response.end(this.namespace.read(path, offset, Number(query.get('length') ?? Number.POSITIVE_INFINITY)));
    }
  }
}
