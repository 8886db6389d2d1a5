/**
 * Windows kept in panes against the plain window operator, in this process: records a CPU-second.
 *
 *     npx tsx benchmarks/windows.ts [records] [keys]
 */
import {
  type AggregateFunction,
  DiscardingSink,
  Duration,
  EventTimeTrigger,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  type TimeWindow,
  TumblingEventTimeWindows,
  WatermarkStrategy,
  type WindowAssigner,
} from '../api/index.js';

type Rec = [key: number, value: number, time: number];

/** Not the default one by its class: such windows are kept the plain way. */
class PlainTrigger extends EventTimeTrigger<Rec, TimeWindow> {}

const sum: AggregateFunction<Rec, number, number> = {
  createAccumulator: () => 0,
  add: (r, a) => a + r[1],
  getResult: a => a,
  merge: (a, b) => a + b,
};

async function cpuSeconds(
  records: number,
  keys: number,
  assigner: WindowAssigner<Rec, TimeWindow>,
  plain: boolean,
): Promise<number> {
  const env = StreamExecutionEnvironment.createLocalEnvironment();
  env.setParallelism(1);
  const windows = env
    .fromSequence(0, records - 1)
    .map((n): Rec => [n % keys, n & 7, n])
    .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps<Rec>().withTimestampAssigner(r => r[2]))
    .keyBy(0)
    .window(assigner);
  if (plain) windows.trigger(new PlainTrigger());
  windows.aggregate(sum).sinkTo(new DiscardingSink<number>());
  const before = process.cpuUsage();
  await env.execute('windows');
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const [records = 1_000_000, keys = 1000] = process.argv.slice(2).map(Number);
// A record is a millisecond.
const shapes: Record<string, () => WindowAssigner<Rec, TimeWindow>> = {
  'tumbling 60 s': () => TumblingEventTimeWindows.of<Rec>(Duration.ofSeconds(60)),
  'sliding 60 s / 10 s': () => SlidingEventTimeWindows.of<Rec>(Duration.ofSeconds(60), Duration.ofSeconds(10)),
  'sliding 64 s / 1 s': () => SlidingEventTimeWindows.of<Rec>(Duration.ofSeconds(64), Duration.ofSeconds(1)),
};
for (const [name, assigner] of Object.entries(shapes)) {
  for (const plain of [true, false]) {
    // Plain windows take each record once for each window that it is in.
    const count = plain && name.includes('64') ? records / 10 : records;
    const seconds = await cpuSeconds(count, keys, assigner(), plain);
    const rate = Math.round(count / seconds).toLocaleString('en-US');
    process.stdout.write(
      `${name.padEnd(22)} ${(plain ? 'plain' : 'panes').padEnd(6)} ${rate.padStart(12)} records/CPU-second\n`,
    );
  }
}
