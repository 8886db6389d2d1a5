import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { MillraceError, messageOf } from '../errors.js';
import type { Closeable } from '../lifecycle.js';
import { authenticateServer, type Peer } from './authentication.js';
import { type Handlers, type HeartbeatOptions, RpcConnection } from './connection.js';
import { portsOf } from './ports.js';

export const SOCKET_OPTIONS = {
  perMessageDeflate: false,
  skipUTF8Validation: true,
  maxPayload: 128 * 1024 * 1024,
} as const;

export interface RpcServerOptions<M> {
  host: string;
  /** A port, a range such as `50100-50200`, or 0 for any. */
  port: number | string;
  secret: string;
  self: Peer;
  heartbeat?: HeartbeatOptions;
  handlers: Handlers<M>;
  onConnection?: (connection: RpcConnection) => void;
  /** Told of peers that were turned away; the default says nothing. */
  onRefused?: (reason: string) => void;
}

/** Listens for authenticated control connections. `close` ends all of them. */
export class RpcServer implements Closeable {
  private readonly connections = new Set<RpcConnection>();

  private constructor(
    private readonly server: WebSocketServer,
    readonly host: string,
    readonly port: number,
  ) {}

  static async listen<M>(options: RpcServerOptions<M>): Promise<RpcServer> {
    const server = await listenOnFirstFree(options.host, options.port);
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

  async close(): Promise<void> {
    for (const connection of this.connections) connection.close();
    for (const client of this.server.clients) client.terminate();
    await new Promise<void>(resolve => this.server.close(() => resolve()));
  }

  private async accept<M>(socket: WebSocket, address: string, options: RpcServerOptions<M>): Promise<void> {
    const peer = await authenticateServer(socket, options.secret, options.self);
    const handlers = options.handlers as Handlers<never>;
    const connection = new RpcConnection(socket, { ...peer, address }, handlers, options.heartbeat);
    this.connections.add(connection);
    void connection.closed.then(() => this.connections.delete(connection));
    options.onConnection?.(connection);
  }
}

/** A WebSocket server on the first free port of the range. */
export async function listenOnFirstFree(host: string, port: number | string): Promise<WebSocketServer> {
  let last: unknown;
  for (const candidate of portsOf(port)) {
    try {
      return await new Promise<WebSocketServer>((resolve, reject) => {
        // One message a turn: the first one after the handshake may come in the same packet as its end, and would be
        // emitted before anybody listens.
        const server = new WebSocketServer({ host, port: candidate, ...SOCKET_OPTIONS, allowSynchronousEvents: false });
        server.once('error', reject);
        server.once('listening', () => {
          server.off('error', reject);
          resolve(server);
        });
      });
    } catch (error) {
      last = error;
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') break;
    }
  }
  throw new MillraceError('CONNECTION_FAILED', `cannot listen on ${host}:${port}: ${messageOf(last)}`, { cause: last });
}
