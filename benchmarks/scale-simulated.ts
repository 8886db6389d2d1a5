import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { JobGraph } from '../core/graph/index.js';
import { randomId } from '../core/ids.js';
import { type Held, ScaleCluster, SECRET } from './scale-cluster.js';
import { allFree, allRun, reaches, runJobs } from './scale-jobs.js';
import { stagesProgram } from './scale-program.js';
import type { ScaleRecorder } from './scale-recorder.js';
import { type ProbeFigures, RestProbe } from './scale-rest-probe.js';
import type { FromSimulator, ToSimulator } from './scale-simulator.js';

export interface SimulatedOptions {
  taskManagers: number;
  slots: number;
  /** Subtasks on each side of an all-to-all exchange; 0: none. */
  allToAll: number;
  /** Jobs one after another; 0: none. */
  jobs: number;
  /** MB of the ApplicationMaster. */
  masterMb: number;
  profile?: string;
}

const IDLE_MS = 10_000;
const HEARTBEAT = { intervalMs: 10_000, timeoutMs: 50_000 };

/** One ApplicationMaster, its TaskManagers played by another process. */
export async function measureSimulated(options: SimulatedOptions, recorder: ScaleRecorder): Promise<void> {
  const { taskManagers, slots, allToAll, jobs, masterMb, profile } = options;
  const cluster = await ScaleCluster.start({
    ...{ taskManagers: 0, slots, memoryMb: 1024, masterMb },
    ...(profile !== undefined && { profile }),
  });
  const total = taskManagers * slots;
  const simulator = fork(fileURLToPath(new URL('scale-simulator.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });
  const probe = new RestProbe(cluster.rest.address, cluster.master);
  const tell = (message: ToSimulator): void => void simulator.send(message);
  const setting = { part: 'simulated', taskManagers, slots, masterMb };
  const add = (what: string, figures: ProbeFigures, more: object = {}): void =>
    recorder.add({ ...setting, what }, { ...figures, ...more });
  try {
    const start = { ...HEARTBEAT, rpcPort: cluster.rpcPort, secret: SECRET, taskManagers, slots };
    add(
      'register',
      await probe.during(async () => {
        tell({ type: 'start', options: { ...start, heartbeat: HEARTBEAT } });
        await registered(simulator);
        await allFree(cluster, total);
      }),
    );
    add(
      'idle, heartbeats',
      await probe.during(() => new Promise(resolve => setTimeout(resolve, IDLE_MS))),
      rssOf(await cluster.held(cluster.master)),
    );

    const wide = await jobOf(total, 1, 'forward');
    add(
      `deploy ${total} subtasks`,
      await probe.during(async () => {
        await cluster.rest.submit(wide, undefined);
        await allRun(cluster.rest, wide.jobId);
      }),
    );
    add(
      `${total} subtasks run, heartbeats`,
      await probe.during(() => new Promise(resolve => setTimeout(resolve, IDLE_MS))),
      rssOf(await cluster.held(cluster.master)),
    );
    add(
      `cancel ${total} subtasks`,
      await probe.during(async () => {
        await cluster.rest.cancel(wide.jobId);
        await reaches(cluster.rest, wide.jobId, 'CANCELED');
        await allFree(cluster, total);
      }),
    );
    if (allToAll > 0) {
      const job = await jobOf(allToAll, 2, 'rebalance');
      add(
        `deploy ${allToAll} × ${allToAll} channels`,
        await probe.during(async () => {
          await cluster.rest.submit(job, undefined);
          await allRun(cluster.rest, job.jobId);
        }),
        rssOf(await cluster.held(cluster.master)),
      );
      add(
        `cancel ${allToAll} × ${allToAll} channels`,
        await probe.during(async () => {
          await cluster.rest.cancel(job.jobId);
          await allFree(cluster, total);
        }),
      );
    }
    if (jobs > 0) await churn(cluster, jobs, (what, figures) => recorder.add({ ...setting, what }, figures));
    const again = await jobOf(total, 1, 'forward');
    await cluster.rest.submit(again, undefined);
    await allRun(cluster.rest, again.jobId);
    add(
      'all connections break, all register anew',
      await probe.during(async () => {
        tell({ type: 'cut' });
        await registered(simulator);
        await reaches(cluster.rest, again.jobId, 'FAILED').catch(() => {});
        await allFree(cluster, total);
      }),
    );
  } finally {
    tell({ type: 'stop' });
    if (simulator.exitCode === null) await once(simulator, 'exit');
    await cluster.stop();
  }
}

/** Memory of the ApplicationMaster over many jobs: more than it remembers, so that the oldest are forgotten. */
async function churn(cluster: ScaleCluster, jobs: number, add: (what: string, figures: object) => void): Promise<void> {
  const graph = await jobOf(1, 1, 'forward', 'finite');
  const next = (): JobGraph => ({ ...graph, jobId: randomId() });
  const parts = 5;
  for (let part = 0; part < parts; part++) {
    const began = performance.now();
    await runJobs(cluster, next, undefined, jobs / parts, 1);
    const msPerJob = (performance.now() - began) / (jobs / parts);
    add(`after ${((part + 1) * jobs) / parts} jobs, one after another`, {
      msPerJob,
      ...heldOf(await cluster.held(cluster.master)),
    });
  }
  for (const times of [1, 5]) {
    await runJobs(cluster, next, undefined, 100 * times, 100);
    add(`after ${100 * times} more, 100 at once`, heldOf(await cluster.held(cluster.master)));
  }
}

async function jobOf(
  parallelism: number,
  stages: number,
  exchange: 'forward' | 'rebalance',
  jobName = 'endless',
): Promise<JobGraph> {
  const { program: _, ...graph } = (await stagesProgram({ parallelism, stages, exchange, endless: true })).next();
  return { ...graph, jobName };
}

async function registered(simulator: ChildProcess): Promise<void> {
  const [message] = (await once(simulator, 'message')) as [FromSimulator];
  if (message.type !== 'registered') throw new Error(`The simulator says ${message.type}.`);
}

const MB = 1024 ** 2;
const rssOf = ({ rss, heapUsed }: Held): object => ({ rssMb: rss / MB, heapMb: heapUsed / MB });

export function heldOf({ resources, heapUsed, rss, external, ...rest }: Held): object {
  const open = Object.values(resources).reduce((a, b) => a + b, 0);
  return { heapMb: heapUsed / MB, externalMb: external / MB, rssMb: rss / MB, resources: open, ...rest };
}
