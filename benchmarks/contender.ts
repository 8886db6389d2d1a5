import type { Benchmark } from './catalogue.js';
import type { FlinkUnderTest } from './flink-cluster.js';
import type { ClusterUnderTest } from './job-run.js';

/** A cluster together with a way to run the jobs on it. */
export interface Contender {
  engine: 'millrace' | 'flink';
  version?: string;
  reuse: boolean;
  cluster: ClusterUnderTest;
  /** Arguments of `flink run` for a job. */
  args(job: Benchmark, records: number, parallelism: number, seed: number): string[];
}

/** The same program arguments on both. */
const programArguments = (records: number, seed: number, reuse: boolean): string[] => [
  ...['--records', String(records), '--seed', String(seed), '--reuse', String(reuse)],
];

export function millrace(cluster: ClusterUnderTest, reuse: boolean): Contender {
  return {
    engine: 'millrace',
    reuse,
    cluster,
    args: (job, records, parallelism, seed) => [
      ...['-p', String(parallelism), '-c', job.entry, job.program],
      ...programArguments(records, seed, reuse),
    ],
  };
}

export function flink(cluster: FlinkUnderTest, reuse: boolean): Contender {
  return {
    engine: 'flink',
    version: cluster.version,
    reuse,
    cluster,
    args: (job, records, parallelism, seed) => [
      ...['-p', String(parallelism), '-c', 'benchmarks.Benchmarks', cluster.jar, '--job', job.id],
      ...programArguments(records, seed, reuse),
    ],
  };
}
