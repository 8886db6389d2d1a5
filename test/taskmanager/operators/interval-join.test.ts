import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Collector,
  Duration,
  MapStateDescriptor,
  MillraceError,
  OutputTag,
  type ProcessJoinFunction,
  type SourceFunction,
  StreamExecutionEnvironment,
  TimeCharacteristic,
  Watermark,
} from '../../../api/index.js';
import { intervalJoin } from '../../../taskmanager/operators/interval-join.js';
import type { OperatorContext } from '../../../taskmanager/operators/operator.js';
import { KeyContext } from '../../../taskmanager/state/key-context.js';
import { KeyedStates } from '../../../taskmanager/state/keyed-states.js';
import { TestingProgramJob } from '../testing-program-job.js';
import { TestingSlots } from '../testing-slots.js';

type Rec = [key: string, time: number, id: number];
type Step = { side: 0 | 1; key: string; time: number } | { side: 0 | 1; watermark: number };

const MAX = Number.MAX_SAFE_INTEGER;
const MIN = Number.MIN_SAFE_INTEGER;
const pairText = (a: Rec, b: Rec, at: number): string => `${a} | ${b} @${at}`;

/** The operator by itself: records and watermarks of both sides come in the order of the steps. */
function run(steps: Step[], lower: number, upper: number): { pairs: string[]; late: string[]; kept: number } {
  const pairs: string[] = [];
  const late: string[] = [];
  const states = new KeyedStates(new KeyContext(), Date.now);
  const collector = (into: string[]) => ({
    takesCopies: true,
    collect: (record: unknown) => void into.push(String(record)),
    emitWatermark() {},
    emitStatus() {},
    emitLatencyMarker() {},
  });
  const keyOf = (record: unknown): unknown => (record as Rec)[0];
  const context = {
    task: { position: { current: 0, cursor: 0 }, whenRoom: () => undefined, processingTime: { now: Date.now } },
    operator: { name: 'Interval Join' },
    index: 0,
    functions: {
      keySelectors: [keyOf, keyOf],
      function: (a: Rec, b: Rec, ctx: ProcessJoinFunction.Context, out: Collector<string>) => {
        expect([ctx.getLeftTimestamp(), ctx.getRightTimestamp()]).to.deep.equal([a[1], b[1]]);
        out.collect(pairText(a, b, ctx.getTimestamp()));
      },
    },
    output: collector(pairs),
    sideOutputs: new Map([['late', collector(late)]]),
    states,
  } as unknown as OperatorContext;
  const { inputs } = intervalJoin(context, {
    kind: 'interval-join',
    lower,
    upper,
    leftLate: 'late',
    rightLate: 'late',
  });
  for (const [id, step] of steps.entries()) {
    const input = inputs[step.side];
    if ('watermark' in step) input.emitWatermark(step.watermark);
    else input.collect([step.key, step.time, id] satisfies Rec, step.time);
  }
  let kept = 0;
  for (const side of ['left', 'right']) {
    states.forEachSlot(new MapStateDescriptor<number, unknown>(`interval-join/${side}`), 0, () => kept++);
  }
  return { pairs, late, kept };
}

/** As one would say it: every two records in time of equal keys, if neither was late when it came. */
function model(steps: Step[], lower: number, upper: number): { pairs: string[]; late: string[] } {
  const watermarks = [MIN, MIN];
  const seen: Array<{ side: number; record: Rec }> = [];
  const pairs: string[] = [];
  const late: string[] = [];
  for (const [id, step] of steps.entries()) {
    if ('watermark' in step) {
      watermarks[step.side] = Math.max(watermarks[step.side]!, step.watermark);
      continue;
    }
    const record: Rec = [step.key, step.time, id];
    if (step.time < Math.min(...watermarks)) {
      late.push(String(record));
      continue;
    }
    for (const other of seen) {
      if (other.side === step.side || other.record[0] !== step.key) continue;
      const [a, b] = step.side === 0 ? [record, other.record] : [other.record, record];
      if (a[1] + lower <= b[1] && b[1] <= a[1] + upper) pairs.push(pairText(a, b, Math.max(a[1], b[1])));
    }
    seen.push({ side: step.side, record });
  }
  return { pairs, late };
}

