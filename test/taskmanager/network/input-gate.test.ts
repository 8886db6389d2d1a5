import { expect } from 'chai';
import { RowBatch } from '../../../core/types/index.js';
import type { ChannelListener, InputChannel } from '../../../taskmanager/network/input-channel.js';
import { InputGate } from '../../../taskmanager/network/input-gate.js';
import type { PartitionElement } from '../../../taskmanager/network/partition-element.js';
import { WatermarkValve } from '../../../taskmanager/network/watermark-valve.js';
import type { Collector } from '../../../taskmanager/operators/operator.js';

class TestingChannel implements InputChannel {
  readonly queue: PartitionElement[] = [];
  listener!: ChannelListener;
  readonly batchesInFlight = 3;
  limit: number | undefined;
  closed = false;
  limitBatches(records: number): void {
    this.limit = records;
  }
  open(listener: ChannelListener): void {
    this.listener = listener;
  }
  poll(): PartitionElement | undefined {
    return this.queue.shift();
  }
  close(): void {
    this.closed = true;
  }
  push(...elements: PartitionElement[]): void {
    this.queue.push(...elements);
    this.listener.onAvailable();
  }
}

const data = (...records: unknown[]): PartitionElement => ({
  kind: 'data',
  batch: new RowBatch(records, undefined, 1),
});
const watermark = (timestamp: number): PartitionElement => ({ kind: 'event', event: { type: 'watermark', timestamp } });

describe('an input gate', () => {
  let events: string[];
  const collector = (): Collector => ({
    collect: () => {},
    emitWatermark: t => void events.push(`watermark ${t}`),
    emitStatus: i => void events.push(`idle ${i}`),
    emitLatencyMarker: m => void events.push(`marker ${m.markedAt}`),
  });
  function gateOf(...channels: TestingChannel[]): InputGate {
    events = [];
    const gate = new InputGate(
      channels.map(channel => ({ channel, input: 0 })),
      () => {},
    );
    gate.start([collector()]);
    return gate;
  }

  it('hands on latency markers in their place between batches', () => {
    const a = new TestingChannel();
    const gate = gateOf(a);
    const marker = (markedAt: number): PartitionElement => ({
      kind: 'event',
      event: { type: 'latencyMarker', marker: { markedAt, operatorId: 'o', subtaskIndex: 0 } },
    });
    a.push(data(1), marker(5), data(2), marker(6));
    gate.next();
    expect(events).to.deep.equal([]);
    gate.next();
    expect(events).to.deep.equal(['marker 5']);
    gate.next();
    expect(events).to.deep.equal(['marker 5', 'marker 6']);
  });

  it('asks the channels that have not ended for smaller batches', () => {
    const [a, b] = [new TestingChannel(), new TestingChannel()];
    const gate = gateOf(a, b);
    expect(gate.batchesInFlight).to.equal(6);
    b.push({ kind: 'end' });
    expect(gate.next()).to.equal(undefined);
    expect(gate.batchesInFlight).to.equal(3);
    gate.limitBatches(5);
    expect([a.limit, b.limit]).to.deep.equal([5, undefined]);
  });

  it('takes turns between channels, however much one has', () => {
    const [a, b] = [new TestingChannel(), new TestingChannel()];
    const gate = gateOf(a, b);
    a.push(data('a1'), data('a2'), data('a3'));
    b.push(data('b1'), data('b2'));
    const taken = Array.from({ length: 5 }, () => (gate.next()!.batch as RowBatch).records[0]);
    expect(taken).to.deep.equal(['a1', 'b1', 'a2', 'b2', 'a3']);
    expect(gate.next()).to.equal(undefined);
    expect(gate.isFinished).to.equal(false);
  });

  it('is finished when all channels have ended and were read', () => {
    const [a, b] = [new TestingChannel(), new TestingChannel()];
    const gate = gateOf(a, b);
    a.push({ kind: 'end' });
    b.push(data('b1'), { kind: 'end' });
    expect((gate.next()!.batch as RowBatch).records).to.deep.equal(['b1']);
    expect(gate.isFinished).to.equal(false);
    expect(gate.next()).to.equal(undefined);
    expect(gate.isFinished).to.equal(true);
  });

  it('gives watermarks in their place between batches', () => {
    const a = new TestingChannel();
    const gate = gateOf(a);
    a.push(data(1), watermark(10), data(2));
    gate.next();
    expect(events).to.deep.equal([]);
    gate.next();
    expect(events).to.deep.equal(['watermark 10']);
  });

  it('throws the failure of a channel, and closes all', () => {
    const [a, b] = [new TestingChannel(), new TestingChannel()];
    const gate = gateOf(a, b);
    b.listener.onFailed(new Error('lost'));
    expect(() => gate.next()).to.throw('lost');
    gate.close();
    expect([a.closed, b.closed]).to.deep.equal([true, true]);
  });

  it('an ended channel holds the watermark back no longer', () => {
    const [a, b] = [new TestingChannel(), new TestingChannel()];
    const gate = gateOf(a, b);
    a.push(watermark(7));
    gate.next();
    expect(events).to.deep.equal([]);
    b.push({ kind: 'end' });
    gate.next();
    expect(events).to.deep.equal(['watermark 7']);
  });
});

describe('the watermark of several channels', () => {
  function valve(channels: number): { valve: WatermarkValve; events: string[] } {
    const events: string[] = [];
    const made = new WatermarkValve(channels, {
      emitWatermark: t => void events.push(`w${t}`),
      emitStatus: i => void events.push(i ? 'idle' : 'active'),
    });
    return { valve: made, events };
  }

  it('is the least of them, and never goes back', () => {
    const { valve: v, events } = valve(2);
    v.watermark(0, 5);
    v.watermark(1, 3);
    v.watermark(1, 2);
    v.watermark(1, 9);
    v.watermark(0, 7);
    expect(events).to.deep.equal(['w3', 'w5', 'w7']);
  });

  it('does not wait for idle channels, and not for one that woke up before it has caught up', () => {
    const { valve: v, events } = valve(2);
    v.watermark(0, 5);
    v.status(1, true);
    v.watermark(0, 6);
    v.status(1, false);
    v.watermark(0, 10);
    v.watermark(1, 8);
    expect(events).to.deep.equal(['w5', 'w6', 'w10']);
    v.watermark(1, 11);
    v.watermark(0, 15);
    v.watermark(1, 12);
    expect(events.slice(3)).to.deep.equal(['w11', 'w12']);
  });

  it('waits again at once for one that was ahead while it was idle', () => {
    const { valve: v, events } = valve(2);
    v.watermark(0, 5);
    v.watermark(1, 8);
    v.status(1, true);
    v.watermark(0, 7);
    v.status(1, false);
    v.watermark(0, 20);
    expect(events).to.deep.equal(['w5', 'w7', 'w8']);
  });

  it('is idle when all are', () => {
    const { valve: v, events } = valve(2);
    v.watermark(0, 5);
    v.watermark(1, 4);
    v.status(0, true);
    v.status(1, true);
    v.status(0, false);
    expect(events).to.deep.equal(['w4', 'w5', 'idle', 'active']);
  });
});
