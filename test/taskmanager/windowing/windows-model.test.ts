import { expect } from 'chai';
import {
  EventTimeSessionWindows,
  OutputTag,
  type SingleOutputStreamOperator,
  SlidingEventTimeWindows,
  type TimeWindow,
  TumblingEventTimeWindows,
  type WindowAssigner,
  type WindowedStream,
} from '../../../api/index.js';
import { type Rec, random, randomSteps, Script, type Step, WARM_UP, WindowRun } from './testing-windows.js';
import { type ModelOptions, modelOf, shown } from './window-model.js';

const LATE = new OutputTag<Rec>('late');

type Make = (stream: WindowedStream<Rec, string, TimeWindow>) => SingleOutputStreamOperator<string>;

const functions: Record<string, Make> = {
  process: s =>
    s.process((k, ctx, elements, out) =>
      out.collect(
        shown(
          k,
          ctx.window().getStart(),
          ctx.window().getEnd(),
          Array.from(elements, r => r.v),
        ),
      ),
    ),
  // A list as accumulator tells more than a sum: each record once, whatever merges.
  aggregate: s =>
    s.aggregate(
      {
        createAccumulator: (): number[] => [],
        add: (r, list) => [...list, r.v],
        getResult: list => list,
        merge: (a, b) => [...a, ...b],
      },
      (k, window, lists, out) => {
        for (const list of lists) out.collect(shown(k, window.getStart(), window.getEnd(), list));
      },
    ),
};

const aligned =
  (size: number, slide: number, offset = 0): ModelOptions['windowsOf'] =>
  ts => {
    const windows: Array<[number, number]> = [];
    for (let start = Math.floor((ts - offset) / slide) * slide + offset; start + size > ts; start -= slide) {
      windows.push([start, start + size]);
    }
    return windows;
  };

interface Case {
  assigner(): WindowAssigner<Rec, TimeWindow>;
  windowsOf: ModelOptions['windowsOf'];
  merges?: boolean;
}

const cases: Record<string, Case> = {
  'tumbling windows': { assigner: () => TumblingEventTimeWindows.of<Rec>(50), windowsOf: aligned(50, 50) },
  'tumbling windows with an offset': {
    assigner: () => TumblingEventTimeWindows.of<Rec>(50, -7),
    windowsOf: aligned(50, 50, -7),
  },
  'sliding windows': { assigner: () => SlidingEventTimeWindows.of<Rec>(60, 20), windowsOf: aligned(60, 20) },
  'sliding windows of an odd size': {
    assigner: () => SlidingEventTimeWindows.of<Rec>(50, 20, 3),
    windowsOf: aligned(50, 20, 3),
  },
  'windows with gaps between them': {
    assigner: () => SlidingEventTimeWindows.of<Rec>(10, 30),
    windowsOf: aligned(10, 30),
  },
  sessions: {
    assigner: () => EventTimeSessionWindows.withGap<Rec>(25),
    windowsOf: ts => [[ts, ts + 25]],
    merges: true,
  },
};

for (const interpreted of [true, false]) {
  describe(`random records and watermarks give what a plain model gives, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let run: WindowRun;
    before(async () => {
      run = await WindowRun.start(interpreted);
    });
    after(() => run.close());

    for (const [name, { assigner, windowsOf, merges }] of Object.entries(cases)) {
      for (const [kind, make] of Object.entries(functions)) {
        it(`in ${name}, by ${kind}`, async () => {
          for (const lateness of [0, 35]) {
            const steps: Step[] = [...WARM_UP, -500_000, ...randomSteps(random(lateness + name.length), 800, 300)];
            await run.of((env, see) => {
              const windows = env
                .addSource(new Script(steps))
                .keyBy(r => r.k)
                .window(assigner())
                .allowedLateness(lateness)
                .sideOutputLateData(LATE);
              const results = make(windows);
              see(results.union(results.getSideOutput(LATE).map(r => `late ${r.v}`)));
            });
            const expected = modelOf(steps, { windowsOf, lateness, ...(merges && { merges }) });
            expect((run.values as string[]).sort()).to.deep.equal(expected);
            expect(expected.some(line => line.startsWith('late'))).to.equal(true);
          }
        });
      }
    }
  });
}
