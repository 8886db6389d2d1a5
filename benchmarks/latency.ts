// Source to sink, across two TaskManagers: npm run bench:latency -- [--timeouts 0,10,100] [--loads 10,50,80] [--flink DIR]
import { FlinkUnderTest } from './flink-cluster.js';
import { runBenchmark, throwIfInterrupted } from './interruption.js';
import { type LatencyOptions, latencyOptions } from './latency-options.js';
import { flinkLatency, type LatencyContender, type LatencyRun, millraceLatency, runLatencyJob } from './latency-run.js';
import { type LatencyCell, latencyOf, latencyRatios, latencyTable } from './latency-table.js';
import { keepLine } from './measurement.js';
import { thousands } from './results-table.js';
import { StandaloneUnderTest } from './standalone.js';

/** What both can take at this buffer timeout: beyond it a queue grows, and its length is what would be measured. */
async function peakOf(contenders: readonly LatencyContender[], timeout: number, options: LatencyOptions) {
  const peaks: number[] = [];
  for (const contender of contenders) {
    throwIfInterrupted();
    const run = await runLatencyJob(contender, 0, timeout, options);
    keep(contender, { timeout, load: 'peak' }, run);
    console.log(
      `${contender.engine}, buffer timeout ${timeout} ms: ${thousands(run.recordsPerSecond)} records/s at most`,
    );
    peaks.push(run.recordsPerSecond);
  }
  return Math.min(...peaks);
}

async function measureAll(options: LatencyOptions, contenders: readonly LatencyContender[], cells: LatencyCell[]) {
  for (const timeout of options.timeouts) {
    const peak = await peakOf(contenders, timeout, options);
    for (const load of options.loads) {
      const rate = Math.round((peak * load) / 100);
      for (let i = 0; i < options.runs; i++) {
        for (const contender of contenders) {
          throwIfInterrupted();
          const run = await runLatencyJob(contender, rate, timeout, options);
          keep(contender, { timeout, load, rate }, run);
          const cell: LatencyCell = { ...run, engine: contender.engine, timeout, load, rate };
          cells.push(cell);
          const [p50, p99] = (['p50', 'p99'] as const).map(q => latencyOf(cell, q).toFixed(2));
          console.log(`${contender.engine}, ${timeout} ms, ${load} %: p50 ${p50} ms, p99 ${p99} ms`);
        }
      }
    }
  }
}

function keep({ engine, version }: LatencyContender, setting: Record<string, unknown>, run: LatencyRun): void {
  const { crossed, stayed, late, ...figures } = run;
  const quantiles = (of: LatencyRun['crossed']): Record<string, number> => ({
    count: of.count,
    ...Object.fromEntries([0.5, 0.9, 0.99, 0.999, 1].map(q => [`p${q * 100}`, of.quantile(q)])),
  });
  keepLine(
    'latency',
    { engine, ...(version !== undefined && { version }), ...setting },
    { ...figures, crossedMs: quantiles(crossed), stayedMs: quantiles(stayed), lateMs: quantiles(late) },
  );
}

async function main(): Promise<void> {
  const options = latencyOptions(process.argv.slice(2));
  const cells: LatencyCell[] = [];
  const theirs = options.flink === undefined ? undefined : await FlinkUnderTest.start(options.flink, 2);
  try {
    const ours = await StandaloneUnderTest.start(2);
    try {
      await measureAll(options, [millraceLatency(ours), ...(theirs ? [flinkLatency(theirs)] : [])], cells);
    } finally {
      await ours.stop();
    }
  } finally {
    await theirs?.stop();
    for (const table of [latencyTable(cells), latencyRatios(cells)]) {
      if (table.length > 0) console.log(`\n${table.join('\n')}`);
    }
  }
}

await runBenchmark(main);
