import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { WebSocket, WebSocketServer } from 'ws';
import { MillraceError } from '../../../core/errors.js';
import { silentLogger } from '../../../core/logging.js';
import { type Frame, FrameKind, type ResultPartitionDescriptor } from '../../../core/protocol/index.js';
import { authenticateClient, authenticateServer, listenOnFirstFree, openSocket } from '../../../core/rpc/index.js';
import { decodeBatch, encodeBatch, RowBatch } from '../../../core/types/index.js';
import { DataClient } from '../../../taskmanager/network/data-client.js';
import { DataServer } from '../../../taskmanager/network/data-server.js';
import { decodeFrame, encodeFrame } from '../../../taskmanager/network/frame-codec.js';
import type { InputChannel } from '../../../taskmanager/network/input-channel.js';
import { NetworkMemory } from '../../../taskmanager/network/network-memory.js';
import { PartitionRegistry } from '../../../taskmanager/network/partition-registry.js';
import { ResultPartition } from '../../../taskmanager/network/result-partition.js';
import { dialSocket, READY } from '../../../taskmanager/network/socket-transport.js';
import { eventually } from '../../testing/eventually.js';

const SECRET = 'the secret';

function partitionOf(partitionId: string, bufferTimeout = -1, writable = (): void => {}): ResultPartition {
  const edge = {
    id: 'e',
    source: 'a',
    sourceOperator: 'a',
    target: 'b',
    targetOperator: 'b',
    inputIndex: 0,
    ordinal: 0,
    partitioner: 'forward',
    bufferTimeout,
  } as const;
  const descriptor: ResultPartitionDescriptor = {
    edge,
    partitionId,
    consumers: [{ subtask: 0, subpartition: 0 }],
    consumerParallelism: 1,
    consumerMaxParallelism: 128,
  };
  return new ResultPartition({
    descriptor,
    edgeName: 'x',
    memory: new NetworkMemory(),
    onWritable: writable,
    isIdle: () => true,
    onLayoutChanged: () => {},
  });
}

/** Sends a batch of one record. */
function send(partition: ResultPartition, record: unknown): void {
  partition.collect(record, Number.NaN);
  partition.flush();
}

