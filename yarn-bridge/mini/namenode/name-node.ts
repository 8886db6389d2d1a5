import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Closeable } from '../../../core/lifecycle.js';
import { listen, portOf } from '../http.js';
import { BlockStore } from './block-store.js';
import { HdfsException } from './hdfs-exception.js';
import { alreadyBeingCreated, type Inode, Namespace } from './namespace.js';
import { type Call, createOperations } from './operations.js';
import { Permissions } from './permissions.js';
import { rawPathDoor } from './raw-paths.js';

export interface NameNodeOptions {
  dir: string;
  host: string;
  /** 0: any free one. */
  port: number;
  dataNodePort: number;
  superuser: string;
}

const PREFIX = '/webhdfs/v1';
const USER_NAME = /^[A-Za-z_][A-Za-z0-9._-]*[$]?$/;
/** Calls that begin at the NameNode and go on at the DataNode. */
const TWO_STEPS = new Set(['PUT CREATE', 'POST APPEND', 'GET OPEN', 'GET GETFILECHECKSUM']);

/** NameNode and DataNode in one process: WebHDFS with its two steps, files on local disk. */
export class NameNode implements Closeable {
  private readonly namespace: Namespace;
  private readonly permissions: Permissions;
  private readonly blocks: BlockStore;
  private readonly operations: ReturnType<typeof createOperations>;

  private constructor(
    private readonly options: NameNodeOptions,
    private readonly nameServer: ReturnType<typeof rawPathDoor>,
    private readonly dataServer: Server,
  ) {
    this.namespace = new Namespace(join(options.dir, 'name'), options.superuser);
    this.permissions = new Permissions(this.namespace);
    this.blocks = new BlockStore(join(options.dir, 'blocks'));
    this.operations = createOperations(this.namespace, this.permissions, this.blocks);
  }

  static async start(options: NameNodeOptions): Promise<NameNode> {
    const [nameServer, dataServer] = [createServer(), createServer()];
    const door = rawPathDoor(nameServer);
    const node = new NameNode(options, door, dataServer);
    nameServer.on('request', (request, response) => void node.answer(request, response, c => node.atNameNode(c)));
    dataServer.on('request', (request, response) => void node.answer(request, response, c => node.atDataNode(c)));
    // Uploads take as long as they take.
    dataServer.requestTimeout = 0;
    await listen(dataServer, options.dataNodePort, options.host);
    await listen(door.door, options.port, options.host);
    return node;
  }

  get port(): number {
    return portOf(this.nameServer.door);
  }

  get dataNodePort(): number {
    return portOf(this.dataServer);
  }

  async close(): Promise<void> {
    this.nameServer.closeAll();
    this.dataServer.closeAllConnections();
    await Promise.all([this.nameServer.door, this.dataServer].map(s => new Promise(resolve => s.close(resolve))));
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    serve: (c: Exchange) => Promise<void>,
  ): Promise<void> {
    try {
      await serve(this.exchange(request, response));
    } catch (error) {
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      const known = error instanceof HdfsException ? error : new HdfsException('RuntimeException', String(error));
      response.writeHead(known.status, { 'content-type': 'application/json', connection: 'close' }).end(known.body);
    }
  }

  private exchange(request: IncomingMessage, response: ServerResponse): Exchange {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (!url.pathname.startsWith(PREFIX)) {
      throw new HdfsException('FileNotFoundException', `No such page: ${url.pathname}`);
    }
    const path = decodeURIComponent(url.pathname.slice(PREFIX.length)) || '/';
    const user = url.searchParams.get('user.name') ?? 'dr.who';
    if (!USER_NAME.test(user)) {
      const text = `Invalid value for webhdfs parameter "user.name": Invalid value: "${user}" does not belong to the domain ^[A-Za-z_][A-Za-z0-9._-]*[$]?$`;
      throw new HdfsException('IllegalArgumentException', text);
    }
    const op = (url.searchParams.get('op') ?? '').toUpperCase();
    return { request, response, path, user, query: url.searchParams, op: `${request.method} ${op}` };
  }

  private async atNameNode(c: Exchange): Promise<void> {
    const { op, request, response } = c;
    if (TWO_STEPS.has(op)) {
      this.checkTwoSteps(c);
      const location = `http://${this.options.host}:${this.dataNodePort}${request.url}`;
      if (c.query.get('noredirect') === 'true') return json(response, 200, { Location: location });
      response.writeHead(307, { location, 'content-length': 0 }).end();
      return;
    }
    request.resume();
    return this.atOperations(c);
  }

