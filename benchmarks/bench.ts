// The record path: npm run bench -- [--jobs b1,b2] [--runs 3] [--scale 0.1] … (README.md has all options)
import { type BenchOptions, benchOptions } from './bench-options.js';
import type { Benchmark } from './catalogue.js';
import { type Contender, millrace } from './contender.js';
import { runJob } from './job-run.js';
import { keepLine } from './measurement.js';
import { medians, type Run } from './results-table.js';
import { StandaloneUnderTest } from './standalone.js';

/** A fresh process compiles while it runs: one short run of each job is not counted. */
const WARM_UP = 0.1;

const interrupted = new AbortController();

async function measure(
  { seed }: BenchOptions,
  contender: Contender,
  job: Benchmark,
  [records, parallelism, tms]: [records: number, parallelism: number, tms: number],
): Promise<Run> {
  const { engine, reuse } = contender;
  const setting = { job: job.id, parallelism, tms, engine, reuse, records, seed };
  const answer = job.expected(records, seed);
  if (answer.sum > Number.MAX_SAFE_INTEGER) {
    throw new Error(`${job.id}: with ${records} records the sum is above 2^53, where LongCounter ends to be exact.`);
  }
  interrupted.signal.throwIfAborted();
  const got = await runJob(contender.cluster, contender.args(job, records, parallelism, seed));
  if (got.count !== answer.count || got.sum !== answer.sum) {
    const [is, should] = [got, answer].map(a => `count ${a.count}, sum ${a.sum}`);
    throw new Error(`WRONG: ${JSON.stringify(setting)} came to ${is}; right is ${should}.`);
  }
  const { netRuntimeMs, cpuSeconds, otherCores } = got;
  const rates = {
    recordsPerSecond: (records * 1000) / netRuntimeMs,
    recordsPerCpuSecond: records / cpuSeconds,
  };
  const figures = { netRuntimeMs, cpuSeconds, ...rates, otherCores, count: Number(got.count), sum: Number(got.sum) };
  console.log(keepLine('bench', setting, contender.version ? { ...figures, flink: contender.version } : figures));
  return { ...setting, ...rates, otherCores };
}

async function measureOn(
  options: BenchOptions,
  tms: 1 | 2,
  contenders: readonly Contender[],
  runs: Run[],
): Promise<void> {
  // Two TaskManagers of one slot each are there for what goes between them.
  const parallelisms = tms === 1 ? options.parallelism : options.parallelism.filter(p => p === 2);
  for (const job of options.jobs) {
    const records = Math.max(1, Math.round(job.records * options.scale));
    for (const contender of contenders) {
      const warmUp = Math.max(1, Math.round(records * WARM_UP));
      await runJob(contender.cluster, contender.args(job, warmUp, 1, options.seed));
    }
    for (const parallelism of parallelisms) {
      for (let run = 0; run < options.runs; run++) {
        for (const contender of contenders) {
          runs.push(await measure(options, contender, job, [records, parallelism, tms]));
        }
      }
    }
  }
}

async function main(): Promise<void> {
  const options = benchOptions(process.argv.slice(2));
  const runs: Run[] = [];
  try {
    for (const tms of options.tms) {
      const cluster = await StandaloneUnderTest.start(tms);
      try {
        const contenders = options.reuse.map(reuse => millrace(cluster, reuse));
        await measureOn(options, tms, contenders, runs);
      } finally {
        await cluster.stop();
      }
    }
  } finally {
    for (const line of ['', ...medians(runs)]) console.log(line);
  }
}

// Ctrl-C ends the command that runs as well; clusters are stopped on the way out.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interrupted.abort(new Error(`Ended by ${signal}.`)));
}
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
