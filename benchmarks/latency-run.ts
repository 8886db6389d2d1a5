import { fileURLToPath } from 'node:url';
import { runCommand } from '../test/testing/command.js';
import { CpuWatch } from './cpu-time.js';
import type { FlinkUnderTest } from './flink-cluster.js';
import type { ClusterUnderTest } from './job-run.js';
import { LatencyHistogram } from './jobs/latency-histogram.js';
import type { LatencyOptions } from './latency-options.js';
import { RunQueueWatch } from './run-queue.js';

const PROGRAM = fileURLToPath(new URL('jobs/keyed-latency.ts', import.meta.url));

/** Two TaskManagers of a slot each, and the job's program for them. */
export interface LatencyContender {
  engine: 'millrace' | 'flink';
  version?: string;
  cluster: ClusterUnderTest;
  program: readonly string[];
}

export const millraceLatency = (cluster: ClusterUnderTest): LatencyContender => ({
  engine: 'millrace',
  cluster,
  program: ['-c', 'KeyedLatency', PROGRAM],
});

export const flinkLatency = (cluster: FlinkUnderTest): LatencyContender => ({
  engine: 'flink',
  version: cluster.version,
  cluster,
  program: ['-c', 'benchmarks.KeyedLatency', cluster.jar],
});

export interface LatencyRun {
  /** Records emitted of those that were due in the measured time, per second. */
  recordsPerSecond: number;
  /** Records that were given up: the rate was more than the job could take. */
  dropped: number;
  /** From when a record was due to its sink, for what went from one TaskManager to the other. */
  crossed: LatencyHistogram;
  /** The same for what stayed in its slot. */
  stayed: LatencyHistogram;
  /** From when a record was due to when the source emitted it. */
  late: LatencyHistogram;
  /** Of the TaskManagers, for each second of the job. */
  cores: number;
  otherCores: number;
  /** Threads of the TaskManagers that had work and no core, on average. */
  starved: number;
}

/** `rate` is in records a second, of both sources; 0 for as many as go. Rejects if a record was lost on the way. */
export async function runLatencyJob(
  { cluster, program }: LatencyContender,
  rate: number,
  timeout: number,
  { warmUpMs, measuredMs, seed }: LatencyOptions,
): Promise<LatencyRun> {
  const given = { parallelism: 2, rate, timeout, 'warm-up': warmUpMs, measured: measuredMs, seed };
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const watch = new CpuWatch(cluster.taskManagers);
  const runQueue = new RunQueueWatch(cluster.taskManagers);
  try {
    const command = ['run', '-p', '2', ...program, ...args];
    const run = await runCommand(cluster.flink, command, { env: cluster.env, timeoutMs: 120_000 });
    const failed = (why: string): Error =>
      new Error(`flink ${command.join(' ')}: ${why}, code ${run.code}\n${run.stdout}\n${run.stderr}`);
    const runtime = Number(/Job Runtime: (\d+) ms/.exec(run.stdout)?.[1]);
    if (run.code !== 0 || Number.isNaN(runtime)) throw failed('it has failed');
    const { seconds, others } = watch.stop(Date.now() - runtime);
    const counters = new Map<string, number>();
    for (const [, name, value] of run.stdout.matchAll(/^- (\w+) \(.+\): (\d+)$/gm)) counters.set(name!, Number(value));
    const counter = (name: string): number => counters.get(name) ?? 0;
    const sent = counter('in_count');
    if (sent === 0 || counter('out_count') !== sent) throw failed(`${sent} records became ${counter('out_count')}`);
    const figures = {
      crossed: histogram(counters, 'crossed'),
      stayed: histogram(counters, 'stayed'),
      late: histogram(counters, 'late'),
    };
    const measured = counter('in_measured');
    if (figures.crossed.count + figures.stayed.count !== measured) throw failed('not all latencies came back');
    return {
      recordsPerSecond: (measured * 1000) / measuredMs,
      dropped: counter('in_dropped'),
      ...figures,
      cores: (seconds * 1000) / runtime,
      otherCores: others,
      starved: runQueue.stop(),
    };
  } finally {
    watch.close();
    runQueue.close();
  }
}

function histogram(counters: ReadonlyMap<string, number>, name: string): LatencyHistogram {
  const result = new LatencyHistogram();
  for (const [counter, count] of counters) {
    if (counter.startsWith(`${name}_`)) result.addCount(Number(counter.slice(name.length + 1)), count);
  }
  return result;
}
