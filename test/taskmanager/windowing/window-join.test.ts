import { expect } from 'chai';
import {
  type Collector,
  CountTrigger,
  Duration,
  EventTimeSessionWindows,
  type Evictor,
  type FlatJoinFunction,
  type GlobalWindow,
  GlobalWindows,
  MillraceError,
  RichCoGroupFunction,
  type SourceFunction,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
} from '../../../api/index.js';
import { TestingProgramJob } from '../testing-program-job.js';
import { TestingSlots } from '../testing-slots.js';

type Rec = [key: string, time: number, id: number];

const SIZE = 10;
const windows = () => TumblingEventTimeWindows.of(Duration.ofMillis(SIZE));
const keyOf = (record: Rec): string => record[0];

/** All records at once; the end of the input ends event time. */
const play = (records: Rec[]): SourceFunction<Rec> => ({
  async run(ctx): Promise<void> {
    for (const record of records) await ctx.collectWithTimestamp(record, record[1]);
  },
  cancel: () => {},
});

/** From a seed, so that each run is the same. */
function randomRecords(seed: number, count: number): Rec[] {
  let state = seed;
  const next = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
  return Array.from({ length: count }, (_, i): Rec => [`k${next(4)}`, next(60), i]);
}

for (const interpreted of [true, false]) {
  describe(`joins by windows, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let slots: TestingSlots;
    beforeEach(async () => {
      slots = await TestingSlots.start(2, { interpreted });
    });
    afterEach(() => slots.close());

    async function run(
      build: (env: StreamExecutionEnvironment, seen: string[]) => void,
      parallelism = 1,
    ): Promise<string[]> {
      const seen: string[] = [];
      await slots.run(new TestingProgramJob(env => build(env, seen)), { parallelism });
      return seen.sort();
    }

    it('pair all records of a key and window, whatever the parallelism', async () => {
      const [left, right] = [randomRecords(1, 120), randomRecords(2, 90)];
      const expected = left.flatMap(a =>
        right
          .filter(b => a[0] === b[0] && Math.floor(a[1] / SIZE) === Math.floor(b[1] / SIZE))
          .map(b => `${a[2]} ${b[2]}`),
      );
      for (const parallelism of [1, 2]) {
        const pairs = await run((env, seen) => {
          env
            .addSource(play(left))
            .join(env.addSource(play(right)))
            .where(keyOf)
            .equalTo(keyOf)
            .window(windows())
            .apply((a, b) => `${a[2]} ${b[2]}`)
            .addSink(text => void seen.push(text));
        }, parallelism);
        expect(pairs).to.deep.equal(expected.sort());
      }
    });

    it('take any number of results of a pair, and wait for promises, one pair after the other', async () => {
      let running = 0;
      class Twice implements FlatJoinFunction<Rec, Rec, string> {
        async join(a: Rec, b: Rec, out: Collector<string>): Promise<void> {
          expect(++running).to.equal(1);
          await new Promise(resolve => setImmediate(resolve));
          running--;
          out.collect(`${a[2]} ${b[2]}`);
          out.collect(`${b[2]} ${a[2]}`);
        }
      }
      const records = (ids: number[]): Rec[] => ids.map(id => ['x', 1, id]);
      const seen = await run((env, into) => {
        env
          .addSource(play(records([1, 2])))
          .join(env.addSource(play(records([3, 4, 5]))))
          .where(keyOf)
          .equalTo(keyOf)
          .window(windows())
          .apply(new Twice())
          .addSink(text => void into.push(text));
      });
      const pairs = [1, 2].flatMap(a => [3, 4, 5].flatMap(b => [`${a} ${b}`, `${b} ${a}`]));
      expect(seen).to.deep.equal(pairs.sort());
    });

    it('show coGroup also what has no partner, and open its function', async () => {
      class Both extends RichCoGroupFunction<Rec, Rec, string> {
        private subtask = -1;
        override open(): void {
          this.subtask = this.getRuntimeContext().getIndexOfThisSubtask();
        }
        coGroup(first: Iterable<Rec>, second: Iterable<Rec>, out: Collector<string>): void {
          const ids = (records: Iterable<Rec>): string => [...records].map(r => r[2]).join(',');
          out.collect(`${ids(first)}|${ids(second)} in ${this.subtask}`);
        }
      }
      const seen = await run((env, into) => {
        env
          .addSource(
            play([
              ['x', 1, 1],
              ['x', 2, 2],
              ['x', 31, 3],
            ]),
          )
          .coGroup(
            env.addSource(
              play([
                ['x', 5, 4],
                ['y', 5, 5],
              ]),
            ),
          )
          .where(keyOf)
          .equalTo(keyOf)
          .window(windows())
          .apply(new Both())
          .addSink(text => void into.push(text));
      });
      expect(seen).to.deep.equal(['1,2|4 in 0', '3| in 0', '|5 in 0']);
    });

    it('merge sessions of both streams, whose gaps the records themselves may say', async () => {
      const seen = await run((env, into) => {
        env
          .addSource(
            play([
              ['x', 1, 3],
              ['x', 20, 3],
            ]),
          )
          .join(
            env.addSource(
              play([
                ['x', 4, 17],
                ['x', 60, 1],
              ]),
            ),
          )
          .where(keyOf)
          .equalTo(keyOf)
          .window(EventTimeSessionWindows.withDynamicGap((record: Rec) => record[2]))
          .apply((a, b) => `${a[1]} ${b[1]}`)
          .addSink(text => void into.push(text));
      });
      expect(seen).to.deep.equal(['1 4', '20 4']);
    });

    it('let triggers and evictors see the records as they are', async () => {
      const withoutFirst: Evictor<Rec, GlobalWindow> = {
        evictBefore(elements) {
          for (const element of elements) if (element.getValue()[2] === 1) elements.remove(element);
        },
        evictAfter() {},
      };
      const seen = await run((env, into) => {
        env
          .fromElements<Rec>(['x', 0, 1], ['x', 0, 100])
          .join(env.fromElements<Rec>(['x', 0, 101]))
          .where(keyOf)
          .equalTo(keyOf)
          .window(GlobalWindows.create())
          .trigger(CountTrigger.of(3))
          .evictor(withoutFirst)
          .apply((a, b) => `${a[2]} ${b[2]}`)
          .addSink(text => void into.push(text));
      });
      expect(seen).to.deep.equal(['100 101']);
    });
  });
}

describe('joins by windows', () => {
  it('refuse what is no stream, no key, no assigner or no function', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const a = env.fromElements<Rec>(['x', 1, 1]);
    const other = StreamExecutionEnvironment.createLocalEnvironment().fromElements<Rec>(['x', 1, 1]);
    expect(() => a.join(other)).to.throw(MillraceError, /Cannot join streams of different execution environments/);
    expect(() => a.coGroup(1 as never)).to.throw(/coGroup needs a stream/);
    expect(() =>
      a
        .join(a)
        .where(1.5 as never)
        .equalTo(undefined as never),
    ).to.throw(/equalTo needs a function/);
    const both = a.join(a).where(keyOf).equalTo(keyOf);
    expect(() => both.window(undefined as never)).to.throw(/window needs a WindowAssigner/);
    expect(() => both.window(windows()).trigger(1 as never)).to.throw(/trigger needs a Trigger/);
    expect(() => both.window(windows()).evictor(1 as never)).to.throw(/evictor needs an Evictor/);
    expect(() => both.window(windows()).apply({} as never)).to.throw(/an object with 'join'; what it got has none/);
    expect(() => both.window(EventTimeSessionWindows.withGap(Duration.ofMillis(1))).trigger(NEVER_MERGES)).to.throw(
      /cannot be used with a trigger that does not support merging/,
    );
  });
});

const NEVER_MERGES = { onElement: () => 0, canMerge: () => false } as never;
