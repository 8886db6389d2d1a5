import { runMain } from '../../bundle/index.js';
import type { Configuration } from '../../core/config/index.js';
import type { JobHandle } from '../../core/executor.js';
import { localExecutor } from '../../minicluster/index.js';
import { interruptible } from '../deploy/interruptible.js';
import type { CliIo } from './io.js';
import type { LoadedProgram } from './program.js';
import { formatResult } from './program-executor.js';

/** `flink run -t local`: the jobs run in this process, as under plain `node job.js`. */
export async function runLocally(
  io: CliIo,
  { program, args, sandbox }: LoadedProgram,
  configuration: Configuration,
  parallelism: number | undefined,
): Promise<number> {
  const executor = localExecutor({ configuration, ...(parallelism !== undefined && { parallelism }) });
  const running = new Set<JobHandle>();
  const submit = async (graph: Parameters<typeof executor.execute>[0]): Promise<JobHandle> => {
    const job = await executor.execute(graph);
    running.add(job);
    io.out(`Job has been submitted with JobID ${job.jobId}`);
    const result = async (): ReturnType<JobHandle['result']> => {
      try {
        const data = await job.result();
        for (const line of formatResult(data)) io.out(line);
        return data;
      } finally {
        running.delete(job);
      }
    };
    let awaited: ReturnType<JobHandle['result']> | undefined;
    return { jobId: job.jobId, cancel: () => job.cancel(), result: () => (awaited ??= result()) };
  };
  try {
    await interruptible(runMain(program, args, sandbox, { submit }), io.interrupted);
    // Jobs that main did not wait for would be gone with this process.
    await interruptible(Promise.all([...running].map(job => job.result())), io.interrupted);
    return 0;
  } catch (error) {
    if (io.interrupted.aborted) await Promise.allSettled([...running].map(job => job.cancel()));
    throw error;
  }
}
