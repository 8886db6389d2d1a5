import { expect } from 'chai';
import {
  type AggregateFunction,
  type Collector,
  Duration,
  EventTimeTrigger,
  OutputTag,
  ProcessWindowFunction,
  type SingleOutputStreamOperator,
  SlidingEventTimeWindows,
  type TimeWindow,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  type WindowAssigner,
  type WindowedStream,
} from '../../../api/index.js';
import type { WindowSpec } from '../../../core/graph/index.js';
import { copyAccumulator } from '../../../taskmanager/windowing/copy-accumulator.js';
import { fitsPanes } from '../../../taskmanager/windowing/pane-operator.js';
import { PaneStore } from '../../../taskmanager/windowing/pane-store.js';
import { type Rec, random, randomSteps, rec, Script, type Step, WARM_UP, WindowRun } from './testing-windows.js';

/** Not the default one by its class: such windows are kept the plain way. */
class PlainTrigger extends EventTimeTrigger<Rec, TimeWindow> {}

const LATE = new OutputTag<Rec>('late');
const later = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

class Bag {
  sum = 0;
  readonly parts: number[] = [];
}

/** Changes what it is given, and gives what it likes of both. */
const changing: AggregateFunction<Rec, Bag, string> = {
  createAccumulator: () => new Bag(),
  add(r, bag) {
    bag.sum += r.v;
    bag.parts.push(r.v);
    return bag;
  },
  getResult: bag => `${bag.sum} of ${[...bag.parts].sort((a, b) => a - b).join(' ')}`,
  merge(a, b) {
    b.sum += a.sum;
    b.parts.push(...a.parts);
    a.parts.length = 0;
    return b;
  },
};

class Firings extends ProcessWindowFunction<string, string, string, TimeWindow> {
  private readonly count = new ValueStateDescriptor<number>('count');
  process(
    k: string,
    ctx: ProcessWindowFunction.Context<TimeWindow>,
    all: Iterable<string>,
    out: Collector<string>,
  ): void {
    const [ofWindow, ofKey] = [ctx.windowState().getState(this.count), ctx.globalState().getState(this.count)];
    ofWindow.update((ofWindow.value() ?? 0) + 1);
    ofKey.update((ofKey.value() ?? 0) + 1);
    const { count } = { count: `${ofWindow.value()} of ${ofKey.value()} at ${ctx.currentWatermark()}` };
    for (const one of all) out.collect(`${k} ${String(ctx.window())} ${one}: ${count}`);
  }
}

type Make = (windows: WindowedStream<Rec, string, TimeWindow>) => SingleOutputStreamOperator<string>;

const functions: Record<string, Make> = {
  'an aggregate of objects that it changes, by a window function': w =>
    w.aggregate(changing, (k, window, all, out) => {
      for (const one of all) out.collect(`${k} ${String(window)} ${one}`);
    }),
  'an aggregate, by a process function with state': w => w.aggregate(changing, new Firings()),
  'an aggregate, by a window function that gives a promise': w =>
    w.aggregate(changing, async (k, window, all, out) => {
      await later();
      for (const one of all) out.collect(`${k} ${String(window)} ${one}`);
    }),
  'a reduce': w => w.reduce((a, b) => rec(a.k, a.v * 3 + b.v, a.ts)).map(r => JSON.stringify(r)),
  'a field': w => w.maxBy('v').map(r => JSON.stringify(r)),
};

const assigners: Record<string, () => WindowAssigner<Rec, TimeWindow>> = {
  tumbling: () => TumblingEventTimeWindows.of<Rec>(50, 7),
  sliding: () => SlidingEventTimeWindows.of<Rec>(60, 20),
  'sliding, of an odd size': () => SlidingEventTimeWindows.of<Rec>(50, 20, -3),
};

