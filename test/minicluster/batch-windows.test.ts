import { expect } from 'chai';
import {
  CountTrigger,
  type DataStream,
  Duration,
  EventTimeSessionWindows,
  type KeyedStream,
  ProcessJoinFunction,
  PurgingTrigger,
  RuntimeExecutionMode,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from '../../api/index.js';

type Reading = { key: string; at: number; n: number };

/** In no order of keys, and hardly of times: no record is late before the end of the input. */
const readings = Array.from({ length: 400 }, (_, i): Reading => ({ key: `k${i % 7}`, at: (i * 37) % 1000, n: i }));

const sum = {
  createAccumulator: () => 0,
  add: (r: Reading, total: number) => total + r.n,
  getResult: (total: number) => total,
  merge: (a: number, b: number) => a + b,
};

type Program = (readings: DataStream<Reading>) => { executeAndCollect(): Promise<unknown[]> };

async function outcome(mode: RuntimeExecutionMode, build: Program): Promise<string[]> {
  const env = StreamExecutionEnvironment.createLocalEnvironment(2).setRuntimeMode(mode);
  const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Reading>(Duration.ofSeconds(2));
  const stream = env.fromCollection(readings).assignTimestampsAndWatermarks(strategy.withTimestampAssigner(r => r.at));
  return (await build(stream).executeAndCollect()).map(r => JSON.stringify(r)).sort();
}

const programs: Record<string, Program> = {
  'tumbling windows': s =>
    byKey(s)
      .window(TumblingEventTimeWindows.of(Duration.ofMillis(100)))
      .aggregate(sum, (key, window, sums, out) => {
        for (const n of sums) out.collect([key, window.getStart(), n]);
      }),
  'sliding windows': s =>
    byKey(s)
      .window(SlidingEventTimeWindows.of(Duration.ofMillis(300), Duration.ofMillis(100)))
      .aggregate(sum, (key, window, sums, out) => {
        for (const n of sums) out.collect([key, window.getStart(), n]);
      }),
  'windows with lateness, kept one by one': s =>
    byKey(s)
      .window(SlidingEventTimeWindows.of(Duration.ofMillis(300), Duration.ofMillis(100)))
      .allowedLateness(Duration.ofMillis(10))
      .aggregate(sum, (key, window, sums, out) => {
        for (const n of sums) out.collect([key, window.getStart(), n]);
      }),
  sessions: s =>
    byKey(s)
      .window(EventTimeSessionWindows.withGap(Duration.ofMillis(20)))
      .apply((key, window, elements, out) => {
        out.collect([key, window.getStart(), window.getEnd(), [...elements].length]);
      }),
  'windows of counts': s =>
    byKey(s)
      .window(TumblingEventTimeWindows.of(Duration.ofSeconds(10)))
      .trigger(PurgingTrigger.of(CountTrigger.of(5)))
      .apply((key, _window, elements, out) => {
        out.collect([key, [...elements].length]);
      }),
  'a join by windows': s =>
    s
      .join(s.filter(r => r.n % 3 === 0))
      .where(r => r.key)
      .equalTo(r => r.key)
      .window(TumblingEventTimeWindows.of(Duration.ofMillis(50)))
      .apply((a, b) => [a.n, b.n]),
  'an interval join': s =>
    byKey(s)
      .intervalJoin(byKey(s.filter(r => r.n % 3 === 0)))
      .between(Duration.ofMillis(-5), Duration.ofMillis(5))
      .process(new Pairs()),
};

class Pairs extends ProcessJoinFunction<Reading, Reading, number[]> {
  processElement(a: Reading, b: Reading, _ctx: unknown, out: { collect(pair: number[]): void }): void {
    out.collect([a.n, b.n]);
  }
}

function byKey(stream: DataStream<Reading>): KeyedStream<Reading, string> {
  return stream.keyBy(r => r.key);
}

describe('batch mode gives what streaming does', function () {
  this.timeout(30_000);

  for (const [name, build] of Object.entries(programs)) {
    it(`of ${name}`, async () => {
      const streamed = await outcome(RuntimeExecutionMode.STREAMING, build);
      expect(streamed.length).to.be.greaterThan(10);
      expect(await outcome(RuntimeExecutionMode.BATCH, build)).to.deep.equal(streamed);
    });
  }

  it('of sessions, which have merged', async () => {
    const sessions = await outcome(RuntimeExecutionMode.BATCH, programs['sessions']!);
    expect(sessions.length).to.be.lessThan(readings.length / 2);
  });
});
