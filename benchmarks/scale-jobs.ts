import type { JobGraph } from '../core/graph/index.js';
import type { JobStatus } from '../core/protocol/index.js';
import { eventually } from '../test/testing/eventually.js';
import type { ScaleCluster } from './scale-cluster.js';
import type { ScaleRest } from './scale-rest.js';

const TIMEOUT = { timeout: 600_000, interval: 5 };

const ENDS: readonly JobStatus[] = ['FINISHED', 'FAILED', 'CANCELED'];

/** Waits until a job has this status; rejects if it ends with another. */
export async function reaches(rest: ScaleRest, jobId: string, wanted: JobStatus, interval = 5): Promise<void> {
  const { state, failure } = await eventually(
    async () => {
      const status = await rest.status(jobId);
      return (status.state === wanted || ENDS.includes(status.state)) && status;
    },
    { ...TIMEOUT, interval },
  );
  if (state !== wanted) throw new Error(`Job ${jobId} is ${state}: ${failure?.message ?? ''}`);
}

/** Waits until all subtasks run; rejects if the job ends before. */
export async function allRun(rest: ScaleRest, jobId: string, interval = 50): Promise<void> {
  const over = await eventually(
    async () => {
      const { state, tasks } = (await rest.jobs()).find(j => j.jid === jobId)!;
      return ENDS.includes(state) || (state === 'RUNNING' && tasks['running'] === tasks['total']);
    },
    { ...TIMEOUT, interval },
  );
  if (over) await reaches(rest, jobId, 'RUNNING');
}

export async function allFree({ rest }: ScaleCluster, slots: number): Promise<void> {
  await eventually(async () => (await rest.overview())['slots-available'] === slots, TIMEOUT);
}

/** Runs so many jobs, `atOnce` of them submitted before one is waited for. */
export async function runJobs(
  { rest }: ScaleCluster,
  next: () => JobGraph,
  bundle: Uint8Array | undefined,
  count: number,
  atOnce: number,
): Promise<void> {
  for (let done = 0; done < count; done += atOnce) {
    const jobs = Array.from({ length: Math.min(atOnce, count - done) }, next);
    await Promise.all(jobs.map(job => rest.submit(job, bundle)));
    for (const { jobId } of jobs) await reaches(rest, jobId, 'FINISHED', 2);
  }
}