describe('a data server', () => {
  let registry: PartitionRegistry;
  let server: DataServer;
  let memory: NetworkMemory;
  const sockets: WebSocket[] = [];

  beforeEach(async () => {
    registry = new PartitionRegistry(200);
    memory = new NetworkMemory();
    server = await DataServer.listen({
      host: '127.0.0.1',
      port: 0,
      secret: SECRET,
      id: 's',
      registry,
      memory,
      logger: silentLogger,
    });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await server.close();
    registry.close();
  });

  async function connect(secret = SECRET): Promise<{ socket: WebSocket; frames: Frame[]; send(frame: Frame): void }> {
    const socket = await openSocket('127.0.0.1', server.port, 1000);
    sockets.push(socket);
    socket.on('error', () => {});
    await authenticateClient(socket, secret, { role: 'slot', id: 'c' });
    const frames: Frame[] = [];
    await new Promise<void>((resolve, reject) => {
      socket.on('message', (data, isBinary) => {
        if (isBinary) frames.push(decodeFrame(data as Buffer));
        else if (String(data) === READY) resolve();
      });
      socket.on('close', () => reject(new Error('closed')));
    });
    return { socket, frames, send: frame => socket.send(encodeFrame(frame)) };
  }
  const open = (partitionId: string, credits: number, channel = 0): Frame => [
    FrameKind.OPEN,
    channel,
    0,
    { partitionId, subpartition: 0, credits },
  ];
  const kinds = (frames: Frame[]): number[] => frames.map(f => f[0]);

  it('sends a batch for a credit, events and the end without, all in order', async () => {
    const partition = partitionOf('p');
    registry.add(partition);
    const client = await connect();
    for (const x of [1, 2, 3]) send(partition, x);
    partition.emitWatermark(5);
    partition.end();
    client.send(open('p', 2));
    await eventually(() => client.frames.length === 2);
    client.send([FrameKind.CREDIT, 0, 0, 1]);
    await eventually(() => client.frames.length === 5);
    expect(kinds(client.frames)).to.deep.equal([
      FrameKind.DATA,
      FrameKind.DATA,
      FrameKind.DATA,
      FrameKind.EVENT,
      FrameKind.END,
    ]);
    expect(client.frames.map(f => f[2])).to.deep.equal([0, 1, 2, 3, 4]);
    expect(client.frames.slice(0, 3).flatMap(f => (decodeBatch(f[3] as Uint8Array) as RowBatch).records)).to.deep.equal(
      [1, 2, 3],
    );
    expect(client.frames[3]![3]).to.deep.equal({ type: 'watermark', timestamp: 5 });
  });

  it('holds its producer back while a consumer gives no credit, and lets it go on after', async () => {
    let writable = 0;
    const partition = partitionOf('p', -1, () => writable++);
    registry.add(partition);
    const client = await connect();
    client.send(open('p', 1));
    await eventually(() => partition.subpartition(0)!.hasReader);
    for (let x = 0; x < 10 && partition.isWritable; x++) send(partition, x);
    await eventually(() => client.frames.length === 1);
    for (let x = 0; x < 10 && partition.isWritable; x++) send(partition, x);
    expect(partition.isWritable).to.equal(false);
    client.send([FrameKind.CREDIT, 0, 0, 8]);
    await eventually(() => partition.isWritable);
    expect(writable).to.be.greaterThan(0);
  });

  it('keeps a consumer that comes early until its producer is there', async () => {
    const client = await connect();
    client.send(open('p', 2));
    await eventually(() => server.connectionCount === 1);
    const partition = partitionOf('p');
    send(partition, 'x');
    registry.add(partition);
    await eventually(() => client.frames.length === 1);
    expect(client.frames[0]![0]).to.equal(FrameKind.DATA);
  });

  it('tells a consumer whose producer never comes, and one that comes after a failure', async () => {
    const client = await connect();
    client.send(open('nobody', 2));
    await eventually(() => client.frames.length === 1);
    expect(client.frames[0]).to.deep.include.members([FrameKind.ERROR, 0]);
    expect((client.frames[0]![3] as Error).message).to.contain('partition nobody was deployed here within 200 ms');
    const failed = partitionOf('failed');
    failed.fail(new MillraceError('TASK_FAILED', 'it broke'));
    registry.add(failed);
    client.send(open('failed', 2, 1));
    await eventually(() => client.frames.length === 2);
    expect((client.frames[1]![3] as Error).message).to.equal('it broke');
  });

  it('gives a subpartition to one consumer only', async () => {
    registry.add(partitionOf('p'));
    const client = await connect();
    client.send(open('p', 1, 0));
    client.send(open('p', 1, 1));
    await eventually(() => client.frames.length === 1);
    expect(client.frames[0]!.slice(0, 2)).to.deep.equal([FrameKind.ERROR, 1]);
  });

  it('says so to who asks for what was consumed already', async () => {
    const partition = partitionOf('p');
    registry.add(partition);
    const client = await connect();
    client.send(open('p', 1, 0));
    client.send([FrameKind.CLOSE, 0, 0, null]);
    await partition.consumed;
    client.send(open('p', 1, 1));
    await eventually(() => client.frames.length === 1);
    expect(client.frames[0]!.slice(0, 2)).to.deep.equal([FrameKind.ERROR, 1]);
  });

  it('takes a consumer that closes, or is lost, for done', async () => {
    const [closed, lost] = [partitionOf('closed'), partitionOf('lost')];
    registry.add(closed);
    registry.add(lost);
    const client = await connect();
    client.send(open('closed', 1, 0));
    client.send(open('lost', 1, 1));
    await eventually(() => lost.subpartition(0)!.hasReader);
    client.send([FrameKind.CLOSE, 0, 0, null]);
    await closed.consumed;
    client.socket.terminate();
    await lost.consumed;
    for (let x = 0; x < 100; x++) send(lost, x);
    expect(lost.isWritable).to.equal(true);
  });

  it('counts what waits in a socket, until the consumer reads it or is lost', async () => {
    const partition = partitionOf('p');
    registry.add(partition);
    const client = await connect();
    client.send(open('p', 8));
    await eventually(() => partition.subpartition(0)!.hasReader);
    client.socket.pause();
    const large = 'x'.repeat(8 * 1024 ** 2);
    for (let i = 0; i < 2; i++) send(partition, large);
    expect(memory.used).to.be.greaterThan(large.length);
    client.socket.resume();
    await eventually(() => client.frames.length === 2);
    await eventually(() => memory.used === 0);
    client.socket.pause();
    for (let i = 0; i < 2; i++) send(partition, large);
    expect(memory.used).to.be.greaterThan(large.length);
    client.socket.terminate();
    await eventually(() => server.connectionCount === 0);
    expect(memory.used).to.equal(0);
  });

  it('refuses a wrong secret and what is no frame', async () => {
    const refused = await connect('another').then(
      () => 'connected',
      (e: MillraceError) => e.code,
    );
    expect(refused).to.equal('AUTHENTICATION_FAILED');
    const client = await connect();
    const closed = new Promise(resolve => client.socket.once('close', resolve));
    client.socket.send(Buffer.from([1, 2, 3]));
    await closed;
    await eventually(() => server.connectionCount === 0);
  });
});

