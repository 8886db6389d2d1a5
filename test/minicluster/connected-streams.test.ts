import { expect } from 'chai';
import { type Collector, RichCoFlatMapFunction } from '../../api/index.js';
import { collected } from './run-locally.js';

type Pair = [string, number];

/** Keeps in its fields what each key has had: fields belong to one subtask. */
class Meet extends RichCoFlatMapFunction<Pair, { key: string; n: number }, string> {
  private readonly sums = new Map<string, [number, number]>();

  flatMap1([key, n]: Pair, _out: Collector<string>): void {
    this.sumsOf(key)[0] += n;
  }

  flatMap2(record: { key: string; n: number }): void {
    this.sumsOf(record.key)[1] += record.n;
  }

  override close(): void {
    for (const [key, sums] of this.sums)
      met.push(`${key} ${sums} in ${this.getRuntimeContext().getIndexOfThisSubtask()}`);
  }

  private sumsOf(key: string): [number, number] {
    let sums = this.sums.get(key);
    if (!sums) this.sums.set(key, (sums = [0, 0]));
    return sums;
  }
}
let met: string[] = [];

describe('connected streams', () => {
  beforeEach(() => {
    met = [];
  });

  it('bring equal keys of both to one subtask', async () => {
    await collected<string>(
      (env, sink) => {
        const pairs = env.fromSequence(0, 999).map((i): Pair => [`key ${i % 20}`, 1]);
        const objects = env.fromSequence(0, 499).map(i => ({ n: 1, key: `key ${i % 20}` }));
        const connected = pairs.connect(objects);
        sink(
          connected
            .keyBy(
              p => p[0],
              o => o.key,
            )
            .flatMap(new Meet())
            .setParallelism(3),
        );
      },
      { 'parallelism.default': '2' },
    );
    expect(met).to.have.length(20);
    for (const line of met) expect(line).to.match(/^key \d+ 50,25 in \d$/);
    expect(new Set(met.map(line => line.at(-1))).size).to.equal(3);
  });

  it('may be two ways of one stream', async () => {
    const records = await collected<string>((env, sink) => {
      const s = env.fromSequence(1, 3);
      sink(s.connect(s.map(n => n * 10)).map({ map1: n => `first ${n}`, map2: n => `second ${n}` }));
    });
    expect(records.sort()).to.deep.equal(['first 1', 'first 2', 'first 3', 'second 10', 'second 20', 'second 30']);
  });

  it('emit by an iterable and by a collector alike', async () => {
    const f = {
      flatMap1: (n: number, out: Collector<number>): void => out.collect(n),
      flatMap2: (n: number, out: Collector<number>): void => {
        out.collect(-n);
        out.collect(-n);
      },
    };
    const records = await collected<number>((env, sink) => {
      sink(env.fromSequence(1, 2).connect(env.fromSequence(1, 2)).flatMap(f));
    });
    expect(records.sort((a, b) => a - b)).to.deep.equal([-2, -2, -1, -1, 1, 2]);
  });
});
