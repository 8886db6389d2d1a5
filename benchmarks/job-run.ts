import { runCommand } from '../test/testing/command.js';
import { CpuWatch } from './cpu-time.js';
import type { Answer } from './expected.js';

/** A cluster that is up, ours or Flink's: both have the same command line and the same REST. */
export interface ClusterUnderTest {
  /** The command `flink`. */
  flink: string;
  env: Record<string, string>;
  /** `http://host:port` */
  rest: string;
  taskManagers: readonly number[];
}

export interface JobFigures extends Answer {
  /** Milliseconds from the job's submission to its end, as the cluster counts them; deployment is included. */
  netRuntimeMs: number;
  /** Of the TaskManagers. */
  cpuSeconds: number;
  /** Cores that others used meanwhile, the client and the JobManager among them. */
  otherCores: number;
}

/** Runs a job with `flink run` and waits for its end. Rejects with the command's output if it fails. */
export async function runJob(cluster: ClusterUnderTest, args: readonly string[]): Promise<JobFigures> {
  const watch = new CpuWatch(cluster.taskManagers);
  try {
    const run = await runCommand(cluster.flink, ['run', ...args], { env: cluster.env, timeoutMs: 600_000 });
    const failed = (): Error =>
      new Error(`flink run ${args.join(' ')}: code ${run.code}\n${run.stdout}\n${run.stderr}`);
    if (run.code !== 0) throw failed();
    const find = (pattern: RegExp): string => {
      const match = pattern.exec(run.stdout);
      if (!match) throw failed();
      return match[1]!;
    };
    const jobId = find(/submitted with JobID ([0-9a-f]{32})/);
    const { 'start-time': start } = (await (await fetch(`${cluster.rest}/jobs/${jobId}`)).json()) as {
      'start-time': number;
    };
    const { seconds, others } = watch.stop(start);
    return {
      netRuntimeMs: Number(find(/Job Runtime: (\d+) ms/)),
      cpuSeconds: seconds,
      otherCores: others,
      count: BigInt(find(/^- out_count \(.+\): (\d+)$/m)),
      sum: BigInt(find(/^- out_sum \(.+\): (\d+)$/m)),
    };
  } finally {
    watch.close();
  }
}
