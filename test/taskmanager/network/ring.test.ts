import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Frame, FrameKind } from '../../../core/protocol/index.js';
import { OutMessage, RingReader, RingWriter } from '../../../taskmanager/network/byte-ring.js';
import { decodeFrame, encodeFrame, encodeFrameParts } from '../../../taskmanager/network/frame-codec.js';
import { NetworkMemory } from '../../../taskmanager/network/network-memory.js';
import {
  createRingMemory,
  dataRingBytes,
  Gone,
  leave,
  type RingMemory,
  type RingSide,
  ring,
  WORDS_OF,
} from '../../../taskmanager/network/ring-memory.js';
import { RingTransport } from '../../../taskmanager/network/ring-transport.js';
import { eventually } from '../../testing/eventually.js';

const KB = 1024;
const MB = KB * KB;

const bytesOf = (length: number, seed: number): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = seed * 31 + i * 7 + (i >> 8);
  return bytes;
};

describe('a ring of bytes', () => {
  it('is a queue: whatever is put into it, and however far the reader is', () => {
    const action = fc.oneof(
      fc.record({ put: fc.nat(300), body: fc.nat(600) }),
      fc.record({ put: fc.nat(8), body: fc.nat(4) }),
      fc.record({ read: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 10 }),
        fc.array(action, { maxLength: 80 }),
        fc.integer(),
        (bits, actions, start) => {
          const control = new Int32Array(new SharedArrayBuffer(256));
          // Positions run over 2^31 and 2^32 as well.
          control[0] = control[32] = start & ~3;
          const memory = new SharedArrayBuffer(2 ** bits);
          const writer = new RingWriter(control, 0, 32, memory);
          const reader = new RingReader(control, 0, 32, memory);
          const queue: Buffer[] = [];
          const waiting: OutMessage[] = [];
          const read = (): boolean => {
            if (!reader.hasMore) return false;
            const got = reader.next();
            if (got) expect(got.equals(queue.shift()!)).to.equal(true);
            return true;
          };
          const write = (): void => {
            while (waiting[0] && writer.put(waiting[0])) waiting.shift();
            writer.publish();
          };
          for (const [i, a] of actions.entries()) {
            if ('put' in a) {
              const [head, body] = [bytesOf(a.put, i), bytesOf(a.body, i + 1)];
              queue.push(Buffer.concat([head, body]));
              waiting.push(new OutMessage(head, a.body % 3 === 0 && a.body === 0 ? undefined : body));
              write();
            } else for (let n = 0; n < a.read; n++) read();
          }
          while (queue.length > 0) {
            write();
            const before = queue.length;
            while (read());
            // Neither side may wait for the other for ever.
            if (queue.length === before) expect(waiting[0] === undefined || writer.accepts(waiting[0])).to.equal(true);
          }
          expect(reader.hasMore).to.equal(false);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('shows a reader nothing before it is published', () => {
    const control = new Int32Array(new SharedArrayBuffer(256));
    const memory = new SharedArrayBuffer(64);
    const writer = new RingWriter(control, 0, 32, memory);
    const reader = new RingReader(control, 0, 32, memory);
    expect(writer.put(new OutMessage(Buffer.from('abc')))).to.equal(true);
    expect(reader.hasMore).to.equal(false);
    writer.publish();
    expect(String(reader.next())).to.equal('abc');
  });

  it('takes a small part of the network memory, whatever that is', () => {
    expect(dataRingBytes(64 * MB, 2)).to.equal(256 * KB);
    expect(dataRingBytes(4 * MB, 3)).to.equal(256 * KB);
    expect(dataRingBytes(4 * MB, 9)).to.equal(64 * KB);
    expect(dataRingBytes(KB, 64)).to.equal(8 * KB);
    expect(dataRingBytes(32 * MB, 1)).to.equal(256 * KB);
  });
});

it('a batch frame in parts is the frame', () => {
  for (const frame of [
    [FrameKind.DATA, 70_000, 2 ** 32 - 1, Uint8Array.of(1, 2, 3)],
    [FrameKind.DATA, 0, 0, new Uint8Array(0)],
    [FrameKind.EVENT, 3, 4, { type: 'watermark', timestamp: 5 }],
  ] as Frame[]) {
    const [head, body = new Uint8Array(0)] = encodeFrameParts(frame);
    const [kind, channel, sequence, payload] = decodeFrame(Buffer.concat([head, body]));
    const expected = decodeFrame(Buffer.from(encodeFrame(frame)));
    expect([kind, channel, sequence]).to.deep.equal(expected.slice(0, 3));
    if (kind === FrameKind.DATA) expect([...(payload as Uint8Array)]).to.deep.equal([...(expected[3] as Uint8Array)]);
    else expect(payload).to.deep.equal(expected[3]);
  }
});

class End {
  readonly frames: Frame[] = [];
  lost: string | undefined;
  readonly transport: RingTransport;
  readonly share = new NetworkMemory();
  constructor(memory: RingMemory, side: RingSide, onFrame = (_frame: Frame): void => {}) {
    this.transport = new RingTransport(memory, side, { memory: this.share });
    this.transport.listen({
      onFrame: frame => {
        this.frames.push(frame);
        onFrame(frame);
      },
      onLost: reason => {
        this.lost = reason;
      },
    });
  }
}

describe('a transport of two rings', () => {
  const opened: RingTransport[] = [];
  afterEach(() => {
    for (const transport of opened.splice(0)) transport.close();
  });
  const end = (memory: RingMemory, side: RingSide, onFrame?: (frame: Frame) => void): End => {
    const made = new End(memory, side, onFrame);
    opened.push(made.transport);
    return made;
  };
  const pair = (dataBytes = 32 * KB): [producer: End, consumer: End, memory: RingMemory] => {
    const memory = createRingMemory(dataBytes);
    return [end(memory, 'producer'), end(memory, 'consumer'), memory];
  };
  const data = (sequence: number, payload: Uint8Array): Frame => [FrameKind.DATA, 1, sequence, payload];

  it('carries frames both ways at once, in order, also when both rings are full', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.nat(3000)), { maxLength: 60 }),
        fc.constantFrom(64, 1024, 4096),
        async (sends, size) => {
          const memory = { ...createRingMemory(size), back: new SharedArrayBuffer(64) };
          const [producer, consumer] = [end(memory, 'producer'), end(memory, 'consumer')];
          const expected: [number[], number[]] = [[], []];
          for (const [i, [forth, length]] of sends.entries()) {
            (forth ? producer : consumer).transport.send(data(i, bytesOf(length, i)));
            expected[forth ? 0 : 1].push(i);
            if (i % 7 === 0) await new Promise(resolve => setImmediate(resolve));
          }
          await eventually(
            () => consumer.frames.length === expected[0].length && producer.frames.length === expected[1].length,
            { interval: 1 },
          );
          expect(consumer.frames.map(f => f[2])).to.deep.equal(expected[0]);
          expect(producer.frames.map(f => f[2])).to.deep.equal(expected[1]);
          for (const [, , i, payload] of [...consumer.frames, ...producer.frames]) {
            expect(bytesOf((payload as Uint8Array).length, i).equals(payload as Uint8Array)).to.equal(true);
            expect((payload as Uint8Array).length).to.equal(sends[i]![1]);
          }
          expect(producer.transport.waiting + consumer.transport.waiting).to.equal(0);
          producer.transport.close();
          consumer.transport.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps what finds no room on the side of the sender, until the reader has made some', async () => {
    const [producer, consumer] = pair();
    for (let i = 0; i < 100; i++) producer.transport.send(data(i, bytesOf(4 * KB, i)));
    expect(producer.transport.waiting).to.be.within(90, 94);
    await eventually(() => consumer.frames.length === 100);
    expect(producer.transport.waiting).to.equal(0);
  });

  it("counts what waits for room in the sender's share, until it is in the ring or the ring is closed", async () => {
    const [producer, consumer] = pair();
    for (let i = 0; i < 100; i++) producer.transport.send(data(i, bytesOf(4 * KB, i)));
    expect(producer.share.used).to.be.within(90 * 4 * KB, 100 * 4 * KB);
    await eventually(() => consumer.frames.length === 100);
    expect(producer.share.used).to.equal(0);
    for (let i = 0; i < 100; i++) producer.transport.send(data(i, bytesOf(4 * KB, i)));
    expect(producer.share.used).to.be.greaterThan(90 * 4 * KB);
    producer.transport.close();
    expect(producer.share.used).to.equal(0);
    expect(producer.share.peak).to.be.lessThan(101 * 4 * KB);
  });

  it('gives payloads that stay what they are when the ring is written over', async () => {
    const [producer, consumer] = pair();
    for (let i = 0; i < 40; i++) producer.transport.send(data(i, bytesOf(5000, i)));
    await eventually(() => consumer.frames.length === 40);
    for (const [, , i, payload] of consumer.frames) expect(bytesOf(5000, i).equals(payload as Buffer)).to.equal(true);
  });

  it('tells each side that the other closed it, after all that was sent before', async () => {
    for (const closing of [0, 1]) {
      const ends = pair();
      const [closer, other] = closing === 0 ? [ends[0], ends[1]] : [ends[1], ends[0]];
      await new Promise(resolve => setImmediate(resolve));
      for (let i = 0; i < 3; i++) closer.transport.send(data(i, Buffer.from('x')));
      closer.transport.close();
      closer.transport.send(data(3, Buffer.from('late')));
      await eventually(() => other.lost);
      expect(other.lost).to.equal('the connection was closed');
      expect(other.frames.map(f => f[2])).to.deep.equal([0, 1, 2]);
      expect(closer.lost).to.equal(undefined);
    }
  });

  it('is lost for both when its memory holds what is no frame', async () => {
    const [producer, consumer, memory] = pair();
    await new Promise(resolve => setImmediate(resolve));
    const control = new Int32Array(memory.control);
    const writer = new RingWriter(control, WORDS_OF.producer.head, WORDS_OF.consumer.tail, memory.data);
    writer.put(new OutMessage(Buffer.from([1, 2, 3])));
    writer.publish();
    ring(control, WORDS_OF.consumer);
    await eventually(() => consumer.lost && producer.lost);
    expect(consumer.lost).to.contain('what is no frame');
    expect(producer.lost).to.equal('the connection was closed');
  });

  describe('between two threads', () => {
    const workers: Worker[] = [];
    afterEach(async () => {
      for (const worker of workers.splice(0)) await worker.terminate();
    });
    async function peer(memory: RingMemory, side: RingSide): Promise<Worker> {
      const worker = new Worker(new URL('./ring-peer.mjs', import.meta.url), { workerData: { memory, side } });
      workers.push(worker);
      await once(worker, 'message');
      return worker;
    }

    it('loses, doubles and changes nothing', async () => {
      const memory = createRingMemory(32 * KB);
      const hashes: string[] = [];
      const consumer = end(memory, 'consumer', frame =>
        hashes.push(
          createHash('md5')
            .update(frame[3] as Uint8Array)
            .digest('hex'),
        ),
      );
      await peer(memory, 'producer');
      const sent: string[] = [];
      for (let i = 0; i < 3000; i++) {
        const payload = randomBytes(i % 100 === 0 ? 50_000 : i % 300);
        sent.push(createHash('md5').update(payload).digest('hex'));
        consumer.transport.send(data(i, payload));
        // At times the other side has gone to sleep, at times it has not.
        if (i % 50 === 0) await new Promise(resolve => setTimeout(resolve, i % 3));
      }
      await eventually(() => hashes.length === sent.length);
      expect(hashes).to.deep.equal(sent);
      expect(consumer.frames.map(f => f[2])).to.deep.equal(sent.map((_, i) => i));
    });

    it('wakes a side that sleeps, each time', async () => {
      const memory = createRingMemory(32 * KB);
      const consumer = end(memory, 'consumer');
      await peer(memory, 'producer');
      for (let i = 0; i < 500; i++) {
        consumer.transport.send([FrameKind.CREDIT, 1, i, 5]);
        await eventually(() => consumer.frames.length === i + 1, { interval: 0 });
      }
    });

    it('passes a record of 50 MB', async () => {
      const memory = createRingMemory(256 * KB);
      const consumer = end(memory, 'consumer');
      await peer(memory, 'producer');
      const large = randomBytes(50 * MB);
      consumer.transport.send(data(0, large));
      consumer.transport.send(data(1, Buffer.from('after')));
      await eventually(() => consumer.frames.length === 2);
      expect(large.equals(consumer.frames[0]![3] as Buffer)).to.equal(true);
    });

    it('hears of a thread that ended, from whoever watches threads, when all that it sent was read', async () => {
      const memory = createRingMemory(32 * KB);
      const consumer = end(memory, 'consumer');
      const worker = await peer(memory, 'producer');
      worker.once('exit', () => leave(new Int32Array(memory.control), 'producer', Gone.DIED));
      for (let i = 0; i < 10; i++) consumer.transport.send(data(i, Buffer.from('x')));
      consumer.transport.send([FrameKind.EVENT, 1, 10, 'throw']);
      await eventually(() => consumer.lost);
      expect(consumer.lost).to.equal('the thread of its slot ended');
      expect(consumer.frames).to.have.length(10);
    });

    it('a thread can be ended while it waits on a ring', async () => {
      const worker = await peer(createRingMemory(32 * KB), 'producer');
      expect(await worker.terminate()).to.equal(1);
    });
  });
});
