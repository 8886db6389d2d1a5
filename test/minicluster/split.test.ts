import { expect } from 'chai';
import type { SplitStream } from '../../api/index.js';
import { collected, Locate, runLocally } from './run-locally.js';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('split', () => {
  /** Odd and even, and those by three; seven has no name. */
  const names = (n: number): string[] =>
    n === 7 ? [] : [n % 2 === 0 ? 'even' : 'odd', ...(n % 3 === 0 ? ['by three'] : [])];

  async function selected(parallelism: number, change: (s: SplitStream<number>) => SplitStream<number> = s => s) {
    const got: Record<string, number[]> = { even: [], either: [], three: [], all: [], none: [] };
    await runLocally(
      env => {
        const split = change(env.fromSequence(1, 12).setParallelism(1).split(names));
        split.select('even').addSink(n => void got['even']!.push(n));
        split.select('odd', 'even', 'odd').addSink(n => void got['either']!.push(n));
        split
          .select('by three')
          .keyBy(n => n)
          .map(n => -n)
          .addSink(n => void got['three']!.push(n));
        split.select('no such name').addSink(n => void got['none']!.push(n));
        split.map(n => n).addSink(n => void got['all']!.push(n));
      },
      { 'parallelism.default': String(parallelism) },
    );
    for (const list of Object.values(got)) list.sort((a, b) => a - b);
    return got;
  }

  for (const parallelism of [1, 2]) {
    it(`sends each record once to whoever selected one of its names, at parallelism ${parallelism}`, async () => {
      expect(await selected(parallelism)).to.deep.equal({
        even: [2, 4, 6, 8, 10, 12],
        either: upTo(12).filter(n => n !== 7),
        three: [-12, -9, -6, -3],
        none: [],
        all: upTo(12),
      });
    });
  }

  it('asks the selector once for each record, and takes any iterable', async () => {
    let asked = 0;
    const got = await collected<number>((env, sink) => {
      const split = env.fromSequence(1, 500).split({
        select: n => {
          asked++;
          return new Set([n % 2 === 0 ? 'a' : 'b']);
        },
      });
      sink(split.select('a'));
      sink(split.select('b'));
    });
    expect(asked).to.equal(500);
    expect(got.sort((a, b) => a - b)).to.deep.equal(upTo(500));
  });

  it('gives each way a record of its own', async () => {
    const got = await collected<{ n: number }>((env, sink) => {
      const split = env.fromElements({ n: 1 }).split(() => ['x', 'y']);
      const change = (r: { n: number }): { n: number } => {
        r.n += 10;
        return r;
      };
      for (const stream of [split.select('x'), split.select('y'), split]) sink(stream.map(change));
    });
    expect(got).to.deep.equal([{ n: 11 }, { n: 11 }, { n: 11 }]);
  });

  it('may be split again, and partitioned', async () => {
    const got = await collected<[number, number]>((env, sink) => {
      const even = env.fromSequence(1, 20).setParallelism(1).split(names).select('even');
      sink(
        even
          .split(n => [n > 10 ? 'large' : 'small'])
          .select('large')
          .rebalance()
          .map(new Locate<number>())
          .setParallelism(2),
      );
    });
    expect(got.map(([n]) => n).sort((a, b) => a - b)).to.deep.equal([12, 14, 16, 18, 20]);
  });

  it('fails for a selector that gives no names', async () => {
    const failure = await runLocally(env => {
      env
        .fromElements(1)
        .split((() => 'even') as never)
        .select('even')
        .print();
    }).then(
      () => undefined,
      (e: Error) => e.cause as Error,
    );
    expect(failure?.message).to.match(/The selector of 'Split' returned a string; an array or another iterable/);
  });
});
