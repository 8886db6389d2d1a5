import type { Benchmark } from './catalogue.js';
import type { Contender } from './contender.js';
import { runJob } from './job-run.js';
import { keepLine } from './measurement.js';
import type { Run } from './results-table.js';

export interface Setting {
  job: Benchmark;
  records: number;
  parallelism: number;
  tms: 1 | 2;
  seed: number;
}

/** Runs a job once and keeps its figures. Rejects if it comes to another count or sum than it has to. */
export async function measure(contender: Contender, { job, records, parallelism, tms, seed }: Setting): Promise<Run> {
  const { engine, reuse, cluster, version } = contender;
  const setting = { job: job.id, parallelism, tms, engine, ...(version && { version }), reuse, records, seed };
  const answer = job.expected(records, seed);
  if (answer.sum > Number.MAX_SAFE_INTEGER) {
    throw new Error(`${job.id}: the sum of ${records} records is above 2^53, where LongCounter is not exact any more.`);
  }
  const got = await runJob(cluster, contender.args(job, records, parallelism, seed));
  if (got.count !== answer.count || got.sum !== answer.sum) {
    const [is, should] = [got, answer].map(a => `count ${a.count}, sum ${a.sum}`);
    throw new Error(`WRONG: ${JSON.stringify(setting)} came to ${is}; right is ${should}.`);
  }
  const { netRuntimeMs, cpuSeconds, otherCores } = got;
  const rates = {
    recordsPerSecond: (records * 1000) / netRuntimeMs,
    recordsPerCpuSecond: records / cpuSeconds,
  };
  const answers = { count: Number(got.count), sum: Number(got.sum) };
  console.log(keepLine('bench', setting, { netRuntimeMs, cpuSeconds, ...rates, otherCores, ...answers }));
  return { ...setting, ...rates };
}
