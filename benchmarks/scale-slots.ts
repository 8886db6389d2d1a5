import { fileURLToPath } from 'node:url';
import { BENCHMARKS } from './catalogue.js';
import { runJob } from './job-run.js';
import { ScaleCluster } from './scale-cluster.js';
import type { ScaleRecorder } from './scale-recorder.js';

export interface SlotsOptions {
  /** `slots in all` × `TaskManagers`. */
  settings: Array<{ slots: number; taskManagers: number }>;
  job: string;
  records: number;
  runs: number;
  seed: number;
}

const MB_PER_SLOT = 256;

/** The same job with as many subtasks as there are slots: what more slots than cores cost. Settings take turns. */
export async function measureSlots(options: SlotsOptions, recorder: ScaleRecorder): Promise<void> {
  const { settings, records, runs, seed } = options;
  const job = BENCHMARKS.find(b => b.id === options.job)!;
  const answer = job.expected(records, seed);
  for (let run = 1; run <= runs; run++) {
    for (const { slots, taskManagers } of settings) {
      const each = slots / taskManagers;
      const cluster = await ScaleCluster.start({ taskManagers, slots: each, memoryMb: 512 + each * MB_PER_SLOT });
      try {
        const under = {
          flink: fileURLToPath(new URL('../scripts/flink', import.meta.url)),
          env: {},
          rest: cluster.rest.address,
          taskManagers: cluster.taskManagers,
        };
        const address = cluster.rest.address.replace('http://', '');
        const args = (n: number): string[] => [
          ...['-m', address, '-p', String(slots), '-c', job.entry, job.program],
          ...['--records', String(n), '--seed', String(seed)],
        ];
        const { count, sum, netRuntimeMs, cpuSeconds, otherCores } = await runJob(under, args(records));
        if (count !== answer.count || sum !== answer.sum)
          throw new Error(`WRONG: ${count}, ${sum} with ${slots} slots.`);
        recorder.add(
          { part: `slots, ${job.id}`, slots, taskManagers, run },
          { recordsPerSecond: (records * 1000) / netRuntimeMs, recordsPerCpuSecond: records / cpuSeconds, otherCores },
        );
      } finally {
        await cluster.stop();
      }
    }
  }
}
