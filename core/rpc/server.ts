import type { AddressInfo } from 'node:net';
import type { WebSocket, WebSocketServer } from 'ws';
import { messageOf } from '../errors.js';
import type { Closeable } from '../lifecycle.js';
import { authenticateServer, type Peer } from './authentication.js';
import { type Handlers, type HeartbeatOptions, RpcConnection } from './connection.js';
import { listenOnFirstFree } from './web-socket-listener.js';

export interface RpcServerOptions<M> {
  host: string;
  /** A port, a range such as `50100-50200`, or 0 for any. */
  port: number | string;
  secret: string;
  self: Peer;
  heartbeat?: HeartbeatOptions;
  handlers: Handlers<M>;
  onConnection?: (connection: RpcConnection) => void;
  /** Told of notifications that a handler refused; the default says nothing. */
  onUnanswered?: (method: string, error: unknown) => void;
  /** Told of peers that were turned away; the default says nothing. */
  onRefused?: (reason: string) => void;
}

/** Where host and port come from, where they are configured at all. */
const KEYS = { host: 'jobmanager.bind-host (jobmanager.rpc.address)', port: 'jobmanager.rpc.port' };

/** Milliseconds that peers have to answer the end of their connections. */
const CLOSE_TIMEOUT_MS = 500;

/** Listens for authenticated control connections. `close` ends all of them. */
export class RpcServer implements Closeable {
  private readonly connections = new Set<RpcConnection>();

  private constructor(
    private readonly server: WebSocketServer,
    readonly host: string,
    readonly port: number,
  ) {}

  static async listen<M>(options: RpcServerOptions<M>): Promise<RpcServer> {
    const server = await listenOnFirstFree(options.host, options.port, KEYS);
    const rpc = new RpcServer(server, options.host, (server.address() as AddressInfo).port);
    server.on('connection', (socket, request) => {
      const address = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
      socket.on('error', () => {});
      rpc.accept(socket, address, options).catch(error => {
        options.onRefused?.(`${address}: ${messageOf(error)}`);
        socket.close(4401);
        setTimeout(() => socket.terminate(), 500).unref();
      });
    });
    return rpc;
  }

  /** Lets what was sent arrive before it closes. Idempotent. */
  async close(): Promise<void> {
    for (const connection of this.connections) connection.close();
    const { clients } = this.server;
    const cut = setTimeout(() => {
      for (const client of clients) client.terminate();
    }, CLOSE_TIMEOUT_MS);
    await new Promise<void>(resolve => this.server.close(() => resolve()));
    clearTimeout(cut);
  }

  private async accept<M>(socket: WebSocket, address: string, options: RpcServerOptions<M>): Promise<void> {
    const peer = await authenticateServer(socket, options.secret, options.self);
    const handlers = options.handlers as Handlers<never>;
    const { heartbeat, onUnanswered } = options;
    const connection = new RpcConnection(socket, { ...peer, address }, handlers, heartbeat, onUnanswered);
    this.connections.add(connection);
    void connection.closed.then(() => this.connections.delete(connection));
    options.onConnection?.(connection);
  }
}