describe('an interval join', () => {
  const side = fc.constantFrom<0 | 1>(0, 1);
  const record = fc.record({ side, key: fc.constantFrom('x', 'y'), time: fc.integer({ min: 0, max: 40 }) });
  const watermark = fc.record({ side, watermark: fc.integer({ min: 0, max: 40 }) });
  const steps = fc.array(fc.oneof({ weight: 4, arbitrary: record }, { weight: 1, arbitrary: watermark }), {
    maxLength: 60,
  });
  const bound = fc.integer({ min: -12, max: 12 });

  it('pairs all records of equal keys that fit, each pair once, and none that is late', () => {
    fc.assert(
      fc.property(steps, bound, bound, (given, one, other) => {
        const [lower, upper] = [Math.min(one, other), Math.max(one, other)];
        // The watermark of a side never goes back.
        const last = [MIN, MIN];
        const rising = given.map(
          (step): Step =>
            'watermark' in step
              ? { ...step, watermark: (last[step.side] = Math.max(last[step.side]!, step.watermark)) }
              : step,
        );
        const { pairs, late } = run(rising, lower, upper);
        const expected = model(rising, lower, upper);
        expect(pairs.sort()).to.deep.equal(expected.pairs.sort());
        expect(late).to.deep.equal(expected.late);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps a record for as long as one that fits may come, and no longer', () => {
    const at = (watermark: number): Step[] => [
      { side: 0, watermark },
      { side: 1, watermark },
    ];
    const left: Step = { side: 0, key: 'x', time: 10 };
    const right: Step = { side: 1, key: 'x', time: 10 };
    expect(run([left, ...at(14)], -3, 5).kept).to.equal(1);
    expect(run([left, ...at(15)], -3, 5).kept).to.equal(0);
    expect(run([right, ...at(12)], -3, 5).kept).to.equal(1);
    expect(run([right, ...at(13)], -3, 5).kept).to.equal(0);
    expect(run([left, right, ...at(10)], 5, 8).kept).to.equal(1);
    expect(run([left, right, ...at(MAX)], -3, 5).kept).to.equal(0);
  });

  it('refuses what is no interval, another time than event time, and streams without keys', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const numbers = env.fromElements(1).keyBy(n => n);
    const join = (lower: number, upper: number) =>
      numbers.intervalJoin(numbers).between(Duration.ofMillis(lower), Duration.ofMillis(upper));
    expect(() => join(2, 1).process(() => {})).to.throw(
      MillraceError,
      /No pair can be between 2 ms and 1 ms: lower bound <= upper bound/,
    );
    expect(() =>
      join(1, 1)
        .lowerBoundExclusive()
        .process(() => {}),
    ).to.throw(/between 1 ms \(exclusive\) and 1 ms/);
    expect(() => join(1, 1).process(() => {})).to.not.throw();
    expect(() => numbers.intervalJoin(env.fromElements(1) as never)).to.throw(/needs a keyed stream/);
    env.setStreamTimeCharacteristic(TimeCharacteristic.ProcessingTime);
    expect(() => join(1, 2)).to.throw(/only supported in event time/);
  });
});

for (const interpreted of [true, false]) {
  describe(`an interval join in a job, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let slots: TestingSlots;
    beforeEach(async () => {
      slots = await TestingSlots.start(1, { interpreted });
    });
    afterEach(() => slots.close());

    const play = (...steps: Array<Rec | number>): SourceFunction<Rec> => ({
      async run(ctx): Promise<void> {
        for (const step of steps) {
          if (typeof step === 'number') ctx.emitWatermark(new Watermark(step));
          else await ctx.collectWithTimestamp(step, step[1]);
        }
      },
      cancel: () => {},
    });
    const keyOf = (record: Rec): string => record[0];

    it('gives results the later timestamp, has side outputs, and leaves bounds out that are exclusive', async () => {
      const seen: string[] = [];
      const TAG = new OutputTag<string>('aside');
      await slots.run(
        new TestingProgramJob(env => {
          const a = env.addSource(play(['x', 10, 1], ['x', 20, 2])).keyBy(keyOf);
          const b = env.addSource(play(['x', 8, 3], ['x', 9, 4], ['x', 21, 5], ['x', 22, 6])).keyBy(keyOf);
          const joined = a
            .intervalJoin(b)
            .between(Duration.ofMillis(-2), Duration.ofMillis(2))
            .lowerBoundExclusive()
            .upperBoundExclusive()
            .process((left, right, ctx, out: Collector<string>) => {
              out.collect(`${left[2]} ${right[2]}`);
              ctx.output(TAG, `aside ${right[2]}`);
            });
          const see = (text: string, ctx: { timestamp(): number | null }, out: Collector<never>): void => {
            seen.push(`${text} @${ctx.timestamp()}`);
            void out;
          };
          joined.process(see);
          joined.getSideOutput(TAG).process(see);
        }),
      );
      expect(seen.sort()).to.deep.equal(['1 4 @10', '2 5 @21', 'aside 4 @10', 'aside 5 @21']);
    });

    it('waits for promises of its function, one pair after the other', async () => {
      const seen: string[] = [];
      let running = 0;
      await slots.run(
        new TestingProgramJob(env => {
          const a = env.addSource(play(...Array.from({ length: 20 }, (_, i): Rec => ['x', 10, i]))).keyBy(keyOf);
          const b = env.addSource(play(...Array.from({ length: 20 }, (_, i): Rec => ['x', 11, i]))).keyBy(keyOf);
          a.intervalJoin(b)
            .between(Duration.ofMillis(0), Duration.ofMillis(5))
            .process(async (left, right, _ctx, out: Collector<string>) => {
              expect(++running).to.equal(1);
              await new Promise(resolve => setImmediate(resolve));
              running--;
              out.collect(`${left[2]} ${right[2]}`);
            })
            .addSink(text => void seen.push(text));
        }),
      );
      expect(new Set(seen).size).to.equal(400);
      expect(seen.length).to.equal(400);
    });

    it('does not let who comes next change what it keeps', async () => {
      const seen: number[] = [];
      await slots.run(
        new TestingProgramJob(env => {
          const a = env.addSource(play(['x', 10, 1])).keyBy(keyOf);
          const b = env.addSource(play(['x', 11, 1], ['x', 12, 2])).keyBy(keyOf);
          a.intervalJoin(b)
            .between(Duration.ofMillis(0), Duration.ofMillis(5))
            .process((left, _right, _ctx, out: Collector<Rec>) => out.collect(left))
            .addSink(record => void seen.push(++record[2]));
        }),
      );
      expect(seen).to.deep.equal([2, 2]);
    });

    it('says what is wrong with records that have no timestamps', async () => {
      const failure = await slots
        .run(
          new TestingProgramJob(env => {
            const a = env.fromElements<Rec>(['x', 1, 1]).keyBy(keyOf);
            a.intervalJoin(a)
              .between(Duration.ofMillis(0), Duration.ofMillis(5))
              .process(() => {})
              .print();
          }),
        )
        .then(
          () => 'no failure',
          (error: Error) => error.message,
        );
      expect(failure).to.match(/'Interval Join' .*has no timestamp: .*put assignTimestampsAndWatermarks before it/);
    });
  });
}
