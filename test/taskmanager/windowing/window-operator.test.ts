import { expect } from 'chai';
import {
  type Collector,
  ContinuousEventTimeTrigger,
  CountEvictor,
  CountTrigger,
  DeltaEvictor,
  DeltaTrigger,
  Duration,
  EventTimeSessionWindows,
  EventTimeTrigger,
  GlobalWindows,
  ListStateDescriptor,
  MergingWindowAssigner,
  ProcessWindowFunction,
  PurgingTrigger,
  RichReduceFunction,
  type SingleOutputStreamOperator,
  type SourceContext,
  type SourceFunction,
  TimeCharacteristic,
  TimeEvictor,
  type TimeWindow,
  type Trigger,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
  ValueStateDescriptor,
  Window,
  WindowAssigner,
  type WindowedStream,
} from '../../../api/index.js';
import { eventually } from '../../testing/eventually.js';
import { type Rec, rec, Script, type Step, WARM_UP, WindowRun } from './testing-windows.js';

const later = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
const values = (records: Iterable<Rec>): string => Array.from(records, r => r.v).join(' ');

const added = (a: Rec, b: Rec): Rec => rec(a.k, a.v + b.v, a.ts);

/** Windows that are their number modulo three; equal ones are other objects. */
class Third extends Window {
  constructor(readonly n: { third: number }) {
    super();
  }
  maxTimestamp(): number {
    return 1000 + this.n.third;
  }
}