describe('a data client', () => {
  let producer: WebSocketServer;
  let client: DataClient;
  let accepted: WebSocket | undefined;
  let received: Frame[];
  const memory = new NetworkMemory();
  const clientWith = (secret: string): DataClient =>
    new DataClient(({ producer: at }) => dialSocket(at, { secret, id: 'c' }), memory);

  beforeEach(async () => {
    received = [];
    accepted = undefined;
    producer = await listenOnFirstFree('127.0.0.1', 0, { host: 'host', port: 'port' });
    producer.on('connection', async socket => {
      socket.on('error', () => {});
      try {
        await authenticateServer(socket, SECRET, { role: 'slot', id: 'p' });
      } catch {
        return;
      }
      socket.on('message', data => received.push(decodeFrame(data as Buffer)));
      socket.send(READY);
      accepted = socket;
    });
    client = clientWith(SECRET);
  });
  afterEach(async () => {
    client.close();
    for (const socket of producer.clients) socket.terminate();
    await new Promise(resolve => producer.close(resolve));
    expect(memory.used).to.equal(0);
  });

  const port = (): number => (producer.address() as AddressInfo).port;
  function channel(
    credits = 4,
    at = port(),
    from = client,
  ): { channel: InputChannel; failure: Promise<MillraceError>; available: () => number } {
    const made = from.channel(
      {
        partitionId: 'x/e',
        producerSubtask: 2,
        subpartition: 0,
        producer: { host: '127.0.0.1', port: at },
        sameSlot: false,
        sameTaskManager: false,
      },
      credits,
    );
    let available = 0;
    const failure = new Promise<MillraceError>(resolve => {
      made.open({ onAvailable: () => available++, onFailed: e => resolve(e as MillraceError) });
    });
    return { channel: made, failure, available: () => available };
  }
  const data = (records: unknown[]): Uint8Array => encodeBatch(new RowBatch(records, undefined, 10));
  const reply = (frame: Frame): void => accepted!.send(encodeFrame(frame));

  it('opens its channels over one socket, and returns credits for what was taken', async () => {
    const [a, b] = [channel(), channel()];
    await eventually(() => received.length === 2);
    expect(producer.clients.size).to.equal(1);
    expect(received[0]).to.deep.equal([FrameKind.OPEN, 0, 0, { partitionId: 'x/e', subpartition: 0, credits: 4 }]);
    for (let i = 0; i < 4; i++) reply([FrameKind.DATA, 1, i, data([i])]);
    await eventually(() => b.available() === 4);
    expect(a.available()).to.equal(0);
    expect(received.length).to.equal(2);
    for (let i = 0; i < 4; i++) expect(b.channel.poll()).to.deep.include({ kind: 'data' });
    await eventually(() => received.length === 4);
    expect(received.slice(2)).to.deep.equal([
      [FrameKind.CREDIT, 1, 0, 2],
      [FrameKind.CREDIT, 1, 0, 2],
    ]);
    a.channel.close();
    b.channel.close();
    await eventually(() => producer.clients.size === 0);
  });

  it('lets the producer go when the end has come, before it was read', async () => {
    const a = channel();
    await eventually(() => received.length === 1);
    reply([FrameKind.DATA, 0, 0, data(['last'])]);
    reply([FrameKind.END, 0, 1, null]);
    await eventually(() => received.some(f => f[0] === FrameKind.CLOSE));
    expect(a.channel.poll()).to.have.nested.property('batch.records').that.deep.equals(['last']);
    expect(a.channel.poll()).to.deep.equal({ kind: 'end' });
    expect(client.connectionCount).to.equal(0);
  });

  it('names the producer that is lost', async () => {
    const a = channel();
    await eventually(() => received.length === 1);
    accepted!.terminate();
    const error = await a.failure;
    expect(error.code).to.equal('TASK_MANAGER_LOST');
    expect(error.message).to.contain(`subtask 3 at 127.0.0.1:${port()}`);
  });

  it('names a producer that nobody answers for, and one that refuses the secret', async () => {
    const spare = await listenOnFirstFree('127.0.0.1', 0, { host: 'host', port: 'port' });
    const gone = (spare.address() as AddressInfo).port;
    await new Promise(resolve => spare.close(resolve));
    const unreachable = await channel(4, gone).failure;
    expect(unreachable.message).to.contain(`127.0.0.1:${gone}`);
    const stranger = clientWith('another');
    const refused = await channel(4, port(), stranger).failure;
    expect(refused.message).to.contain('secret');
    expect(received).to.deep.equal([]);
  });

  it('fails on a gap in the sequence', async () => {
    const a = channel();
    await eventually(() => received.length === 1);
    reply([FrameKind.DATA, 0, 0, data([0])]);
    reply([FrameKind.DATA, 0, 2, data([2])]);
    expect((await a.failure).message).to.contain('2 came instead of 1');
    a.channel.close();
  });

  it("hands on the producer's own error as the cause", async () => {
    const a = channel();
    await eventually(() => received.length === 1);
    reply([FrameKind.ERROR, 0, 0, { name: 'RangeError', message: 'too far' }]);
    const error = await a.failure;
    expect((error.cause as Error).message).to.equal('too far');
  });
});
