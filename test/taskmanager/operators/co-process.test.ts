import { expect } from 'chai';
import {
  type Collector,
  CoProcessFunction,
  type DataStream,
  KeyedCoProcessFunction,
  MillraceError,
  OutputTag,
  type SourceContext,
  type SourceFunction,
  StreamExecutionEnvironment,
  Watermark,
} from '../../../api/index.js';
import { eventually } from '../../testing/eventually.js';
import { TestingProgramJob } from '../testing-program-job.js';
import { TestingSlots } from '../testing-slots.js';

type Keyed = [key: string, timestamp: number];
/** A record, a watermark, or something to wait for. */
type Step = Keyed | number | (() => unknown);

const script = (...steps: Step[]): SourceFunction<Keyed> => ({
  async run(ctx: SourceContext<Keyed>): Promise<void> {
    for (const step of steps) {
      if (typeof step === 'number') ctx.emitWatermark(new Watermark(step));
      else if (typeof step === 'function') await eventually(step);
      else await ctx.collectWithTimestamp(step, step[1]);
    }
  },
  cancel: () => {},
});

const MAX = Number.MAX_SAFE_INTEGER;
const NONE = Number.MIN_SAFE_INTEGER;
const SIDE = new OutputTag<string>('side');

for (const interpreted of [true, false]) {
  describe(`a process function of two streams, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let slots: TestingSlots;
    let seen: string[];
    beforeEach(async () => {
      seen = [];
      slots = await TestingSlots.start(1, { interpreted });
    });
    afterEach(() => slots.close());

    const see = (stream: DataStream<string>): void => void stream.addSink(text => void seen.push(text));
    const saw = (text: string) => (): boolean => seen.includes(text);
    const run = (build: (env: StreamExecutionEnvironment) => void): Promise<unknown> =>
      slots.run(new TestingProgramJob(build));
    /** Enough records before those of a test that its task is compiled. */
    const WARM_UP = Array.from({ length: 400 }, (_, i): Keyed => [`warm${i % 3}`, i - 1000]);
    const isWarmUp = ([key]: Keyed): boolean => key.startsWith('warm');

    it('hands on the records of each with time, key and watermark, and lets them share fields', async () => {
      class Both extends KeyedCoProcessFunction<string, Keyed, Keyed, string> {
        private count = 0;
        processElement1(r: Keyed, ctx: KeyedCoProcessFunction.Context<string>, out: Collector<string>): void {
          if (!isWarmUp(r)) this.tell('first', ctx, out);
        }
        processElement2(r: Keyed, ctx: KeyedCoProcessFunction.Context<string>, out: Collector<string>): void {
          if (!isWarmUp(r)) this.tell('second', ctx, out);
        }
        private tell(what: string, ctx: KeyedCoProcessFunction.Context<string>, out: Collector<string>): void {
          const time = ctx.timerService().currentWatermark();
          out.collect(
            `${what} ${ctx.getCurrentKey()} ${ctx.timestamp()} ${time === NONE ? 'none' : time} #${++this.count}`,
          );
        }
      }
      await run(env => {
        const a = env.addSource(script(...WARM_UP, ['x', 5], 7, () => seen.length === 2, ['x', 9]));
        const b = env.addSource(script(...WARM_UP, saw('first x 5 none #1'), ['y', 4], 6, saw('first x 9 6 #3')));
        see(
          a
            .keyBy(r => r[0])
            .connect(b.keyBy(r => r[0]))
            .process(new Both()),
        );
      });
      expect(seen).to.deep.equal(['first x 5 none #1', 'second y 4 none #2', 'first x 9 6 #3']);
    });

    it('fires timers of either when both watermarks have come to them, and those of a key of both once', async () => {
      class Timers extends KeyedCoProcessFunction<string, Keyed, Keyed, string> {
        processElement1(r: Keyed, ctx: KeyedCoProcessFunction.Context<string>): void {
          ctx.timerService().registerEventTimeTimer(r[1] + 10);
        }
        processElement2(r: Keyed, ctx: KeyedCoProcessFunction.Context<string>, out: Collector<string>): void {
          ctx.timerService().registerEventTimeTimer(r[1] + 10);
          out.collect(`got ${r[0]}`);
        }
        override onTimer(
          time: number,
          ctx: KeyedCoProcessFunction.OnTimerContext<string>,
          out: Collector<string>,
        ): void {
          out.collect(
            `${ctx.getCurrentKey()} ${time} ${ctx.timeDomain()} ${ctx.timerService().currentWatermark() === MAX}`,
          );
        }
      }
      await run(env => {
        const a = env.addSource(script(['x', 5], ['y', 3], 100, saw('x 15 EVENT_TIME false')));
        const b = env.addSource(script(['x', 5], saw('got x'), ['z', 1000], saw('got z'), 15));
        const keyOf = (r: Keyed): string => r[0];
        see(a.connect(b).keyBy(keyOf, keyOf).process(new Timers()));
      });
      expect(seen.filter(s => !s.startsWith('got'))).to.deep.equal([
        'y 13 EVENT_TIME false',
        'x 15 EVENT_TIME false',
        'z 1010 EVENT_TIME true',
      ]);
    });

    it('has side outputs for both, and works without keys', async () => {
      class Sides extends CoProcessFunction<Keyed, Keyed, string> {
        processElement1(r: Keyed, ctx: CoProcessFunction.Context, out: Collector<string>): void {
          out.collect(`main ${r[0]}`);
          ctx.output(SIDE, `side of first ${r[0]}`);
        }
        processElement2(r: Keyed, ctx: CoProcessFunction.Context): void {
          ctx.output(SIDE, `side of second ${r[0]}`);
        }
      }
      await run(env => {
        const both = env
          .addSource(script(['x', 1]))
          .connect(env.addSource(script(['y', 2])))
          .process(new Sides());
        see(both);
        see(both.getSideOutput(SIDE));
      });
      expect(seen.sort()).to.deep.equal(['main x', 'side of first x', 'side of second y']);
    });

    it('takes nothing from either stream while a promise of a timer is pending', async () => {
      let release: (() => void) | undefined;
      class Slow extends KeyedCoProcessFunction<string, Keyed, Keyed, string> {
        processElement1(r: Keyed, ctx: KeyedCoProcessFunction.Context<string>, out: Collector<string>): void {
          ctx.timerService().registerEventTimeTimer(r[1]);
          out.collect(`first ${r[1]}`);
        }
        processElement2(r: Keyed, _ctx: KeyedCoProcessFunction.Context<string>, out: Collector<string>): void {
          out.collect(`second ${r[1]}`);
        }
        override async onTimer(
          time: number,
          _ctx: KeyedCoProcessFunction.OnTimerContext<string>,
          out: Collector<string>,
        ): Promise<void> {
          if (time === 1) {
            seen.push('waits');
            await new Promise<void>(resolve => {
              release = resolve;
            });
          }
          out.collect(`timer ${time}`);
        }
      }
      let sent = false;
      const running = run(env => {
        const sends = (): boolean => {
          sent = true;
          return true;
        };
        const a = env.addSource(script(['x', 1], ['x', 2], 5, saw('waits'), ['x', 3], sends));
        const b = env.addSource(script(saw('first 2'), 5, saw('waits'), ['x', 4], 6, ['x', 7]));
        const keyOf = (r: Keyed): string => r[0];
        see(a.connect(b).keyBy(keyOf, keyOf).process(new Slow()));
      });
      void running.catch(() => {});
      await eventually(() => release !== undefined && sent);
      expect(seen).to.deep.equal(['first 1', 'first 2', 'waits']);
      release!();
      await running;
      expect(seen.slice(0, 5)).to.deep.equal(['first 1', 'first 2', 'waits', 'timer 1', 'timer 2']);
      expect(seen.slice(5).sort()).to.deep.equal(['first 3', 'second 4', 'second 7', 'timer 3']);
    });
  });
}

describe('a process function of two streams', () => {
  it('is refused where it wants keys and there are none', () => {
    class WantsKeys extends KeyedCoProcessFunction<string, number, number, string> {
      processElement1(): void {}
      processElement2(): void {}
    }
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const numbers = env.fromElements(1);
    expect(() =>
      numbers
        .keyBy(n => n)
        .connect(numbers)
        .process(new WantsKeys()),
    ).to.throw(MillraceError, /can only be used when both input streams are of type KeyedStream/);
    expect(() => numbers.connect(numbers).process({ processElement1: () => {} } as never)).to.throw(
      /process needs an object with processElement1 and processElement2; what it got has no processElement2/,
    );
  });
});