for (const interpreted of [true, false]) {
  describe(`an operator with windows, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let run: WindowRun;
    let now: number;
    beforeEach(async () => {
      now = 1000;
      run = await WindowRun.start(interpreted, () => now);
    });
    afterEach(() => run.close());

    const results = async <W extends Window, R>(
      steps: Step[],
      assigner: WindowAssigner<Rec, W>,
      make: (windows: WindowedStream<Rec, string, W>) => SingleOutputStreamOperator<R>,
    ): Promise<unknown[]> => {
      const all = await run.of((env, see) =>
        see(
          make(
            env
              .addSource(new Script([...WARM_UP, -500_000, ...steps]))
              .keyBy(r => r.k)
              .window(assigner),
          ),
        ),
      );
      return all.filter(v => !String((v as Rec)?.k ?? v).startsWith('warm'));
    };
    const list = <W extends Window>(windows: WindowedStream<Rec, string, W>): SingleOutputStreamOperator<string> =>
      windows.apply((k, _window, elements, out: Collector<string>) => out.collect(`${k} ${values(elements)}`));

    it('emits with the last timestamp of the window, and before the watermark goes on', async () => {
      await results([rec('a', 1, 3), rec('b', 2, 1), rec('a', 3, 12), 10], TumblingEventTimeWindows.of<Rec>(10), list);
      expect(run.seen.slice(-3)).to.deep.equal([
        ['a 1', 9],
        ['b 2', 9],
        ['a 3', 19],
      ]);
    });

    it('sums, and takes least and greatest records, by window', async () => {
      const steps = [rec('a', 5, 1), rec('a', 2, 2), rec('a', 5, 3), rec('a', 9, 11)];
      const windows = TumblingEventTimeWindows.of<Rec>(10);
      expect(await results(steps, windows, w => w.sum('v'))).to.deep.equal([rec('a', 12, 1), rec('a', 9, 11)]);
      expect(await results(steps, windows, w => w.min('v'))).to.deep.equal([rec('a', 2, 1), rec('a', 9, 11)]);
      expect(await results(steps, windows, w => w.max('v'))).to.deep.equal([rec('a', 5, 1), rec('a', 9, 11)]);
      expect(await results(steps, windows, w => w.minBy('v'))).to.deep.equal([rec('a', 2, 2), rec('a', 9, 11)]);
      expect(await results(steps, windows, w => w.maxBy('v', false))).to.deep.equal([rec('a', 5, 3), rec('a', 9, 11)]);
    });

    it('emits copies of what it keeps: who changes a result changes no window', async () => {
      const steps = [rec('a', 1, 1), rec('a', 2, 2), rec('a', 3, 3)];
      expect(
        await results(steps, TumblingEventTimeWindows.of<Rec>(10), w =>
          w
            .trigger(CountTrigger.of(1))
            .reduce(added)
            .map(r => {
              r.v *= 100;
              return r.v;
            }),
        ),
      ).to.include.members([100, 300, 600]);
    });

    it('fires as a count, delta or continuous trigger says', async () => {
      const steps = [1, 2, 30, 4, 50].map((v, i) => rec('a', v, i * 10));
      const windows = TumblingEventTimeWindows.of<Rec>(100);
      expect(await results(steps, windows, w => list(w.trigger(CountTrigger.of(2))))).to.deep.equal([
        'a 1 2',
        'a 1 2 30 4',
      ]);
      expect(await results(steps, windows, w => list(w.trigger(PurgingTrigger.of(CountTrigger.of(2)))))).to.deep.equal([
        'a 1 2',
        'a 30 4',
      ]);
      expect(
        await results(steps, windows, w => list(w.trigger(DeltaTrigger.of(20, (a, b) => Math.abs(a.v - b.v))))),
      ).to.deep.equal(['a 1 2 30', 'a 1 2 30 4', 'a 1 2 30 4 50']);
      const marked = steps.flatMap((s): Step[] => [s, s.ts]);
      expect(
        await results(marked, windows, w => list(w.trigger(ContinuousEventTimeTrigger.of(Duration.ofMillis(20))))),
      ).to.deep.equal(['a 1 2 30', 'a 1 2 30 4 50', 'a 1 2 30 4 50', 'a 1 2 30 4 50', 'a 1 2 30 4 50']);
    });

    it('evicts before the function by count, time and distance, or after it', async () => {
      const steps = [1, 9, 3, 10].map((v, i) => rec('a', v, i * 10));
      const windows = TumblingEventTimeWindows.of<Rec>(100);
      expect(await results(steps, windows, w => list(w.evictor(CountEvictor.of(2))))).to.deep.equal(['a 3 10']);
      expect(await results(steps, windows, w => list(w.evictor(TimeEvictor.of(Duration.ofMillis(20)))))).to.deep.equal([
        'a 3 10',
      ]);
      expect(
        await results(steps, windows, w => list(w.evictor(DeltaEvictor.of(2, (a, b) => Math.abs(a.v - b.v))))),
      ).to.deep.equal(['a 9 10']);
      expect(
        await results(steps, windows, w => list(w.trigger(CountTrigger.of(2)).evictor(CountEvictor.of(1, true)))),
      ).to.deep.equal(['a 1 9', 'a 9 3 10']);
      expect(await results(steps, windows, w => w.evictor(CountEvictor.of(2)).sum('v'))).to.deep.equal([
        rec('a', 13, 20),
      ]);
    });

    it('lets an evictor of the author’s take out what it likes', async () => {
      const odd = (await results(
        [1, 2, 3, 4].map(v => rec('a', v, v)),
        TumblingEventTimeWindows.of<Rec>(10),
        w =>
          list(
            w.evictor({
              evictBefore(elements, size) {
                expect(size).to.be.oneOf([4, 10, 400]);
                for (const element of elements) if (element.getValue().v % 2 === 0) elements.remove(element);
              },
              evictAfter() {},
            }),
          ),
      )) as string[];
      expect(odd).to.deep.equal(['a 1 3']);
    });

    it('merges sessions with their state, their count and their timers', async () => {
      const steps = [rec('a', 1, 0), rec('a', 2, 18), 5, rec('a', 3, 9), rec('a', 4, 60), 30];
      const sessions = EventTimeSessionWindows.withGap<Rec>(10);
      expect(await results(steps, sessions, list)).to.deep.equal(['a 1 2 3', 'a 4']);
      expect(await results(steps, sessions, w => w.sum('v').map(r => r.v))).to.include.members([6, 4]);
      expect(await results(steps, sessions, w => list(w.trigger(CountTrigger.of(3))))).to.deep.equal(['a 1 2 3']);
    });

    it('has sessions whose gaps come from their records', async () => {
      const steps = [rec('a', 50, 0), rec('a', 5, 40), rec('a', 5, 46)];
      const sessions = EventTimeSessionWindows.withDynamicGap<Rec>(r => (r.v > 0 ? r.v : 1));
      expect(await results(steps, sessions, list)).to.deep.equal(['a 50 5 5']);
    });

    it('refuses state of windows that merge, and merging triggers that cannot', async () => {
      const windowState = results([rec('a', 1, 0)], EventTimeSessionWindows.withGap<Rec>(10), w =>
        w.process((_k, ctx, _elements, out: Collector<number>) => {
          out.collect(ctx.windowState().getState(new ValueStateDescriptor<number>('n')).value()!);
        }),
      );
      expect(await windowState.catch((e: Error) => e.message)).to.match(/Per-window state is not allowed/);
      const trigger = DeltaTrigger.of<Rec, TimeWindow>(1, (a, b) => b.v - a.v);
      const merged = results([], EventTimeSessionWindows.withGap<Rec>(10), w => list(w.trigger(trigger)));
      expect(await merged.catch((e: Error) => e.message)).to.match(/does not support merging: DeltaTrigger/);
    });

    it('gives a process function state by window and by key, until the window is over', async () => {
      class Firings extends ProcessWindowFunction<Rec, string, string, TimeWindow> {
        private readonly count = new ValueStateDescriptor<number>('count');
        process(
          k: string,
          ctx: ProcessWindowFunction.Context<TimeWindow>,
          elements: Iterable<Rec>,
          out: Collector<string>,
        ): void {
          const [ofWindow, ofKey] = [ctx.windowState().getState(this.count), ctx.globalState().getState(this.count)];
          ofWindow.update((ofWindow.value() ?? 0) + 1);
          ofKey.update((ofKey.value() ?? 0) + 1);
          out.collect(`${k} ${values(elements)}: ${ofWindow.value()} of ${ofKey.value()} at ${ctx.currentWatermark()}`);
        }
        override clear(ctx: ProcessWindowFunction.Context<TimeWindow>): void {
          ctx.windowState().getState(this.count).clear();
        }
      }
      const steps = [rec('a', 1, 1), 10, rec('a', 2, 2), 16, rec('a', 3, 3), rec('a', 4, 11), 30];
      expect(
        await results(steps, TumblingEventTimeWindows.of<Rec>(10), w => w.allowedLateness(5).process(new Firings())),
      ).to.deep.equal(['a 1: 1 of 1 at 10', 'a 1 2: 2 of 2 at 10', 'a 4: 1 of 3 at 30']);
    });

    it('drops what a function leaves in the state of a window that is over, when its place is taken by another', async () => {
      const steps = [rec('a', 1, 1), 20, rec('a', 2, 21), 40, rec('a', 3, 41)];
      const kept = new ListStateDescriptor<number>('kept');
      expect(
        await results(steps, TumblingEventTimeWindows.of<Rec>(10), w =>
          w.process((k, ctx, elements, out: Collector<string>) => {
            const state = ctx.windowState().getListState(kept);
            for (const r of elements) if (k === 'a') state.add(r.v);
            out.collect(`${k} ${[...state.get()].join(' ')}`);
          }),
        ),
      ).to.deep.equal(['a 1', 'a 2', 'a 3']);
    });

    it('waits for a promise of its function, with what follows', async () => {
      const steps = [rec('a', 1, 1), rec('b', 2, 2), 10, rec('a', 3, 3), rec('a', 4, 12), 20];
      expect(
        await results(steps, TumblingEventTimeWindows.of<Rec>(10), w =>
          w.allowedLateness(5).apply(async (k, _window, elements, out: Collector<string>) => {
            out.collect(`${k} begins ${values(elements)}`);
            await later();
            out.collect(`${k} ends ${values(elements)}`);
          }),
        ),
      ).to.deep.equal([
        'a begins 1',
        'a ends 1',
        'b begins 2',
        'b ends 2',
        'a begins 1 3',
        'a ends 1 3',
        'a begins 4',
        'a ends 4',
      ]);
    });

    it('counts records, all of them or the last ones', async () => {
      const count = async (size: number, slide?: number): Promise<unknown[]> =>
        (
          await run.of((env, see) =>
            see(
              env
                .addSource(new Script([...WARM_UP, ...[1, 2, 3, 4, 5].map(v => rec('a', v, v))]))
                .keyBy('k')
                .countWindow(size, slide)
                .apply((k, _w, elements, out: Collector<string>) => out.collect(`${k} ${values(elements)}`)),
            ),
          )
        ).filter(v => !String(v).startsWith('warm'));
      expect(await count(2)).to.deep.equal(['a 1 2', 'a 3 4']);
      expect(await count(3, 2)).to.deep.equal(['a 1 2', 'a 2 3 4']);
    });

    it('takes a trigger of the author’s with windows that never end: at the end of the input they fire', async () => {
      const steps = [rec('a', 1, 1), rec('a', 2, 2)];
      expect(
        await results(steps, GlobalWindows.create(), w => list(w.trigger(EventTimeTrigger.create()))),
      ).to.deep.equal(['a 1 2']);
    });

    it('takes windows of a class of the author’s, equal by their fields, and lets them merge', async () => {
      class Thirds extends WindowAssigner<Rec, Third> {
        assignWindows(r: Rec): Iterable<Third> {
          return new Set([new Third({ third: r.v % 3 })]);
        }
        getDefaultTrigger(): Trigger<Rec, Third> {
          return EventTimeTrigger.create();
        }
        isEventTime(): boolean {
          return true;
        }
      }
      class Merged extends MergingWindowAssigner<Rec, Third> {
        assignWindows(r: Rec): Iterable<Third> {
          return [new Third({ third: r.v % 3 })];
        }
        mergeWindows(windows: Iterable<Third>, callback: MergingWindowAssigner.MergeCallback<Third>): void {
          const all = [...windows];
          const wanted = all.filter(w => w.n.third > 0);
          if (new Set(wanted.map(w => w.n.third)).size > 1) callback.merge(wanted, new Third({ third: 2 }));
        }
        getDefaultTrigger(): Trigger<Rec, Third> {
          return EventTimeTrigger.create();
        }
        isEventTime(): boolean {
          return true;
        }
      }
      const steps = [0, 1, 2, 3, 4, 5].map(v => rec('a', v, v));
      expect(await results(steps, new Thirds(), list)).to.deep.equal(['a 0 3', 'a 1 4', 'a 2 5']);
      expect(await results(steps, new Merged(), list)).to.deep.equal(['a 0 3', 'a 1 2 4 5']);
    });

    it('has windows of processing time, and what is open at the end gives nothing', async () => {
      let reduced = 0;
      class Wait implements SourceFunction<Rec> {
        async run(ctx: SourceContext<Rec>): Promise<void> {
          for (let v = 0; v < 300; v++) await ctx.collect(rec('a', 1, 0));
          await eventually(() => reduced === 299, { interval: 1 });
          now = 1003;
          await eventually(() => run.seen.length > 0, { interval: 1 });
          await ctx.collect(rec('a', 1, 0));
        }
        cancel(): void {}
      }
      await run.of((env, see) => {
        env.setStreamTimeCharacteristic(TimeCharacteristic.ProcessingTime);
        see(
          env
            .addSource(new Wait())
            .keyBy('k')
            .timeWindow(Duration.ofMillis(2))
            .reduce((a, b) => {
              reduced++;
              return added(a, b);
            }),
        );
      });
      expect(run.seen).to.deep.equal([[rec('a', 300, 0), 1001]]);
    });

    it('says what to do where windows of event time find no timestamp', async () => {
      const failed = run.of((env, see) =>
        see(
          env
            .fromElements(1)
            .keyBy(n => n)
            .window(TumblingEventTimeWindows.of(Duration.ofSeconds(1)))
            .reduce(a => a),
        ),
      );
      const message = await failed.catch((e: Error) => e.message);
      expect(message).to.match(
        /^'Window\(TumblingEventTimeWindows\(1000\), EventTimeTrigger.*assignTimestampsAndWatermarks/,
      );
    });

    it('puts all records of a stream into windows of one subtask', async () => {
      const all = await run.of((env, see) => {
        const stream = env.addSource(new Script([rec('a', 1, 1), rec('b', 2, 2), rec('c', 3, 11)]));
        const sums = stream.windowAll(TumblingEventTimeWindows.of(Duration.ofMillis(10))).sum('v');
        expect(sums.getParallelism()).to.equal(1);
        expect(() => sums.setParallelism(2)).to.throw(/non parallel operator must be 1/);
        see(sums.map(r => r.v));
        see(
          stream
            .countWindowAll(2)
            .apply((window, elements, out: Collector<string>) => out.collect(`${String(window)} ${values(elements)}`)),
        );
        see(
          stream
            .timeWindowAll(Duration.ofMillis(20))
            .reduce(added, (window, elements, out: Collector<string>) =>
              out.collect(`until ${window.getEnd()}: ${values(elements)}`),
            ),
        );
      });
      expect(all).to.have.members([3, 3, 'GlobalWindow 1 2', 'until 20: 6']);
    });
  });
}

describe('windows that make no sense', () => {
  it('are refused where they are declared', async () => {
    expect(() => TumblingEventTimeWindows.of(10, 10)).to.throw('abs(offset) < size');
    expect(() => TumblingProcessingTimeWindows.of(0)).to.throw('TumblingProcessingTimeWindows parameters');
    expect(() => EventTimeSessionWindows.withGap(0)).to.throw('0 < size');
    expect(() => CountTrigger.of(0)).to.throw('above 0');
    const run = await WindowRun.start(true);
    const declare = (make: (w: WindowedStream<Rec, string, TimeWindow>) => unknown): Promise<unknown> =>
      run
        .of(env => {
          make(env.addSource(new Script([])).keyBy('k').window(TumblingEventTimeWindows.of(10)));
        })
        .catch((e: Error) => e.message);
    class Rich extends RichReduceFunction<Rec> {
      reduce(a: Rec): Rec {
        return a;
      }
    }
    expect(await declare(w => w.allowedLateness(-1))).to.match(/lateness cannot be negative/);
    expect(await declare(w => w.reduce(new Rich()))).to.match(/can not be a rich function/);
    expect(await declare(w => w.reduce(a => a, {} as never))).to.match(/has neither/);
    await run.close();
  });
});
