import { expect } from 'chai';
import { type DataStream, Types } from '../../api/index.js';
import { hashDoubleKey, keyGroupOf, subtaskOfKeyGroup } from '../../core/graph/index.js';
import { collected, Locate } from './run-locally.js';

type Located = [number, number];

/** By record, the subtasks of the next operator that it came to. */
async function subtasks(
  records: number,
  change: (s: DataStream<number>) => DataStream<number>,
  parallelism: number,
  upstream = 1,
): Promise<Map<number, number[]>> {
  const located = await collected<Located>((env, sink) => {
    const source = env.fromSequence(0, records - 1).setParallelism(upstream);
    sink(change(source).map(new Locate<number>()).setParallelism(parallelism));
  });
  const found = new Map<number, number[]>();
  for (const [record, subtask] of located) found.set(record, [...(found.get(record) ?? []), subtask].sort());
  return found;
}

const all = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('a partitioner', () => {
  it('broadcast: every record to every subtask', async () => {
    const found = await subtasks(600, s => s.broadcast(), 3);
    expect(found.size).to.equal(600);
    for (const at of found.values()) expect(at).to.deep.equal([0, 1, 2]);
  });

  it('global: every record to the first', async () => {
    const found = await subtasks(600, s => s.global(), 3);
    expect([...found.values()]).to.deep.equal(all(600).map(() => [0]));
  });

  it('shuffle: each record to one, all of them in use', async () => {
    const found = await subtasks(600, s => s.shuffle(), 3);
    expect([...found.values()].every(at => at.length === 1)).to.equal(true);
    expect(new Set([...found.values()].flat())).to.deep.equal(new Set([0, 1, 2]));
  });

  it('rebalance: one after the other, whatever parallelism the producer has', async () => {
    for (const upstream of [1, 2]) {
      const found = await subtasks(600, s => s.rebalance(), 3, upstream);
      const counts = all(3).map(i => [...found.values()].filter(at => at[0] === i).length);
      expect(counts).to.deep.equal([200, 200, 200]);
    }
  });

  it('rescale: each producer has its own few consumers, and begins with the first', async () => {
    const wider = await subtasks(8, s => s.rescale(), 4, 2);
    expect(all(8).map(i => wider.get(i)![0])).to.deep.equal([0, 1, 0, 1, 2, 3, 2, 3]);
    const uneven = await subtasks(8, s => s.rescale(), 3, 2);
    expect(all(8).map(i => uneven.get(i)![0])).to.deep.equal([0, 1, 0, 1, 2, 2, 2, 2]);
    const narrower = await subtasks(9, s => s.rescale(), 2, 3);
    expect(all(9).map(i => narrower.get(i)![0])).to.deep.equal([0, 0, 0, 1, 1, 1, 1, 1, 1]);
  });

  it('custom: the author decides, by a key or by an object with `partition`', async () => {
    const found = await subtasks(
      600,
      s =>
        s.partitionCustom(
          (key: number, n) => (key * 7 + 3) % n,
          r => r + 1,
        ),
      3,
    );
    for (const [record, at] of found) expect(at).to.deep.equal([((record + 1) * 7 + 3) % 3]);
    const last = await subtasks(600, s => s.partitionCustom({ partition: (_: number, n) => n - 1 }, r => r), 3);
    expect([...last.values()]).to.deep.equal(all(600).map(() => [2]));
  });

  it('custom: is asked once for each record, whatever the records look like', async () => {
    let asked = 0;
    const located = await collected<[unknown, number]>((env, sink) => {
      const records = env.fromSequence(0, 1999).map((n): unknown => (n % 700 === 699 ? `odd ${n}` : [n, n / 2]));
      const partitioned = records.partitionCustom(
        (key: number, n) => {
          asked++;
          return key % n;
        },
        r => (Array.isArray(r) ? (r[0] as number) : 699),
      );
      sink(partitioned.map(new Locate<unknown>()).setParallelism(3));
    });
    expect(asked).to.equal(2000);
    expect(located).to.have.length(2000);
    for (const [r, subtask] of located) expect(subtask).to.equal((Array.isArray(r) ? r[0] : 699) % 3);
  });

  it('custom: fails the job with what it gave, also after many records', async () => {
    const failure = await subtasks(
      2000,
      s =>
        s.partitionCustom(
          (key: number) => (key === 1900 ? 3 : 0),
          r => r,
        ),
      3,
    ).then(
      () => undefined,
      (e: Error) => e.cause as Error,
    );
    expect(failure?.message).to.contain('The partitioner returned 3; a whole number from 0 to 2 is needed.');
  });

  it('keyBy with Types.DOUBLE: as Flink hashes doubles, also those that are whole', async () => {
    const found = await subtasks(600, s => s.keyBy(r => r / 2, Types.DOUBLE), 3);
    const expected = (key: number): number => subtaskOfKeyGroup(keyGroupOf(hashDoubleKey(key), 128), 3, 128);
    for (const [record, at] of found) expect(at, `key ${record / 2}`).to.deep.equal([expected(record / 2)]);
    const asIntegers = await subtasks(600, s => s.keyBy(r => r), 3);
    const asDoubles = await subtasks(600, s => s.keyBy(r => r, Types.DOUBLE), 3);
    expect(asDoubles).not.to.deep.equal(asIntegers);
  });

  it('keeps the functions of each edge apart where streams meet', async () => {
    const located = await collected<Located>((env, sink) => {
      const small = env.fromSequence(0, 299).partitionCustom(
        (key: number, n) => key % n,
        r => r,
      );
      const large = env.fromSequence(1000, 1299).partitionCustom(
        (_, n) => n - 1,
        r => r,
      );
      sink(small.union(large).map(new Locate<number>()).setParallelism(3));
    });
    expect(located).to.have.length(600);
    for (const [record, subtask] of located) expect(subtask).to.equal(record < 1000 ? record % 3 : 2);
  });
});
