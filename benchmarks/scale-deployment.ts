import { cpuSeconds } from './cpu-time.js';
import { ScaleCluster } from './scale-cluster.js';
import { allFree, allRun, reaches } from './scale-jobs.js';
import { stagesProgram } from './scale-program.js';
import type { ScaleRecorder } from './scale-recorder.js';
import { RestProbe, residentMb } from './scale-rest-probe.js';

/** `125x8:rebalance`: 125 subtasks in each of 8 stages, all joined with all. */
export interface DeploymentShape {
  parallelism: number;
  stages: number;
  exchange: 'forward' | 'rebalance';
}

export interface DeploymentOptions {
  shapes: DeploymentShape[];
  taskManagers: number;
}

/** What the split of memory asks for at least, with room for batches. */
const MB_PER_SLOT = 64;

/** Many subtasks in real TaskManagers of many slots: until all run, until all are gone. */
export async function measureDeployment(options: DeploymentOptions, recorder: ScaleRecorder): Promise<void> {
  const { shapes, taskManagers } = options;
  for (const shape of shapes) {
    const { parallelism, stages, exchange } = shape;
    const slots = Math.ceil(parallelism / taskManagers);
    const setting = {
      part: 'deployment',
      subtasks: parallelism * stages,
      shape: `${parallelism} × ${stages} ${exchange}`,
      taskManagers,
    };
    const program = await stagesProgram({ ...shape, endless: true });
    const began = performance.now();
    const cluster = await ScaleCluster.start({ taskManagers, slots, memoryMb: 512 + slots * MB_PER_SLOT });
    try {
      const { rest, master } = cluster;
      const probe = new RestProbe(rest.address, master);
      const memory = (): object => {
        const managers = cluster.taskManagers.map(residentMb);
        return { masterMb: residentMb(master), managersMb: managers.reduce((a, b) => a + b, 0) };
      };
      recorder.add({ ...setting, what: 'start' }, { ms: performance.now() - began, ...memory() });
      for (const turn of ['first', 'second']) {
        const job = program.next();
        const managersCpu = (): number => cluster.taskManagers.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
        const cpu = managersCpu();
        const up = await probe.during(async () => {
          await rest.submit(job, program.bundle);
          await allRun(rest, job.jobId);
        });
        recorder.add(
          { ...setting, what: `${turn} submit → RUNNING` },
          { ...up, managersCpu: managersCpu() - cpu, ...memory() },
        );
        const down = await probe.during(async () => {
          await rest.cancel(job.jobId);
          await reaches(rest, job.jobId, 'CANCELED');
        });
        recorder.add({ ...setting, what: `${turn} cancel → CANCELED` }, down);
        const freeing = performance.now();
        await allFree(cluster, slots * taskManagers);
        recorder.add(
          { ...setting, what: `${turn} → all slots free` },
          { ms: performance.now() - freeing, ...memory() },
        );
      }
    } catch (error) {
      recorder.add({ ...setting, what: `failed: ${(error as Error).message.slice(0, 300)}` }, {});
    } finally {
      await cluster.stop();
    }
  }
}
