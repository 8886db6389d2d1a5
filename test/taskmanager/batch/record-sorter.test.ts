import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { RowBatch } from '../../../core/types/index.js';
import { RecordSorter } from '../../../taskmanager/batch/record-sorter.js';
import { SpillFile } from '../../../taskmanager/batch/spill-file.js';
import { KeySlots } from '../../../taskmanager/state/key-slots.js';
import { tempDir } from '../../testing/temp-dir.js';
import { filesHeld } from './spilled.js';

interface Entry {
  key: unknown;
  time: number;
  order: number;
}

function batchesOf(entries: readonly Entry[], size: number): RowBatch[] {
  const batches: RowBatch[] = [];
  for (let i = 0; i < entries.length; i += size) {
    const part = entries.slice(i, i + size);
    batches.push(
      new RowBatch(
        part,
        Float64Array.from(part, e => e.time),
        part.length * 10,
      ),
    );
  }
  return batches;
}

function sort(entries: readonly Entry[], memory: number, batch = 7): { sorted: Entry[]; spilled: number } {
  const folder = tempDir('millrace-sorter-');
  const sorter = new RecordSorter({ keyOf: r => (r as Entry).key, folder, memory, types: undefined });
  try {
    for (const b of batchesOf(entries, batch)) sorter.add(b);
    // Each time it works no longer than for the next look at the clock.
    while (!sorter.prepare(0)) expect(sorter.spilled).to.be.greaterThan(0);
    const { spilled } = sorter;
    const cursor = sorter.sorted();
    const sorted: Entry[] = [];
    while (cursor.advance()) sorted.push(cursor.record as Entry);
    return { sorted, spilled };
  } finally {
    sorter.close();
    expect(readdirSync(folder)).to.deep.equal([]);
    expect(filesHeld(folder) ?? 0).to.equal(0);
  }
}

/** By what operators take for one key: equal ones side by side, by time within, as they came where times are equal. */
function check(entries: readonly Entry[], sorted: readonly Entry[]): void {
  const slots = new KeySlots();
  const of = (list: readonly Entry[]): Map<number, Entry[]> => {
    const groups = new Map<number, Entry[]>();
    for (const e of list) {
      const slot = slots.slotOf(e.key);
      groups.set(slot, [...(groups.get(slot) ?? []), e]);
    }
    return groups;
  };
  const runs = sorted.filter((e, i) => i === 0 || slots.slotOf(e.key) !== slots.slotOf(sorted[i - 1]!.key));
  const groups = of(sorted);
  expect(runs).to.have.length(groups.size);
  const time = (e: Entry): number => (Number.isNaN(e.time) ? Number.NEGATIVE_INFINITY : e.time);
  for (const [slot, group] of of(entries)) {
    const expected = group.toSorted((a, b) => (time(a) === time(b) ? a.order - b.order : time(a) < time(b) ? -1 : 1));
    expect(groups.get(slot)!.map(e => e.order)).to.deep.equal(expected.map(e => e.order));
  }
}

describe('records sorted by key', () => {
  const keys = fc.oneof(
    fc.integer({ min: 0, max: 5 }),
    // Of one hash, and equal in JavaScript's eyes or not.
    fc.constantFrom<unknown>(0, -0, Number.NaN, 'Aa', 'BB', 'AaAa', 'BBBB', 'AaBB', 2112, true, 1n, -0.5, new Date(5)),
    fc.tuple(fc.constantFrom('Aa', 'BB'), fc.integer({ min: 0, max: 1 })),
    fc.record({ a: fc.integer({ min: 0, max: 1 }), b: fc.constantFrom('Aa', 'BB') }),
  );
  const entry = fc.record({ key: keys, time: fc.constantFrom(1, 2, 3, Number.NaN) });

  it('stand side by side, by time and arrival within, whatever finds room in memory', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 200 }), fc.constantFrom(1, 2000, 20_000, 1e9), (made, memory) => {
        const entries = made.map((e, order) => ({ ...e, order }));
        const { sorted, spilled } = sort(entries, memory);
        check(entries, sorted);
        expect(spilled > 0).to.equal(entries.length * 140 >= memory);
      }),
      { numRuns: 60 },
    );
  });

  it('are merged in several passes where there are many runs', () => {
    const entries = Array.from({ length: 3_000 }, (_, order) => ({
      key: (order * 7919) % 101,
      time: order % 3,
      order,
    }));
    const { sorted, spilled } = sort(entries, 1, 10);
    check(entries, sorted);
    expect(spilled).to.be.greaterThan(0);
  });

  it('are refused by folder and key where there is none for their file', () => {
    const missing = join(tempDir(), 'missing');
    expect(() => new SpillFile(missing)).to.throw(/A file can not be made in .*missing.*ENOENT.*io\.tmp\.dirs/);
  });
});
