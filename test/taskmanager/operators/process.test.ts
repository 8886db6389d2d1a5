import { expect } from 'chai';
import {
  type Collector,
  type DataStream,
  KeyedProcessFunction,
  OutputTag,
  ProcessFunction,
  type SinkContext,
  type SourceContext,
  type SourceFunction,
  type StreamExecutionEnvironment,
  type TimeDomain,
  Watermark,
} from '../../../api/index.js';
import { eventually } from '../../testing/eventually.js';
import { TestingProgramJob } from '../testing-program-job.js';
import { TestingSlots } from '../testing-slots.js';

type Step = [key: string, timestamp: number] | number;

/** Records with their timestamps, and watermarks. */
class Script implements SourceFunction<[string, number]> {
  constructor(private readonly steps: Step[]) {}

  run(ctx: SourceContext<[string, number]>): void {
    for (const step of this.steps) {
      if (typeof step === 'number') ctx.emitWatermark(new Watermark(step));
      else ctx.collectWithTimestamp(step, step[1]);
    }
  }

  cancel(): void {}
}

const later = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
const MAX = Number.MAX_SAFE_INTEGER;

for (const interpreted of [true, false]) {
  describe(`a process function, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let slots: TestingSlots;
    let seen: unknown[];
    let now: number;
    beforeEach(async () => {
      seen = [];
      now = 1000;
      slots = await TestingSlots.start(1, { interpreted, now: () => now });
    });
    afterEach(() => slots.close());

    const see = <T>(stream: DataStream<T>): void => {
      stream.addSink({
        invoke: (value: T, ctx: SinkContext) => void seen.push([value, ctx.timestamp(), ctx.currentWatermark()]),
      });
    };
    const run = async (build: (env: StreamExecutionEnvironment) => void, options = {}): Promise<unknown[]> => {
      await slots.run(new TestingProgramJob(build), options);
      return seen;
    };
    /** Enough records before those of a test that its task is compiled. */
    const WARM_UP = Array.from({ length: 400 }, (_, i): Step => [`warm${i % 3}`, i - 1000]);

    it('emits any number of records, with the time of the one that came', async () => {
      await run(env =>
        see(
          env
            .addSource(new Script([...WARM_UP, ['a', 5], 5, ['b', 7]]))
            .process(([key], ctx, out: Collector<string>) => {
              if (key.startsWith('warm')) return;
              out.collect(`${key} at ${ctx.timestamp()}`);
              out.collect(`after ${ctx.timerService().currentWatermark()}`);
              // A lambda may return what it likes.
              return key as never;
            }),
        ),
      );
      expect(seen).to.deep.equal([
        ['a at 5', 5, Number.MIN_SAFE_INTEGER],
        [`after ${Number.MIN_SAFE_INTEGER}`, 5, Number.MIN_SAFE_INTEGER],
        ['b at 7', 7, 5],
        ['after 5', 7, 5],
      ]);
    });

    it('knows no timestamp where there is none', async () => {
      await run(env =>
        see(env.fromSequence(1, 300).process((_, ctx, out: Collector<number | null>) => out.collect(ctx.timestamp()))),
      );
      expect(new Set(seen.map(s => JSON.stringify(s)))).to.have.length(1);
      expect((seen[0] as unknown[]).slice(0, 2)).to.deep.equal([null, null]);
    });

    it('may return a promise, and what follows waits for it', async () => {
      await run(env =>
        see(
          env
            .addSource(new Script([...WARM_UP, ['a', 5], 5, ['b', 7]]))
            .process(async ([key], ctx, out: Collector<string>) => {
              if (key.startsWith('warm')) return;
              out.collect(key);
              await later();
              out.collect(`${key} later at ${ctx.timestamp()}`);
            }),
        ),
      );
      expect(seen).to.deep.equal([
        ['a', 5, Number.MIN_SAFE_INTEGER],
        ['a later at 5', 5, Number.MIN_SAFE_INTEGER],
        ['b', 7, 5],
        ['b later at 7', 7, 5],
      ]);
    });

    it('has no timers without keys, and says what to do', async () => {
      const register = (ctx: ProcessFunction.Context): void => ctx.timerService().registerEventTimeTimer(1);
      const error = await run(env =>
        see(env.fromElements('a').process((_, ctx, _out: Collector<string>) => register(ctx))),
      ).then(
        () => undefined,
        (e: Error) => e,
      );
      expect(error?.message).to.match(/^'Process' .*only supported on keyed streams: put a keyBy before process/);
    });

    class Reminders extends KeyedProcessFunction<string, [string, number], string> {
      processElement([, time]: [string, number], ctx: KeyedProcessFunction.Context<string>): void {
        ctx.timerService().registerEventTimeTimer(time + 10);
        ctx.timerService().registerEventTimeTimer(time + 10);
        if (time % 2 === 1) ctx.timerService().deleteEventTimeTimer(time + 10);
      }
      override onTimer(time: number, ctx: KeyedProcessFunction.OnTimerContext<string>, out: Collector<string>): void {
        const { currentWatermark } = { currentWatermark: ctx.timerService().currentWatermark() };
        out.collect(`${ctx.getCurrentKey()} ${time} ${ctx.timestamp()} ${ctx.timeDomain()} ${currentWatermark}`);
        if (time === 16) ctx.timerService().registerEventTimeTimer(17);
      }
    }

    it('has timers by key, which fire in order before the watermark goes on', async () => {
      const warmUp = WARM_UP.map(s => [(s as [string, number])[0], 1] as Step);
      await run(env =>
        see(
          env
            .addSource(new Script([...warmUp, ['a', 6], ['b', 4], ['a', 3], 13, ['b', 90], 20]))
            .keyBy(r => r[0])
            .process(new Reminders()),
        ),
      );
      expect(seen).to.deep.equal([
        ['b 14 14 EVENT_TIME 20', 14, 13],
        ['a 16 16 EVENT_TIME 20', 16, 13],
        ['a 17 17 EVENT_TIME 20', 17, 13],
        [`b 100 100 EVENT_TIME ${MAX}`, 100, 20],
      ]);
    });

    it('may wait in a timer, and what is behind its watermark waits too', async () => {
      await run(env =>
        see(
          env
            .addSource(new Script([...WARM_UP, ['a', 1], ['b', 2], 20, ['c', 30]]))
            .keyBy(r => r[0])
            .process<string>({
              processElement([key, time], ctx, out) {
                if (key.startsWith('warm')) return;
                out.collect(key);
                ctx.timerService().registerEventTimeTimer(time + 10);
              },
              async onTimer(time, ctx, out) {
                out.collect(`${ctx.getCurrentKey()} begins ${time}`);
                await later();
                out.collect(`${ctx.getCurrentKey()} ends ${time}`);
              },
            }),
        ),
      );
      expect(seen.map(s => (s as string[])[0])).to.deep.equal([
        'a',
        'b',
        'a begins 11',
        'a ends 11',
        'b begins 12',
        'b ends 12',
        'c',
        'c begins 40',
        'c ends 40',
      ]);
    });

    it('takes no record before the promise of a timer that came between two batches has settled', async () => {
      const order: string[] = [];
      await run(env => {
        const source = env.addSource(new Script([...WARM_UP, ['a', 1], 20, ['a', 30], ['a', 31]]));
        source
          .keyBy(r => r[0])
          .process<string>({
            processElement([key, time], ctx) {
              if (key.startsWith('warm')) return;
              order.push(`record ${time}`);
              if (time === 1) ctx.timerService().registerEventTimeTimer(10);
            },
            async onTimer() {
              order.push('timer begins');
              await later();
              await later();
              order.push('timer ends');
            },
          })
          .print();
      });
      expect(order).to.deep.equal(['record 1', 'timer begins', 'timer ends', 'record 30', 'record 31']);
    });

    it('has timers of processing time, which end with the input', async () => {
      const fired: Array<[string, number, TimeDomain, number | null]> = [];
      let hasRegistered = false;
      class Wait implements SourceFunction<string> {
        async run(ctx: SourceContext<string>): Promise<void> {
          for (let i = 0; i < 300; i++) await ctx.collect('warm');
          await ctx.collect('a');
          await eventually(() => hasRegistered, { interval: 1 });
          now = 1101;
          await eventually(() => fired.length > 0, { interval: 1 });
        }
        cancel(): void {}
      }
      await run(env =>
        see(
          env
            .addSource(new Wait())
            .keyBy(r => r)
            .process<string>({
              processElement(key, ctx) {
                if (key === 'warm') return;
                const timers = ctx.timerService();
                expect(timers.currentProcessingTime()).to.equal(1000);
                timers.registerProcessingTimeTimer(1001);
                timers.registerProcessingTimeTimer(1002);
                timers.deleteProcessingTimeTimer(1002);
                timers.registerProcessingTimeTimer(1200);
                hasRegistered = true;
              },
              onTimer(time, ctx, out) {
                fired.push([ctx.getCurrentKey(), time, ctx.timeDomain(), ctx.timestamp()]);
                out.collect('fired');
              },
            }),
        ),
      );
      expect(fired).to.deep.equal([['a', 1001, 'PROCESSING_TIME', 1001]]);
      expect(seen.map(s => (s as unknown[])[1])).to.deep.equal([null]);
    });

    it('leaves no timer behind when its job is canceled', async () => {
      let isSet = false;
      class Endless implements SourceFunction<string> {
        private readonly stop = new AbortController();
        async run(ctx: SourceContext<string>): Promise<void> {
          await ctx.collect('a');
          await new Promise<void>(resolve => this.stop.signal.addEventListener('abort', () => resolve()));
        }
        cancel(): void {
          this.stop.abort();
        }
      }
      const timeouts = (): number => process.getActiveResourcesInfo().filter(r => r === 'Timeout').length;
      await later();
      const before = timeouts();
      const job = new TestingProgramJob(env => {
        env
          .addSource(new Endless())
          .keyBy(r => r)
          .process((_, ctx, _out: Collector<string>) => {
            ctx.timerService().registerProcessingTimeTimer(1_000_000);
            isSet = true;
          })
          .print();
      });
      const running = slots.deploy(job);
      await eventually(() => isSet, { interval: 1 });
      expect(timeouts()).to.be.greaterThan(before);
      running.cancel();
      await running.ended();
      // The slot has timeouts of its own as long as it is there.
      await slots.close();
      expect(timeouts()).to.be.at.most(before);
    });

    it('names its operator when a timer throws', async () => {
      const error = await run(env =>
        see(
          env
            .addSource(new Script([...WARM_UP, ['a', 1]]))
            .keyBy(r => r[0])
            .process<string>({
              processElement: (_, ctx) => ctx.timerService().registerEventTimeTimer(10),
              onTimer: () => {
                throw new RangeError('too late');
              },
            })
            .name('Remind'),
        ),
      ).then(
        () => undefined,
        (e: Error) => e,
      );
      expect(error).to.include({ name: 'RangeError', message: 'too late' });
      const failed = slots.updates.find(u => u.state === 'FAILED');
      expect(failed?.error?.message).to.match(/^'Remind' \(1\/1\) failed: RangeError: too late/);
    });

    describe('with side outputs', () => {
      const ODD = new OutputTag<{ n: number }>('odd');
      const ALL = new OutputTag<{ n: number }>('all');
      class Split extends ProcessFunction<number, { n: number }> {
        processElement(n: number, ctx: ProcessFunction.Context, out: Collector<{ n: number }>): void {
          const record = { n };
          out.collect(record);
          ctx.output(ALL, record);
          if (n % 2 === 1) ctx.output(ODD, record);
          ctx.output(new OutputTag<number>('nobody takes it'), n);
        }
      }

      for (const chained of [true, false]) {
        it(`gives each stream what is its own, ${chained ? 'in the same task' : 'in other tasks'}`, async () => {
          const got: Record<string, number[]> = { main: [], odd: [], all: [] };
          const take = (stream: DataStream<{ n: number }>, name: string): void => {
            const way = chained ? stream : stream.rebalance();
            way.addSink(r => {
              got[name]!.push(r.n);
              // What one does with a record is nothing to the others.
              r.n = -1;
            });
          };
          await run(env => {
            const main = env.fromSequence(1, 600).process(new Split());
            take(main, 'main');
            take(main.getSideOutput(ODD), 'odd');
            take(main.getSideOutput(ALL), 'all');
            take(main.getSideOutput(ALL), 'all');
          });
          const all = Array.from({ length: 600 }, (_, i) => i + 1);
          expect(got['main']).to.deep.equal(all);
          expect(got['odd']).to.deep.equal(all.filter(n => n % 2 === 1));
          expect(got['all']!.sort((a, b) => a - b)).to.deep.equal(all.flatMap(n => [n, n]));
        });
      }

      it('moves event time on in them, and gives them the time of the record or the timer', async () => {
        const tag = new OutputTag<string>('side');
        await run(env => {
          const main = env
            .addSource(new Script([...WARM_UP, ['a', 5], 9, ['b', 12]]))
            .keyBy(r => r[0])
            .process<string>({
              processElement([key], ctx) {
                if (key.startsWith('warm')) return;
                ctx.output(tag, key);
                ctx.timerService().registerEventTimeTimer(20);
              },
              onTimer: (_, ctx) => ctx.output(tag, `timer of ${ctx.getCurrentKey()}`),
            });
          see(main.getSideOutput(tag));
        });
        expect(seen).to.deep.equal([
          ['a', 5, Number.MIN_SAFE_INTEGER],
          ['b', 12, 9],
          ['timer of a', 20, 9],
          ['timer of b', 20, 9],
        ]);
      });

      it('of an operator that fills none are empty, and end', async () => {
        await run(env => {
          const main = env.fromSequence(1, 5).map(n => n);
          see(main.getSideOutput(new OutputTag<number>('empty')));
          see(main);
        });
        expect(seen).to.have.length(5);
      });
    });
  });
}

describe('an output tag', () => {
  it('has an id', () => {
    expect(new OutputTag('x').getId()).to.equal('x');
    expect(() => new OutputTag('')).to.throw(/must not be null or empty/);
  });
});
