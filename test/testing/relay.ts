import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A wire that a test can cut, or let go silent without an end, as a broken network does. */
export class Relay {
  private readonly pairs = new Set<[Socket, Socket]>();
  private isSilent = false;

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {
    server.on('connection', socket => this.join(socket));
  }

  static async to(targetPort: number): Promise<Relay> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return new Relay(server, targetPort);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends every connection; new ones are taken. */
  cut(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  /** Nothing passes any more, and nobody is told. */
  silence(): void {
    this.isSilent = true;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  restore(): void {
    this.isSilent = false;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.server.close(resolve));
    this.cut();
    await closed;
  }

  private join(socket: Socket): void {
    const other = connect(this.targetPort, '127.0.0.1');
    const pair: [Socket, Socket] = [socket, other];
    this.pairs.add(pair);
    for (const [from, to] of [pair, [other, socket] as const]) {
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.pairs.delete(pair);
        // The other end hears of it only on a wire that still carries.
        if (!this.isSilent) to.destroy();
      });
      from.on('data', chunk => void to.write(chunk));
      if (this.isSilent) from.pause();
      else from.resume();
    }
  }
}
