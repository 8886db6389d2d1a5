import { fileURLToPath } from 'node:url';
import { BENCHMARKS } from './catalogue.js';
import { type ClusterUnderTest, type JobFigures, runJob } from './job-run.js';
import { ScaleCluster } from './scale-cluster.js';
import { allFree } from './scale-jobs.js';
import type { ScaleRecorder } from './scale-recorder.js';

export interface SlotsOptions {
  /** `slots in all` × `TaskManagers`. */
  settings: Array<{ slots: number; taskManagers: number }>;
  job: string;
  records: number;
  runs: number;
  seed: number;
  profile?: string;
}

const MB_PER_SLOT = 256;
/** So many times as many records in the second job of a setting. */
const LONGER = 5;

/**
 * The same job with as many subtasks as there are slots: what more slots than cores cost. Each thread compiles anew, so a
 * short job and a longer one tell apart what a slot costs once and what records cost then. Settings take turns.
 */
export async function measureSlots(options: SlotsOptions, recorder: ScaleRecorder): Promise<void> {
  const { settings, runs, records } = options;
  for (let run = 1; run <= runs; run++) {
    for (const { slots, taskManagers } of settings) {
      const [short, long] = await measureSetting(options, slots, taskManagers);
      const more = (LONGER - 1) * records;
      const cpu = long.cpuSeconds - short.cpuSeconds;
      recorder.add(
        { part: `slots, ${options.job}`, slots, taskManagers, run },
        {
          recordsPerSecond: (records * LONGER * 1000) / long.netRuntimeMs,
          recordsPerCpuSecond: (records * LONGER) / long.cpuSeconds,
          warmPerSecond: (more * 1000) / (long.netRuntimeMs - short.netRuntimeMs),
          warmPerCpuSecond: more / cpu,
          coldCpuSeconds: short.cpuSeconds - cpu / (LONGER - 1),
          otherCores: long.otherCores,
        },
      );
    }
  }
}

async function measureSetting(
  options: SlotsOptions,
  slots: number,
  taskManagers: number,
): Promise<[short: JobFigures, long: JobFigures]> {
  const { records, seed, profile } = options;
  const each = slots / taskManagers;
  const memoryMb = 512 + each * MB_PER_SLOT;
  const cluster = await ScaleCluster.start({
    taskManagers,
    slots: each,
    memoryMb,
    ...(profile !== undefined && { profile }),
  });
  try {
    const job = BENCHMARKS.find(b => b.id === options.job)!;
    const under: ClusterUnderTest = {
      flink: fileURLToPath(new URL('../scripts/flink', import.meta.url)),
      env: {},
      rest: cluster.rest.address,
      taskManagers: cluster.taskManagers,
    };
    const run = async (n: number): Promise<JobFigures> => {
      const target = ['-m', cluster.rest.address.replace('http://', ''), '-p', String(slots)];
      const args = [...target, '-c', job.entry, job.program, '--records', String(n), '--seed', String(seed)];
      const figures = await runJob(under, args);
      const answer = job.expected(n, seed);
      if (figures.count === answer.count && figures.sum === answer.sum) return figures;
      throw new Error(`WRONG: ${job.id} with ${slots} slots came to count ${figures.count}, sum ${figures.sum}.`);
    };
    const short = await run(records);
    await allFree(cluster, slots);
    return [short, await run(records * LONGER)];
  } finally {
    await cluster.stop();
  }
}
