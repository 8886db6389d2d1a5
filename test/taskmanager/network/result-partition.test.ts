import { expect } from 'chai';
import type { LatencyMarker, ResultPartitionDescriptor } from '../../../core/protocol/index.js';
import { countOf } from '../../../core/types/index.js';
import { NetworkMemory } from '../../../taskmanager/network/network-memory.js';
import { ResultPartition } from '../../../taskmanager/network/result-partition.js';
import { eventually } from '../../testing/eventually.js';

const EDGE = {
  ...{ id: 'e', source: 'a', sourceOperator: 'a', target: 'b', targetOperator: 'b', inputIndex: 0 },
  ordinal: 0,
  partitioner: 'forward',
} as const;

function partitionTo(consumers: number, bufferTimeout: number, isIdle: () => boolean): ResultPartition {
  const descriptor: ResultPartitionDescriptor = {
    edge: { ...EDGE, bufferTimeout },
    partitionId: 'p',
    consumers: Array.from({ length: consumers }, (_, i) => ({ subtask: i, subpartition: i })),
    consumerParallelism: consumers,
    consumerMaxParallelism: 128,
  };
  return new ResultPartition({
    descriptor,
    edgeName: 'x',
    memory: new NetworkMemory(),
    onWritable: () => {},
    isIdle,
    onLayoutChanged: () => {},
  });
}

/** Milliseconds until one record of a task that is idle, or not, can be polled. */
async function delayOfOneRecord(bufferTimeout: number, isIdle: () => boolean): Promise<number> {
  const partition = partitionTo(1, bufferTimeout, isIdle);
  const subpartition = partition.subpartition(0)!;
  const arrived = new Promise<number>(resolve => {
    subpartition.attach({ onAvailable: () => resolve(performance.now()), onFailed: () => {} });
  });
  const began = performance.now();
  partition.collect('record', Number.NaN);
  const delay = (await arrived) - began;
  expect(subpartition.poll()).to.deep.include({ kind: 'data' });
  partition.end();
  return delay;
}

describe('a result partition', () => {
  it('keeps the records of a busy task for the whole buffer timeout', async () => {
    expect(await delayOfOneRecord(150, () => false)).to.be.greaterThan(140);
  });

  describe('that gets a latency marker', () => {
    const marker = (markedAt: number): LatencyMarker => ({ markedAt, operatorId: 'o', subtaskIndex: 0 });
    /** What has left, batches as their sizes, markers as their times. */
    function left(partition: ResultPartition, channel = 0): unknown[] {
      const elements: unknown[] = [];
      for (let e = partition.subpartition(channel)!.poll(); e; e = partition.subpartition(channel)!.poll()) {
        if (e.kind === 'data') elements.push(`${countOf(e.batch)} records`);
        else elements.push(e.kind === 'event' && e.event.type === 'latencyMarker' ? e.event.marker.markedAt : e);
      }
      return elements;
    }

    it('lets it go with the rows before it, not earlier', () => {
      const partition = partitionTo(1, -1, () => false);
      for (let i = 0; i < 3; i++) partition.collect(`record ${i}`, Number.NaN);
      partition.emitLatencyMarker(marker(7));
      expect(left(partition)).to.deep.equal([]);
      partition.flush();
      expect(left(partition)).to.deep.equal(['3 records', 7]);
      expect(partition.recordsOut).to.equal(3);
    });

    it('lets it go with the columns before it, and before a watermark', () => {
      const partition = partitionTo(1, -1, () => false);
      for (let i = 0; i < 256; i++) partition.collect(`record ${i}`, Number.NaN);
      partition.flush();
      left(partition);
      const writer = partition.columns.writers[0]!;
      (writer.c0 as string[])[writer.n++] = 'text';
      partition.columns.onLimit(0);
      partition.emitLatencyMarker(marker(8));
      (writer.c0 as string[])[writer.n++] = 'text';
      expect(left(partition)).to.deep.equal([]);
      partition.emitWatermark(9);
      expect(left(partition)).to.deep.equal([
        '2 records',
        8,
        { kind: 'event', event: { type: 'watermark', timestamp: 9 } },
      ]);
    });

    it('lets it go alone after the buffer timeout, at once where that is 0', async () => {
      const partition = partitionTo(1, 5, () => true);
      partition.emitLatencyMarker(marker(1));
      await eventually(() => partition.subpartition(0)!.peek());
      expect(left(partition)).to.deep.equal([1]);
      const immediate = partitionTo(1, 0, () => true);
      immediate.emitLatencyMarker(marker(2));
      expect(left(immediate)).to.deep.equal([2]);
    });

    it('gives it to its consumers in turn', () => {
      const partition = partitionTo(2, 0, () => true);
      for (const time of [1, 2, 3]) partition.emitLatencyMarker(marker(time));
      expect([left(partition, 0), left(partition, 1)]).to.deep.equal([[1, 3], [2]]);
    });
  });

  it('lets the records of an idle task go long before', async () => {
    expect(await delayOfOneRecord(5000, () => true)).to.be.lessThan(2500);
  });
});