for (const interpreted of [true, false]) {
  describe(`windows in panes give what plain windows give, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let run: WindowRun;
    before(async () => {
      run = await WindowRun.start(interpreted);
    });
    after(() => run.close());

    for (const [name, assigner] of Object.entries(assigners)) {
      for (const [kind, make] of Object.entries(functions)) {
        it(`${name}, ${kind}`, async () => {
          for (const seed of [1, 2]) {
            const steps: Step[] = [...WARM_UP, -500_000, ...randomSteps(random(seed), 500, seed * 100)];
            const both: unknown[] = [];
            for (const plain of [true, false]) {
              await run.of((env, see) => {
                const windows = env
                  .addSource(new Script(steps))
                  .keyBy(r => r.k)
                  .window(assigner())
                  .sideOutputLateData(LATE);
                if (plain) windows.trigger(new PlainTrigger());
                const results = make(windows);
                see(results.union(results.getSideOutput(LATE).map(r => `late ${r.v}`)));
              });
              // Which of two keys fires first is not said; which of two windows is.
              both.push(run.seen.map(s => JSON.stringify(s)).sort());
              const times = run.seen.filter(([v]) => !String(v).startsWith('late')).map(([, time]) => time!);
              expect(times).to.deep.equal([...times].sort((a, b) => a - b));
            }
            expect(both[1]).to.deep.equal(both[0]);
          }
        });
      }
    }
  });
}

describe('keys that come and go', () => {
  for (const plain of [true, false]) {
    it(`are forgotten with their ${plain ? 'plain windows' : 'panes'}, and their places taken by others`, async () => {
      const run = await WindowRun.start(false);
      const steps = Array.from({ length: 20_000 }, (_, i): Step[] => [
        rec(`key ${i}`, i, i),
        ...(i % 50 === 0 ? [i] : []),
      ]);
      await run.of((env, see) => {
        const windows = env
          .addSource(new Script(steps.flat()))
          .keyBy(r => r.k)
          .window(TumblingEventTimeWindows.of<Rec>(10));
        if (plain) windows.trigger(new PlainTrigger());
        see(windows.reduce(a => a));
      });
      expect(run.values.map(r => (r as Rec).v).sort((a, b) => a - b)).to.deep.equal(steps.map((_, i) => i));
      await run.close();
    });
  }
});

describe('a copy of an accumulator', () => {
  it('is another in all its parts, and of the same classes', () => {
    for (const given of [
      { n: 1, s: 'a' },
      [1, 2],
      { n: { m: [1] } },
      [[1], { n: 2 }],
      new Bag(),
      new Map([[1, { n: 1 }]]),
    ]) {
      const copy = copyAccumulator(given);
      expect(copy).to.deep.equal(given);
      expect(copy).to.not.equal(given);
      expect(Object.getPrototypeOf(copy)).to.equal(Object.getPrototypeOf(given));
    }
    const bag = new Bag();
    const copy = copyAccumulator({ bag }) as { bag: Bag };
    copy.bag.parts.push(1);
    expect(bag.parts).to.deep.equal([]);
    expect(copyAccumulator(5)).to.equal(5);
  });
});

describe('panes', () => {
  it('are for windows that fire once and keep a value whose parts can be merged', () => {
    const spec: WindowSpec = { kind: 'window', contents: 'aggregate', call: 'none', allowedLateness: 0 };
    const sliding = SlidingEventTimeWindows.of(Duration.ofSeconds(6), Duration.ofSeconds(2));
    const functions = {
      assigner: sliding as WindowAssigner<unknown, never>,
      trigger: sliding.getDefaultTrigger() as EventTimeTrigger<unknown, never>,
      aggregate: changing as AggregateFunction<unknown, unknown, unknown>,
    };
    const fits = (other: Partial<WindowSpec>, others: object = {}): boolean =>
      fitsPanes({ ...spec, ...other }, { ...functions, ...others });
    expect(fits({})).to.equal(true);
    expect(fits({ contents: 'list' })).to.equal(false);
    expect(fits({ contents: 'reduce' })).to.equal(false);
    expect(fits({ allowedLateness: 1 })).to.equal(false);
    expect(fits({}, { trigger: new PlainTrigger() })).to.equal(false);
    expect(fits({}, { evictor: {} })).to.equal(false);
    expect(fits({}, { assigner: SlidingEventTimeWindows.of(2, 6) })).to.equal(false);
    const undone = (): never => {
      throw new Error('not needed');
    };
    expect(fits({}, { aggregate: { ...changing, merge: undone } })).to.equal(false);
    expect(fits({}, { aggregate: { ...changing, merge: () => null } })).to.equal(false);
    const tumbling = TumblingEventTimeWindows.of(6);
    expect(fits({ contents: 'reduce' }, { assigner: tumbling })).to.equal(true);
  });

  it('are one for a record, however many windows it is in, and are used again when their windows are over', () => {
    let held = 0;
    const keys = { retain: () => void held++, release: () => void held-- };
    const panes = new PaneStore(60, 10, 0, keys);
    for (let time = 0; time < 60; time++) panes.at(time)!.touch(0);
    expect(panes.live.map(p => [p.start, p.touched.length])).to.deep.equal([0, 10, 20, 30, 40, 50].map(s => [s, 10]));
    const [first] = panes.live;
    expect(panes.due(59)).to.equal(-50);
    panes.closeAt(59);
    expect(panes.at(5)).to.equal(undefined);
    expect(panes.live[0]!.start).to.equal(10);
    expect(panes.at(60)).to.equal(first);
    expect(first!.touched).to.deep.equal([]);
    expect(held).to.equal(50);
    panes.closeAt(Number.MAX_SAFE_INTEGER);
    expect(held).to.equal(0);
  });
});
