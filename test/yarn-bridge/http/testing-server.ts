import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Received {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;

/** An HTTP server whose every answer, or lack of one, a test decides. */
export class TestingServer {
  readonly received: Received[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** `early`: the handler is called before the body came; it gets an empty one. */
  static async start(handler: Handler, options: { early?: boolean; port?: number } = {}): Promise<TestingServer> {
    const server = createServer();
    const testing = new TestingServer(server);
    server.on('connection', socket => {
      testing.sockets.add(socket);
      socket.on('close', () => testing.sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      const { method = '', url = '', headers } = request;
      const entry: Received = { method, url, headers, body: '' };
      testing.received.push(entry);
      response.on('error', () => {});
      request.on('error', () => {});
      if (options.early) {
        void handler(request, response, '');
        return;
      }
      const chunks: Buffer[] = [];
      request.on('data', chunk => chunks.push(chunk as Buffer));
      request.on('end', () => {
        entry.body = Buffer.concat(chunks).toString();
        void handler(request, response, entry.body);
      });
    });
    await new Promise<void>(resolve => server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return testing;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise(resolve => this.server.close(resolve));
  }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

export function remoteException(response: ServerResponse, status: number, exception: string, message = 'no'): void {
  json(response, status, { RemoteException: { exception, javaClassName: `org.apache.${exception}`, message } });
}

/** A port of 127.0.0.1 where nobody listens. */
export async function freePort(): Promise<number> {
  const server = await TestingServer.start(() => {});
  const { port } = server;
  await server.close();
  return port;
}