  private async atOperations(c: Exchange): Promise<void> {
    const { op, response } = c;
    const operation = this.operations[op];
    if (!operation) throw notValid(op);
    const result = await operation(c);
    if (result === undefined) response.writeHead(200, { 'content-length': 0 }).end();
    else json(response, 200, result);
  }

  /** What is known to fail is said before the bytes come. */
  private checkTwoSteps({ op, path, user, query }: Exchange): void {
    if (op === 'GET GETFILECHECKSUM') {
      this.permissions.traverse(path, user);
      if (!this.namespace.find(path)) throw new HdfsException('FileNotFoundException', `File ${path} not found.`);
    } else if (op === 'GET OPEN') {
      this.permissions.traverse(path, user);
      const node = this.fileAt(path);
      this.permissions.check(node, path, user, 'READ');
      if (Number(query.get('offset') ?? 0) > node.length) {
        throw new HdfsException(
          'EOFException',
          `Offset=${query.get('offset')} out of the range [0, ${node.length}); OPEN, path=${path}`,
        );
      }
    } else if (op === 'POST APPEND') {
      this.permissions.traverse(path, user);
      if (this.namespace.find(path)?.children) {
        throw new HdfsException(
          'FileAlreadyExistsException',
          `Cannot append to directory ${path}; already exists as a directory.`,
        );
      }
      this.permissions.check(this.fileAt(path), path, user, 'WRITE');
    } else this.permissions.changeEntry(path, user);
  }

  private async atDataNode(c: Exchange): Promise<void> {
    if (!TWO_STEPS.has(c.op)) throw notValid(c.op);
    this.checkTwoSteps(c);
    if (c.op === 'GET OPEN') return this.open(c);
    if (c.op === 'POST APPEND') return this.append(c);
    if (c.op === 'PUT CREATE') return this.create(c);
    return this.atOperations(c);
  }

  private async create({ request, response, path, user, query }: Exchange): Promise<void> {
    const replaced = this.namespace.find(path);
    const overwrite = query.get('overwrite') === 'true';
    const given = (name: string): number | undefined => (query.get(name) ? Number(query.get(name)) : undefined);
    const file = this.namespace.create(path, user, query.get('permission') ?? '644', overwrite, {
      blockSize: given('blocksize'),
      replication: given('replication'),
    });
    if (replaced) this.blocks.drop(replaced);
    try {
      await pipeline(request, this.blocks.write(file, 'w'));
    } finally {
      // As a real DataNode: what came before the connection broke stands there, closed.
      this.namespace.complete(path, file, this.blocks.size(file));
    }
    const location = `webhdfs://${this.options.host}:${this.port}${encodeURI(path)}`;
    response.writeHead(201, { location, 'content-length': 0 }).end();
  }

  private async append({ request, response, path, user }: Exchange): Promise<void> {
    const file = this.fileAt(path);
    if (file.open) throw alreadyBeingCreated(path, user);
    file.open = true;
    try {
      await pipeline(request, this.blocks.write(file, 'a'));
    } finally {
      this.namespace.complete(path, file, this.blocks.size(file));
    }
    response.writeHead(200, { 'content-length': 0 }).end();
  }

  private async open({ response, path, query }: Exchange): Promise<void> {
    const file = this.fileAt(path);
    const offset = Number(query.get('offset') ?? 0);
    const length = Math.min(Number(query.get('length') ?? Number.MAX_SAFE_INTEGER), file.length - offset);
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': length });
    if (length > 0) await pipeline(this.blocks.read(file, offset, length), response);
    else response.end();
  }

  private fileAt(path: string): Inode {
    const node = this.namespace.find(path);
    if (!node) throw new HdfsException('FileNotFoundException', `File ${path} not found.`);
    if (node.children) throw new HdfsException('FileNotFoundException', `Path is not a file: ${path}`);
    return node;
  }
}

function notValid(op: string): HdfsException {
  const [method, name] = op.split(' ');
  const text = `Invalid value for webhdfs parameter "op": ${name} is not a valid ${method} operation.`;
  return new HdfsException('IllegalArgumentException', text);
}

interface Exchange extends Call {
  request: IncomingMessage;
  response: ServerResponse;
  op: string;
}

function json(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}
