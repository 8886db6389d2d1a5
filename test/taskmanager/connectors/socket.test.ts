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
