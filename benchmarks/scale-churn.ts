import { ScaleCluster } from './scale-cluster.js';
import { allFree, runJobs } from './scale-jobs.js';
import { stagesProgram } from './scale-program.js';
import type { ScaleRecorder } from './scale-recorder.js';
import { heldOf } from './scale-simulated.js';

export interface ChurnOptions {
  jobs: number;
  /** Slots of the one TaskManager. */
  slots: number;
  atOnce: number;
}

const PARTS = 5;

/** Jobs one after another, then many at once, in one session with real slots: what both processes hold meanwhile. */
export async function measureChurn({ jobs, slots, atOnce }: ChurnOptions, recorder: ScaleRecorder): Promise<void> {
  const program = await stagesProgram({ parallelism: 2, stages: 2, exchange: 'rebalance', endless: false });
  const cluster = await ScaleCluster.start({ taskManagers: 1, slots, memoryMb: 512 + 96 * slots });
  const note = async (after: string, more: object = {}): Promise<void> => {
    await allFree(cluster, slots);
    const files = cluster.temporaryFiles();
    for (const [process, pid] of [
      ['master', cluster.master],
      ['manager', cluster.taskManagers[0]!],
    ] as const) {
      recorder.add({ part: 'jobs', process, after }, { ...heldOf(await cluster.held(pid)), tmpFiles: files, ...more });
    }
  };
  try {
    await note('start');
    for (let part = 1; part <= PARTS; part++) {
      const began = performance.now();
      const count = Math.ceil(jobs / PARTS);
      await runJobs(cluster, program.next, program.bundle, count, 1);
      await note(`${part * count} jobs`, { msPerJob: (performance.now() - began) / count });
    }
    for (let round = 1; round <= 2; round++) {
      await runJobs(cluster, program.next, program.bundle, atOnce, atOnce);
      await note(`${round} × ${atOnce} at once`);
    }
  } finally {
    await cluster.stop();
  }
}
