import type { AddressInfo } from 'node:net';
import type { WebSocket, WebSocketServer } from 'ws';
import { MillraceError, messageOf, serializeError } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';
import type { Logger } from '../../core/logging.js';
import { type Frame, FrameKind } from '../../core/protocol/index.js';
import { authenticateServer, listenOnFirstFree } from '../../core/rpc/index.js';
import { encodeBatch } from '../../core/types/index.js';
import { decodeFrame, encodeFrame } from './frame-codec.js';
import type { PartitionRegistry } from './partition-registry.js';
import type { Subpartition, SubpartitionReader } from './subpartition.js';

/** Sent once by the server when it has accepted a peer; only then may the client send frames. */
export const READY = 'ready';

const KEYS = {
  host: 'taskmanager.bind-host (taskmanager.host)',
  port: 'taskmanager.data.port, to a range with a port for each slot',
};

export interface DataServerOptions {
  /** To listen on. */
  host: string;
  /** A port, a range such as `50100-50200`, or 0 for any. */
  port: number | string;
  secret: string;
  /** Names this slot to its peers. */
  id: string;
  registry: PartitionRegistry;
  logger: Logger;
}

/** Where a slot's partitions are read from other slots. */
export class DataServer implements Closeable {
  private readonly connections = new Set<ServerConnection>();

  private constructor(
    private readonly server: WebSocketServer,
    private readonly options: DataServerOptions,
  ) {}

  static async listen(options: DataServerOptions): Promise<DataServer> {
    const server = await listenOnFirstFree(options.host, options.port, KEYS);
    const dataServer = new DataServer(server, options);
    server.on('connection', (socket, request) => {
      const peer = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
      request.socket.setNoDelay(true);
      socket.on('error', () => {});
      dataServer.accept(socket).catch((error: unknown) => {
        options.logger.warn(`Turned away a data connection from ${peer}: ${messageOf(error)}`);
        socket.terminate();
      });
    });
    return dataServer;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Open data connections, for tests. */
  get connectionCount(): number {
    return this.connections.size;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.server.close(() => resolve()));
    for (const client of this.server.clients) client.terminate();
    await closed;
  }

  private async accept(socket: WebSocket): Promise<void> {
    const { secret, id, registry } = this.options;
    await authenticateServer(socket, secret, { role: 'slot', id });
    const connection = new ServerConnection(socket, registry);
    this.connections.add(connection);
    socket.on('close', () => {
      this.connections.delete(connection);
      connection.close();
    });
    socket.send(READY);
  }
}

/** One remote slot; its channels share the socket. */
class ServerConnection {
  private readonly channels = new Map<number, ServerChannel>();

  constructor(
    private readonly socket: WebSocket,
    private readonly registry: PartitionRegistry,
  ) {
    socket.on('message', data => this.receive(data as Buffer));
  }

  send(frame: Frame): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(encodeFrame(frame));
  }

  close(): void {
    for (const channel of this.channels.values()) channel.close();
    this.channels.clear();
  }

  private receive(data: Buffer): void {
    let frame: Frame;
    try {
      frame = decodeFrame(data);
    } catch {
      this.socket.terminate();
      return;
    }
    const [kind, id, , payload] = frame;
    if (kind === FrameKind.OPEN) this.open(id, payload);
    else if (kind === FrameKind.CREDIT) this.channels.get(id)?.grant(Number(payload));
    else if (kind === FrameKind.CLOSE) {
      this.channels.get(id)?.close();
      this.channels.delete(id);
    }
  }

  private open(id: number, payload: unknown): void {
    const { partitionId, subpartition, credits } = payload as {
      partitionId: string;
      subpartition: number;
      credits: number;
    };
    const channel = new ServerChannel(this, id, credits);
    this.channels.set(id, channel);
    this.registry.subpartition(partitionId, subpartition).then(
      found => channel.attach(found),
      (error: unknown) => channel.onFailed(error),
    );
  }
}

/** A subpartition on its way to a remote consumer. A batch costs a credit; events and the end go as they come. */
class ServerChannel implements SubpartitionReader {
  private subpartition: Subpartition | undefined;
  private sequence = 0;
  private closed = false;

  constructor(
    private readonly connection: ServerConnection,
    private readonly id: number,
    private credits: number,
  ) {}

  attach(subpartition: Subpartition): void {
    if (this.closed) {
      subpartition.release();
      return;
    }
    if (subpartition.hasReader) {
      this.onFailed(new MillraceError('INTERNAL', 'The subpartition is read by another consumer already.'));
      return;
    }
    this.subpartition = subpartition;
    subpartition.attach(this);
  }

  grant(credits: number): void {
    this.credits += credits;
    this.onAvailable();
  }

  onAvailable(): void {
    const subpartition = this.subpartition;
    if (!subpartition) return;
    for (;;) {
      if (subpartition.peek() === 'data' && this.credits === 0) return;
      const element = subpartition.poll();
      if (!element) return;
      if (element.kind === 'data') {
        this.credits--;
        this.send(FrameKind.DATA, encodeBatch(element.batch));
      } else if (element.kind === 'event') this.send(FrameKind.EVENT, element.event);
      else this.send(FrameKind.END, null);
    }
  }

  onFailed(error: unknown): void {
    this.subpartition = undefined;
    this.send(FrameKind.ERROR, serializeError(error));
  }

  /** The consumer is done, gave up, or is gone. */
  close(): void {
    this.closed = true;
    const subpartition = this.subpartition;
    this.subpartition = undefined;
    subpartition?.release();
  }

  private send(kind: FrameKind, payload: unknown): void {
    this.connection.send([kind, this.id, this.sequence++, payload]);
  }
}
