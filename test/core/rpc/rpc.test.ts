import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { MillraceError } from '../../../core/errors.js';
import { Lifecycle } from '../../../core/lifecycle.js';
import {
  type ConnectRpcOptions,
  connectRpc,
  type Handlers,
  type RpcConnection,
  RpcServer,
  type RpcServerOptions,
} from '../../../core/rpc/index.js';
import { eventually } from '../../testing/eventually.js';

interface ServerMethods {
  echo: { request: unknown; response: unknown };
  fail: { request: { user: boolean }; response: void };
  never: { request: null; response: void };
  note: { request: number; response: void };
  slowFirst: { request: number; response: number };
}
interface ClientMethods {
  ask: { request: string; response: string };
}

const SECRET = 'a secret of this cluster';
const HOST = '127.0.0.1';

describe('control RPC', () => {
  let lifecycle: Lifecycle;
  let notes: number[];
  let refused: string[];
  let unanswered: string[];
  let accepted: RpcConnection[];

  beforeEach(() => {
    lifecycle = new Lifecycle();
    notes = [];
    refused = [];
    unanswered = [];
    accepted = [];
  });
  afterEach(() => lifecycle.close());

  const handlers: Handlers<ServerMethods> = {
    echo: request => request,
    fail: ({ user }) => {
      throw user
        ? new MillraceError('FENCED', 'too late', {
            retry: 'backoff',
            context: { attempt: 3 },
            cause: new Error('inner'),
          })
        : new TypeError('plain');
    },
    never: () => new Promise<void>(() => {}),
    note: n => void notes.push(n),
  };

  async function serve(options: Partial<RpcServerOptions<ServerMethods>> = {}): Promise<RpcServer> {
    return lifecycle.own(
      await RpcServer.listen<ServerMethods>({
        host: HOST,
        port: 0,
        secret: SECRET,
        self: { role: 'applicationmaster', id: 'am' },
        handlers,
        onRefused: reason => refused.push(reason),
        onUnanswered: method => unanswered.push(method),
        onConnection: connection => accepted.push(connection),
        ...options,
      }),
    );
  }

  async function dial(
    server: RpcServer,
    options: Partial<ConnectRpcOptions<ClientMethods>> = {},
  ): Promise<RpcConnection> {
    return lifecycle.own(
      await connectRpc<ClientMethods>({
        host: HOST,
        port: server.port,
        secret: SECRET,
        self: { role: 'taskmanager', id: 'tm-1' },
        ...options,
      }),
    );
  }

  const serverSide = (): Promise<RpcConnection> => eventually(() => accepted[0]);

  async function failure(promise: Promise<unknown>): Promise<MillraceError> {
    const error = await promise.then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).to.be.instanceOf(Error);
    return error as MillraceError;
  }

  it('answers calls from either side over one connection, each knowing who the other is', async () => {
    const server = await serve();
    const connection = await dial(server, { handlers: { ask: question => `${question}? yes` } });
    const request = { text: 'x', bytes: Buffer.from([1, 2]), list: [1n, null, true], nested: { a: { b: 1.5 } } };
    expect(await connection.call('echo', request)).to.deep.equal(request);
    expect(connection.peer).to.include({ role: 'applicationmaster', id: 'am', address: `${HOST}:${server.port}` });
    const peer = await serverSide();
    expect(peer.peer).to.include({ role: 'taskmanager', id: 'tm-1' });
    expect(await peer.gateway<ClientMethods>().call('ask', 'there')).to.equal('there? yes');
  });

  it('gives the caller the error that was thrown, with its code, context and cause', async () => {
    const connection = await dial(await serve());
    const fenced = await failure(connection.call('fail', { user: true }));
    expect(fenced).to.be.instanceOf(MillraceError);
    expect(fenced).to.include({ code: 'FENCED', message: 'too late', retry: 'backoff' });
    expect(fenced.context).to.deep.equal({ attempt: 3 });
    expect((fenced.cause as Error).message).to.equal('inner');
    const plain = await failure(connection.call('fail', { user: false }));
    expect(plain).to.not.be.instanceOf(MillraceError);
    expect(plain).to.include({ name: 'TypeError', message: 'plain' });
  });

  it('refuses a method that the other side does not serve, inherited names included', async () => {
    const connection = await dial(await serve());
    expect((await failure(connection.call('nope', null))).message).to.equal('no method "nope" here');
    expect((await failure(connection.call('toString', null))).code).to.equal('RPC');
  });

  it('delivers notifications in the order in which they were sent', async () => {
    const connection = await dial(await serve());
    for (let i = 0; i < 200; i++) connection.notify('note', i);
    await connection.call('echo', null);
    expect(notes).to.deep.equal(Array.from({ length: 200 }, (_, i) => i));
  });

  it('shows the caller the answer before it serves what was sent after the answer', async () => {
    // As an ApplicationMaster does: it answers a registration and asks for slots at once.
    const order: string[] = [];
    const server = await serve({
      handlers: {
        echo: (request, connection) => {
          queueMicrotask(() => connection.notify('ask', 'now'));
          return request;
        },
      },
    });
    const connection = await dial(server, {
      handlers: {
        ask: question => {
          order.push(question);
          return '';
        },
      },
    });
    await connection.call('echo', 1);
    order.push('answer');
    await eventually(() => order.length === 2);
    expect(order).to.deep.equal(['answer', 'now']);
  });

  it('times a call out and stays usable', async () => {
    const connection = await dial(await serve());
    const error = await failure(connection.call('never', null, { timeoutMs: 20 }));
    expect(error.code).to.equal('TIMEOUT');
    expect(error.message).to.include('did not answer never within 20 ms');
    expect(await connection.call('echo', 1)).to.equal(1);
  });

  it('rejects what can not be packed, and stays usable', async () => {
    const connection = await dial(await serve());
    const poison = {
      get boom(): number {
        throw new Error('no');
      },
    };
    expect((await failure(connection.call('echo', poison))).message).to.equal('no');
    expect(await connection.call('echo', 1)).to.equal(1);
  });

  it('tells of a notification that its handler refused', async () => {
    const connection = await dial(await serve());
    connection.notify('fail', { user: true });
    await connection.call('echo', null);
    expect(unanswered).to.deep.equal(['fail']);
  });

  it('rejects open calls and says why when the other side goes, and nothing when this side closes', async () => {
    const connection = await dial(await serve());
    const open = failure(connection.call('never', null));
    const other = await serverSide();
    other.close();
    expect((await open).code).to.equal('RPC');
    expect((await connection.closed)?.message).to.match(/connection closed by the other side/);
    expect((await failure(connection.call('echo', 1))).code).to.equal('RPC');
    expect(await other.closed).to.equal(undefined);
    connection.notify('note', 1);
  });

  it('lets notifications arrive that were sent right before the server closed', async () => {
    const server = await serve();
    const heard: string[] = [];
    const connection = await dial(server, {
      handlers: {
        ask: question => {
          heard.push(question);
          return '';
        },
      },
    });
    (await serverSide()).notify('ask', 'shut down');
    await server.close();
    await connection.closed;
    expect(heard).to.deep.equal(['shut down']);
  });

  it('notices a peer that is silent though its connection stands', async () => {
    const server = await serve();
    const connection = await dial(server, { heartbeat: { intervalMs: 20, timeoutMs: 60 } });
    // A stopped process: the kernel takes what comes, nobody answers.
    const client = (await serverSide()) as unknown as { socket: { _socket: Socket } };
    client.socket._socket.pause();
    const reason = await connection.closed;
    expect(reason).to.include({ code: 'TIMEOUT' });
    expect(reason?.message).to.match(/silent for/);
  });

  it('keeps a connection on which nothing is said for longer than the timeout', async () => {
    const connection = await dial(await serve(), { heartbeat: { intervalMs: 10, timeoutMs: 60 } });
    const started = Date.now();
    await eventually(() => Date.now() - started > 200);
    expect(connection.isOpen).to.equal(true);
    expect(await connection.call('echo', 1)).to.equal(1);
  });

  describe('with a peer that does not know the secret', () => {
    it('refuses a client with another secret, on both sides', async () => {
      const server = await serve();
      const error = await failure(dial(server, { secret: 'another' }));
      expect(error.code).to.equal('AUTHENTICATION_FAILED');
      expect(accepted).to.deep.equal([]);
    });

    it('does not prove anything to a server that knows another secret', async () => {
      const server = await serve({ secret: 'another' });
      const error = await failure(dial(server));
      expect(error).to.include({ code: 'AUTHENTICATION_FAILED' });
      expect(error.message).to.match(/the server does not know the secret/);
      await eventually(() => refused.length === 1);
    });

    it('never sends the secret, and no two proofs alike', async () => {
      const seen: string[] = [];
      const server = await serve();
      for (let i = 0; i < 2; i++) {
        const socket = new WebSocket(`ws://${HOST}:${server.port}/`);
        lifecycle.defer(() => socket.terminate());
        await new Promise(resolve => socket.once('open', resolve));
        const answer = new Promise<string>(resolve => socket.once('message', data => resolve(String(data))));
        socket.send(JSON.stringify({ role: 'taskmanager', id: 'x', nonce: 'the same nonce each time' }));
        seen.push(await answer);
      }
      const proofs = seen.map(text => (JSON.parse(text) as { proof: string }).proof);
      expect(proofs[0]).to.not.equal(proofs[1]);
      expect(seen.join()).to.not.include(SECRET);
    });

    it("does not take the server's own proof back from a client", async () => {
      const server = await serve();
      const socket = new WebSocket(`ws://${HOST}:${server.port}/`);
      lifecycle.defer(() => socket.terminate());
      await new Promise(resolve => socket.once('open', resolve));
      const closed = new Promise<number>(resolve => socket.once('close', resolve));
      socket.once('message', data => {
        const { proof } = JSON.parse(String(data)) as { proof: string };
        socket.send(JSON.stringify({ proof }));
      });
      socket.send(JSON.stringify({ role: 'taskmanager', id: 'am', nonce: '0123456789012345678901234567890' }));
      expect(await closed).to.equal(4401);
      expect(accepted).to.deep.equal([]);
    });

    for (const [what, garbage] of [
      ['text that is no JSON', 'hello'],
      ['JSON of another kind', '[1,2,3]'],
      ['a hello without a nonce', '{"role":"taskmanager","id":"x"}'],
      ['binary data', Buffer.from([0x93, 0, 1, 2])],
      ['a large frame', Buffer.alloc(1024 * 1024)],
    ] as const) {
      it(`drops a peer that begins with ${what}`, async () => {
        const server = await serve();
        const socket = new WebSocket(`ws://${HOST}:${server.port}/`);
        socket.on('error', () => {});
        await new Promise(resolve => socket.once('open', resolve));
        const closed = new Promise(resolve => socket.once('close', resolve));
        socket.send(garbage);
        await closed;
        await eventually(() => refused.length === 1);
        expect(await (await dial(server)).call('echo', 1)).to.equal(1);
      });
    }

    it('answers a plain HTTP request with an error and goes on', async () => {
      const server = await serve();
      const socket = connect(server.port, HOST);
      const chunks: string[] = [];
      socket.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await new Promise(resolve => socket.once('close', resolve));
      expect(chunks.join('')).to.match(/^HTTP\/1.1 426 /);
      expect(await (await dial(server)).call('echo', 1)).to.equal(1);
    });
  });

  it('ends the connection of a peer that sends garbage after it has proved the secret', async () => {
    const connection = await dial(await serve());
    const raw = (connection as unknown as { socket: WebSocket }).socket;
    raw.send(Buffer.from([0xc1, 0xff]));
    expect((await (await serverSide()).closed)?.message).to.match(/sent what is no message/);
  });

  it('takes the first free port of a range, and says so when there is none', async () => {
    const first = await serve();
    const second = await serve({ port: `${first.port},0` });
    expect(second.port).to.not.equal(first.port);
    const error = await failure(serve({ port: first.port }));
    expect(error.code).to.equal('CONNECTION_FAILED');
    expect(error.message).to.include(`${HOST}:${first.port}`);
  });

  it('says which address nobody listens on', async () => {
    const server = await serve();
    await server.close();
    const error = await failure(dial(server));
    expect(error.code).to.equal('CONNECTION_FAILED');
    expect(error.message).to.include(`${HOST}:${server.port}`);
  });

  it('gives up a server that takes the connection and says nothing', async () => {
    const { createServer } = await import('node:net');
    const mute = createServer(() => {});
    await new Promise<void>(resolve => mute.listen(0, HOST, resolve));
    lifecycle.defer(() => void mute.close());
    const { port } = mute.address() as { port: number };
    const error = await failure(dial({ port } as RpcServer, { timeoutMs: 50 }));
    expect(error.code).to.equal('CONNECTION_FAILED');
  });
});
