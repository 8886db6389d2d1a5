import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../../testing/eventually.js';
import { TestingJob } from '../testing-job.js';
import { type TestingRun, TestingSlots } from '../testing-slots.js';

describe('a socket source', () => {
  let slots: TestingSlots;
  let server: Server;
  let sockets: Socket[];

  beforeEach(async () => {
    slots = await TestingSlots.start(1);
    sockets = [];
    server = createServer(s => sockets.push(s.on('error', () => {})));
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(async () => {
    await slots.close();
    for (const s of sockets) s.destroy();
    if (server.listening) await new Promise(resolve => server.close(resolve));
  });

  function start({ delimiter = '\n', maxRetries = 0 } = {}): TestingRun {
    const { port } = server.address() as AddressInfo;
    const job = new TestingJob();
    job.source({ kind: 'source.socket', host: '127.0.0.1', port, delimiter, maxRetries }).print();
    return slots.deploy(job);
  }
  const connected = (n = 1): Promise<Socket> => eventually(() => sockets[n - 1]);

  it('cuts records at the delimiter, drops \\r, and gives the rest at the end', async () => {
    const run = start();
    const socket = await connected();
    const bytes = Buffer.from('one\r\ntwé\n\nrest');
    // A cut inside of a character.
    socket.write(bytes.subarray(0, 8));
    await eventually(() => slots.lines.includes('one'));
    socket.end(bytes.subarray(8));
    await run.ended();
    expect(slots.lines).to.deep.equal(['one', 'twé', '', 'rest']);
    expect(run.states.at(-1)).to.equal('FINISHED');
  });

  it('takes delimiters of several characters, also cut in two', async () => {
    const run = start({ delimiter: '||' });
    const socket = await connected();
    socket.write('a|b|');
    socket.end('|c\r||d');
    await run.ended();
    expect(slots.lines).to.deep.equal(['a|b', 'c\r', 'd']);
  });

  it('hands records on at once, not when a buffer is full', async () => {
    const run = start();
    const socket = await connected();
    for (let i = 0; i < 3; i++) {
      const begin = performance.now();
      socket.write(`line ${i}\n`);
      await eventually(() => slots.lines.includes(`line ${i}`), { interval: 2 });
      expect(performance.now() - begin).to.be.lessThan(500);
    }
    run.cancel();
    await run.ended();
  });

  it('closes its socket when the job is canceled', async () => {
    const run = start({ maxRetries: -1 });
    const socket = await connected();
    socket.resume();
    run.cancel();
    await run.ended();
    expect(run.states.at(-1)).to.equal('CANCELED');
    await eventually(() => socket.closed || socket.readableEnded);
  });

  it('connects again as often as it may', async () => {
    const run = start({ maxRetries: 1 });
    (await connected(1)).end('a\n');
    (await connected(2)).end('b\n');
    await run.ended();
    expect(slots.lines).to.deep.equal(['a', 'b']);
    expect(sockets.length).to.equal(2);
  });

  it('says where nobody answered', async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise(resolve => server.close(resolve));
    const job = new TestingJob();
    job.source({ kind: 'source.socket', host: '127.0.0.1', port, delimiter: '\n', maxRetries: 0 }).print();
    const error = await slots.run(job).then(
      () => undefined,
      (e: Error) => e,
    );
    expect(error!.message).to.contain(`Nobody answers at 127.0.0.1:${port}`).and.contain('nc -lk');
  });

  it('does not read on while downstream is full', async () => {
    let open: (() => void) | undefined;
    const gate = new Promise<void>(resolve => {
      open = resolve;
    });
    const { port } = server.address() as AddressInfo;
    const job = new TestingJob();
    let count = 0;
    job
      .source({ kind: 'source.socket', host: '127.0.0.1', port, delimiter: '\n', maxRetries: 0 })
      .map((x: string) => gate.then(() => x))
      .sink(() => void count++);
    const run = slots.deploy(job);
    const socket = await connected();
    const line = `${'x'.repeat(999)}\n`;
    let sent = 0;
    while (socket.writableLength < 4_000_000 && sent < 60_000) {
      socket.write(line.repeat(100));
      sent += 100;
      if (sent % 5000 === 0) await new Promise(resolve => setImmediate(resolve));
    }
    expect(socket.writableLength).to.be.greaterThan(1_000_000);
    expect(count).to.equal(0);
    open!();
    socket.end();
    await run.ended(20_000);
    expect(count).to.equal(sent);
  }).timeout(30_000);
});

describe('a socket sink', () => {
  let slots: TestingSlots;
  let server: Server;
  let sockets: Socket[];
  let received: string;
  let reads: boolean;

  beforeEach(async () => {
    slots = await TestingSlots.start(1);
    sockets = [];
    received = '';
    reads = true;
    server = createServer(s => {
      sockets.push(s.on('error', () => {}));
      if (reads) s.setEncoding('utf8').on('data', (text: string) => (received += text));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(async () => {
    await slots.close();
    for (const s of sockets) s.destroy();
    if (server.listening) await new Promise(resolve => server.close(resolve));
  });
  const port = (): number => (server.address() as AddressInfo).port;
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

  it('sends what the schema makes of each record, texts and bytes, and closes at the end', async () => {
    const job = new TestingJob();
    job.elements(['a', 'é', 'c']).writeToSocket(port(), (s: string) => (s === 'c' ? Buffer.from('[c]') : `${s};`));
    await slots.run(job);
    await eventually(() => sockets[0]?.readableEnded);
    expect(received).to.equal('a;é;[c]');
  });

  it('waits for a slow reader, and loses nothing', async () => {
    reads = false;
    const job = new TestingJob();
    const filler = 'x'.repeat(10_000);
    let made = 0;
    job
      .sequence(1, 2000)
      .map((n: number) => `${(made = n)} ${filler}\n`)
      .writeToSocket(port(), { serialize: (s: string) => s });
    const run = slots.deploy(job);
    const socket = await eventually(() => sockets[0]);
    await eventually(() => made > 0 && slots.runtimes[0]!.metrics()[0]!.idleMs > 50);
    expect(made).to.be.lessThan(2000);
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    await run.ended();
    await eventually(() => socket.readableEnded);
    expect(
      received
        .split('\n')
        .slice(0, -1)
        .map(line => Number(line.split(' ')[0])),
    ).to.deep.equal(upTo(2000));
  });

  it('fails when nobody listens, or the other side goes', async () => {
    const lonely = new TestingJob();
    const { port: free } = await new Promise<AddressInfo>(resolve => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const address = probe.address() as AddressInfo;
        probe.close(() => resolve(address));
      });
    });
    lonely.elements([1]).writeToSocket(free, String);
    const refused = await slots.run(lonely).then(
      () => '',
      (e: Error) => e.message,
    );
    expect(refused).to.match(/'Wire' has no connection to the socket server at 127\.0\.0\.1:\d+: .*ECONNREFUSED/);

    const left = new TestingJob();
    left.sequence(1, Number.MAX_SAFE_INTEGER).writeToSocket(port(), String);
    const run = slots.deploy(left);
    (await eventually(() => sockets[0])).destroy();
    await run.ended();
    expect(run.states.at(-1)).to.equal('FAILED');
    expect(run.updates.at(-1)!.error!.message).to.contain("'Wire' has no connection to the socket server");
  });

  it('fails for a schema that gives something else', async () => {
    const job = new TestingJob();
    job.elements([1]).writeToSocket(port(), (n: number) => n);
    const failure = await slots.run(job).then(
      () => '',
      (e: Error) => e.message,
    );
    expect(failure).to.contain("The schema of 'Wire' gave a number; a text or bytes are needed");
  });
});
