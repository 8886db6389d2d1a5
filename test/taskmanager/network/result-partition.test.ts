import { expect } from 'chai';
import type { ResultPartitionDescriptor } from '../../../core/protocol/index.js';
import { NetworkMemory } from '../../../taskmanager/network/network-memory.js';
import { ResultPartition } from '../../../taskmanager/network/result-partition.js';

const EDGE = {
  ...{ id: 'e', source: 'a', sourceOperator: 'a', target: 'b', targetOperator: 'b', inputIndex: 0 },
  partitioner: 'forward',
} as const;

/** Milliseconds until one record of a task that is idle, or not, can be polled. */
async function delayOfOneRecord(bufferTimeout: number, isIdle: () => boolean): Promise<number> {
  const descriptor: ResultPartitionDescriptor = {
    edge: { ...EDGE, bufferTimeout },
    partitionId: 'p',
    consumers: [{ subtask: 0, subpartition: 0 }],
    consumerParallelism: 1,
    consumerMaxParallelism: 128,
  };
  const memory = new NetworkMemory();
  const partition = new ResultPartition({
    descriptor,
    edgeName: 'x',
    memory,
    onWritable: () => {},
    isIdle,
    onLayoutChanged: () => {},
  });
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

  it('lets the records of an idle task go long before', async () => {
    expect(await delayOfOneRecord(5000, () => true)).to.be.lessThan(2500);
  });
});
