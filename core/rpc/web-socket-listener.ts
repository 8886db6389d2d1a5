import { createServer, type Server } from 'node:http';
import { WebSocketServer } from 'ws';
import { limitUntilProven } from './authentication.js';
import { type ListenKeys, listenError } from './listen-error.js';
import { portsOf } from './ports.js';

export const SOCKET_OPTIONS = {
  perMessageDeflate: false,
  skipUTF8Validation: true,
  maxPayload: 128 * 1024 * 1024,
} as const;

/** Milliseconds that a connection has to become a WebSocket. */
const UPGRADE_TIMEOUT_MS = 30_000;

/** A WebSocket server with a listener of its own; `close` ends both. Who connects and says nothing is dropped. */
class WebSocketListener extends WebSocketServer {
  constructor(private readonly listener: Server) {
    // One message a turn: the first one after the handshake may come in the same packet as its end, and would be
    // emitted before anybody listens.
    super({ server: listener, ...SOCKET_OPTIONS, allowSynchronousEvents: false });
    this.on('connection', (socket, request) => limitUntilProven(socket, request.socket));
  }

  override close(done?: (error?: Error) => void): void {
    this.listener.close();
    this.listener.closeAllConnections();
    super.close(done);
  }
}

/** A WebSocket server on the first free port of the range. */
export async function listenOnFirstFree(
  host: string,
  port: number | string,
  keys: ListenKeys,
): Promise<WebSocketServer> {
  let last: unknown;
  for (const candidate of portsOf(port)) {
    try {
      return await listen(host, candidate);
    } catch (error) {
      last = error;
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') break;
    }
  }
  throw listenError(host, port, keys, last);
}

function listen(host: string, port: number): Promise<WebSocketServer> {
  return new Promise((resolve, reject) => {
    const listener = createServer(
      { headersTimeout: UPGRADE_TIMEOUT_MS, requestTimeout: UPGRADE_TIMEOUT_MS, connectionsCheckingInterval: 1000 },
      (_request, response) => {
        response.writeHead(426, { connection: 'close' }).end('WebSocket only\n');
      },
    );
    listener.once('error', reject);
    listener.listen(port, host, () => {
      listener.off('error', reject);
      resolve(new WebSocketListener(listener));
    });
  });
}
