import { expect } from 'chai';
import type { MillraceError } from '../../core/errors.js';
import { NetworkMemory } from '../../taskmanager/network/network-memory.js';
import { exposedGc, HeapWatch } from '../../taskmanager/slots/heap-watch.js';

const MB = 1024 ** 2;

describe("a slot's heap", () => {
  function watch(afterCollection: (used: number) => number): {
    at(mb: number): void;
    errors: MillraceError[];
    collections: () => number;
  } {
    const errors: MillraceError[] = [];
    let used = 0;
    let collections = 0;
    const heap = new HeapWatch({
      index: 1,
      limit: 100 * MB,
      processMemory: 512 * MB,
      onExceeded: e => errors.push(e),
      measure: () => used,
      collectGarbage: () => {
        collections++;
        used = afterCollection(used);
      },
    });
    heap.close();
    return {
      at: mb => {
        used = mb * MB;
        heap.check();
      },
      errors,
      collections: () => collections,
    };
  }

  it('may be full of garbage', () => {
    const { at, errors, collections } = watch(() => 30 * MB);
    for (const mb of [80, 90, 99, 90]) at(mb);
    expect(collections()).to.equal(3);
    expect(errors).to.deep.equal([]);
  });

  it('fails the job when it is live beyond 85 %, with figures and the knob', () => {
    const { at, errors } = watch(used => used - MB);
    at(84);
    expect(errors).to.deep.equal([]);
    at(90);
    expect(errors[0]!.code).to.equal('OUT_OF_MEMORY');
    expect(errors[0]!.message).to.match(
      /^Slot 1 holds 89 MB .* 85 % .* 100 MB\. Raise -tm \(taskmanager\.memory\.process\.size, now 512 MB\)/,
    );
  });

  it('collects garbage in a thread that was started without a flag for it', () => {
    const before = process.memoryUsage().heapUsed;
    let waste: unknown[] | undefined = Array.from({ length: 300_000 }, (_, i) => ({ i }));
    const full = process.memoryUsage().heapUsed;
    expect(waste.length).to.equal(300_000);
    waste = undefined;
    exposedGc()();
    expect(process.memoryUsage().heapUsed - before).to.be.lessThan((full - before) / 2);
  });
});

describe('network memory', () => {
  it('gives few credits and small batches where the share is small', () => {
    const large = new NetworkMemory(64 * MB);
    expect([large.creditsFor(4), large.batchBytes]).to.deep.equal([16, 64 * 1024]);
    const small = new NetworkMemory(MB);
    expect(small.creditsFor(8)).to.equal(2);
    small.fitBatches(64);
    expect(small.batchBytes).to.equal(4096);
  });

  it('tells when more than the share is in use, again for each eighth more, and anew after it was kept', () => {
    const told: number[] = [];
    const memory = new NetworkMemory(8 * MB, () => told.push(memory.used / MB));
    const take = (mb: number): void => {
      memory.take(mb * MB);
      memory.check();
    };
    for (const mb of [8, 0.5, 0.2, 0.3, 0.5, 1]) take(mb);
    expect(told).to.deep.equal([8.5, 9.5, 10.5]);
    memory.give(9 * MB);
    take(1);
    take(6);
    expect(told).to.deep.equal([8.5, 9.5, 10.5, 8.5]);
  });

  it('halves its batches when memory is short, down to a bound', () => {
    const memory = new NetworkMemory();
    for (let i = 0; i < 10; i++) memory.shed();
    expect(memory.batchBytes).to.equal(8 * 1024);
  });
});
