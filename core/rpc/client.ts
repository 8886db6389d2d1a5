import { type ClientOptions, WebSocket } from 'ws';
import { MillraceError } from '../errors.js';
import { authenticateClient, type Peer } from './authentication.js';
import { type Handlers, type HeartbeatOptions, RpcConnection } from './connection.js';
import { SOCKET_OPTIONS } from './web-socket-listener.js';

export interface ConnectRpcOptions<M> {
  host: string;
  port: number;
  secret: string;
  self: Peer;
  /** What the other side may call here. */
  handlers?: Handlers<M>;
  heartbeat?: HeartbeatOptions;
  /** Told of notifications that a handler refused; the default says nothing. */
  onUnanswered?: (method: string, error: unknown) => void;
  /** To connect and prove the secret. Default 10,000. */
  timeoutMs?: number;
}

/** Opens and authenticates a control connection. The caller closes it. */
export async function connectRpc<M>(options: ConnectRpcOptions<M>): Promise<RpcConnection> {
  const { host, port, secret, self, handlers = {}, heartbeat, onUnanswered, timeoutMs = 10_000 } = options;
  // One message a turn: what follows the answer to a call is served when the caller has seen the answer.
  const socket = await openSocket(host, port, timeoutMs, { allowSynchronousEvents: false });
  try {
    const peer = await authenticateClient(socket, secret, self);
    const named = { ...peer, address: `${host}:${port}` };
    return new RpcConnection(socket, named, handlers as Handlers<never>, heartbeat, onUnanswered);
  } catch (error) {
    socket.terminate();
    throw error;
  }
}

/** An open WebSocket to `host:port`, or CONNECTION_FAILED naming it. */
export function openSocket(
  host: string,
  port: number,
  timeoutMs: number,
  options: Pick<ClientOptions, 'allowSynchronousEvents'> = {},
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const socket = new WebSocket(`ws://${address}/`, {
      ...SOCKET_OPTIONS,
      ...options,
      handshakeTimeout: timeoutMs,
      // Only clients mask; a zero mask costs nothing and both ends are ours.
      generateMask: mask => mask.fill(0),
    });
    socket.on('error', error => {
      reject(
        new MillraceError('CONNECTION_FAILED', `cannot connect to ${address}: ${error.message}`, {
          cause: error,
          retry: 'backoff',
        }),
      );
    });
    socket.once('open', () => resolve(socket));
  });
}
