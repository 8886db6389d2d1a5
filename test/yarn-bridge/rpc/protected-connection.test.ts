import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import type { MillraceError } from '../../../core/errors.js';
import { ClientConnection } from '../../../yarn-bridge/rpc/client-connection.js';
import { FrameReader, frame } from '../../../yarn-bridge/rpc/frames.js';
import { CONTAINER_PROTOCOL, type Token } from '../../../yarn-bridge/rpc/messages.js';
import type { QualityOfProtection } from '../../../yarn-bridge/rpc/protection.js';
import { HadoopRpcServer } from '../../../yarn-bridge/rpc/server.js';

const token: Token = { identifier: Buffer.from('who'), password: Buffer.from('secret'), kind: 'NMToken', service: '' };
type Statuses = { status?: Array<{ diagnostics: string }> };

/** Changes frame `index` of those that come from the server, or those that go to it. */
interface Tampering {
  side: 'server' | 'client';
  index: number;
  change(frame: Buffer, socket: Socket): Buffer[];
}

describe('A protected connection', () => {
  const closeables: Array<() => unknown> = [];
  afterEach(async () => {
    for (const close of closeables.splice(0).reverse()) await close();
  });

  /** Tells how long a command is, and gives diagnostics as long as it is asked for: the numbers of the ids. */
  async function server(protection?: readonly QualityOfProtection[]): Promise<HadoopRpcServer> {
    const rpc = await HadoopRpcServer.listen({
      host: '127.0.0.1',
      port: 0,
      authentication: {
        type: 'token',
        password: id => (id.equals(token.identifier) ? token.password : undefined) as Buffer,
      },
      ...(protection && { protection }),
      protocols: {
        [CONTAINER_PROTOCOL]: {
          startContainers: {
            request: 'StartContainersRequest',
            response: 'StartContainersResponse',
            handle: (request: {
              start_container_request: Array<{ container_launch_context: { command: string[] } }>;
            }) => ({
              succeeded_requests: request.start_container_request.map(r => ({
                id: r.container_launch_context.command[0]!.length,
              })),
            }),
          },
          getContainerStatuses: {
            request: 'GetContainerStatusesRequest',
            response: 'GetContainerStatusesResponse',
            handle: (request: { container_id?: Array<{ id: number }> }) => ({
              status: (request.container_id ?? []).map(({ id }) => ({ diagnostics: 'x'.repeat(id) })),
            }),
          },
        },
      },
    });
    closeables.push(() => rpc.close());
    return rpc;
  }

  async function client(port: number): Promise<ClientConnection> {
    const connection = await ClientConnection.open({
      host: '127.0.0.1',
      port,
      protocol: CONTAINER_PROTOCOL,
      authentication: { type: 'token', token },
      timeoutMs: 5000,
    });
    closeables.push(() => connection.close());
    return connection;
  }

  const statuses = (connection: ClientConnection, lengths: number[]): Promise<Statuses> =>
    connection.call(
      'getContainerStatuses',
      'GetContainerStatusesRequest',
      { container_id: lengths.map(id => ({ id })) },
      'GetContainerStatusesResponse',
    );

  /** A man in the middle, who knows frames but no secret. */
  async function middle(port: number, tampering: Tampering): Promise<number> {
    const proxy: Server = createServer(down => {
      const up = connect(port, '127.0.0.1');
      for (const s of [up, down]) s.on('error', () => {});
      up.on('close', () => down.destroy());
      down.on('close', () => up.destroy());
      relay(up, down, tampering.side === 'server' ? tampering : undefined, 0);
      relay(down, up, tampering.side === 'client' ? tampering : undefined, 7);
    });
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
    closeables.push(() => new Promise(resolve => proxy.close(resolve)));
    return (proxy.address() as { port: number }).port;
  }

  for (const [name, offered, qop] of [
    ['authentication', undefined, 'auth'],
    ['integrity', ['auth-int'], 'auth-int'],
    ['privacy', ['auth-conf'], 'auth-conf'],
    ['all of them', ['auth', 'auth-int', 'auth-conf'], 'auth-conf'],
  ] as const) {
    describe(`when the server offers ${name}`, () => {
      it(`is made with ${qop} and carries calls`, async () => {
        const connection = await client((await server(offered)).port);
        expect(connection.protection).to.equal(qop);
        expect(await statuses(connection, [3])).to.deep.equal({ status: [{ diagnostics: 'xxx' }] });
      });

      it('carries a megabyte up and another down', async () => {
        const connection = await client((await server(offered)).port);
        const context = { command: ['y'.repeat(1 << 20)] };
        const up = await connection.call<{ succeeded_requests: unknown }>(
          'startContainers',
          'StartContainersRequest',
          { start_container_request: [{ container_launch_context: context, container_token: token }] },
          'StartContainersResponse',
        );
        expect(up.succeeded_requests).to.deep.equal([{ id: 1 << 20 }]);
        const down = await statuses(connection, [1 << 20]);
        expect(down.status![0]!.diagnostics).to.have.length(1 << 20);
      });

      it('keeps many calls apart that are in flight side by side', async () => {
        const connection = await client((await server(offered)).port);
        const lengths = Array.from({ length: 300 }, (_, i) => i);
        const answers = await Promise.all(lengths.map(n => statuses(connection, [n])));
        expect(answers.map(a => a.status![0]!.diagnostics.length)).to.deep.equal(lengths);
      });
    });
  }

  // Of the server's frames two are of the exchange, of the client's too, and then comes its context.
  for (const qop of ['auth-int', 'auth-conf'] as const) {
    it(`${qop}: an answer that was changed on its way is refused, and the connection with it`, async () => {
      const { port } = await server([qop]);
      const flip = (f: Buffer): Buffer[] => {
        f[f.length - 20]! ^= 1;
        return [f];
      };
      const connection = await client(await middle(port, { side: 'server', index: 2, change: flip }));
      const error = await rejection(statuses(connection, [1000]));
      expect(error).to.include({ code: 'AUTHENTICATION_FAILED' });
      expect(error.message).to.match(/^127\.0\.0\.1:\d+: protected message 0 was changed on its way/);
      expect(connection.isOpen).to.equal(false);
    });

    it(`${qop}: an answer that comes twice is refused`, async () => {
      const { port } = await server([qop]);
      const twice = { side: 'server', index: 2, change: (f: Buffer) => [f, f] } as const;
      const connection = await client(await middle(port, twice));
      await statuses(connection, [1]);
      expect((await connection.closed).message).to.contain('protected message 0 came where 1 was due');
    });

    it(`${qop}: an answer without protection is refused`, async () => {
      const { port } = await server([qop]);
      const fatal = frame(Buffer.from([12, 0x08, 0, 0x10, 2, 0x1a, 6, ...Buffer.from('forged')]));
      const forged = { side: 'server', index: 2, change: () => [fatal] } as const;
      const connection = await client(await middle(port, forged));
      const error = await rejection(statuses(connection, [1]));
      expect(error.message).to.contain('a message came without the protection that was agreed on');
    });

    it(`${qop}: a request that was changed on its way is not served`, async () => {
      const { port } = await server([qop]);
      const flip = (f: Buffer): Buffer[] => {
        f[f.length - 20]! ^= 1;
        return [f];
      };
      const connection = await client(await middle(port, { side: 'client', index: 3, change: flip }));
      const error = await rejection(statuses(connection, [1]));
      expect(error.code).to.equal('CONNECTION_FAILED');
    });
  }
});

async function rejection(promise: Promise<unknown>): Promise<MillraceError> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    error => error as MillraceError,
  );
}

function relay(from: Socket, to: Socket, tampering: Tampering | undefined, preamble: number): void {
  const reader = new FrameReader();
  let waitFor = preamble;
  let index = 0;
  from.on('data', data => {
    reader.push(data);
    if (waitFor > 0) {
      const bytes = reader.take(waitFor);
      if (!bytes) return;
      to.write(bytes);
      waitFor = 0;
    }
    for (let f = reader.next(); f; f = reader.next()) {
      const whole = frame(Buffer.from(f));
      const out = tampering && index === tampering.index ? tampering.change(whole, to) : [whole];
      for (const bytes of out) to.write(bytes);
      index++;
    }
  });
}
