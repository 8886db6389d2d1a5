import type { AddressInfo } from 'node:net';
import type { WebSocket, WebSocketServer } from 'ws';
import { messageOf } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';
import type { Logger } from '../../core/logging.js';
import { authenticateServer, listenOnFirstFree } from '../../core/rpc/index.js';
import type { FrameTransport } from './frame-transport.js';
import type { NetworkMemory } from './network-memory.js';
import type { PartitionRegistry } from './partition-registry.js';
import { ProducerConnection } from './producer-connection.js';
import { READY, SocketTransport } from './socket-transport.js';

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
  /** What waits on its way counts here. */
  memory?: NetworkMemory;
  logger: Logger;
}

/** Where a slot's partitions are read from other slots. */
export class DataServer implements Closeable {
  private readonly connections = new Set<ProducerConnection>();
  private closed = false;

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
      dataServer.authenticate(socket).catch((error: unknown) => {
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
    this.closed = true;
    const closed = new Promise<void>(resolve => this.server.close(() => resolve()));
    for (const connection of this.connections) connection.close();
    for (const client of this.server.clients) client.terminate();
    await closed;
  }

  /** Serves the slot at the other end, which has been authenticated or is of the same process. */
  accept(transport: FrameTransport): void {
    if (this.closed) {
      transport.close();
      return;
    }
    const connection = new ProducerConnection(transport, this.options.registry, () => {
      this.connections.delete(connection);
    });
    this.connections.add(connection);
  }

  private async authenticate(socket: WebSocket): Promise<void> {
    const { secret, id, memory } = this.options;
    await authenticateServer(socket, secret, { role: 'slot', id });
    this.accept(new SocketTransport(socket, memory));
    socket.send(READY);
  }
}
