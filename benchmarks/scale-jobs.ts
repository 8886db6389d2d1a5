import type { RestClient } from '../client/rest/index.js';
import type { JobGraph } from '../core/graph/index.js';
import type { JobStatus } from '../core/protocol/index.js';
import { eventually } from '../test/testing/eventually.js';
import type { ScaleCluster } from './scale-cluster.js';

const TIMEOUT = { timeout: 600_000, interval: 5 };

/** Waits until a job has this status; fails if it ends with another. */
export async function reaches(rest: RestClient, jobId: string, wanted: JobStatus, interval = 5): Promise<void> {
  let failure: Error | undefined;
  await eventually(
    async () => {
      const { state, failure: why } = await rest.status(jobId);
      if (state !== wanted && ['FINISHED', 'FAILED', 'CANCELED'].includes(state)) {
        failure = new Error(`Job ${jobId} is ${state}: ${why?.message ?? ''}`);
        return true;
      }
      return state === wanted;
    },
    { ...TIMEOUT, interval },
  );
  if (failure) throw failure;
}

/** Waits until all subtasks run. */
export async function allRun(rest: RestClient, jobId: string, interval = 50): Promise<void> {
  await reaches(rest, jobId, 'RUNNING');
  await eventually(
    async () => {
      const job = (await rest.jobs()).find(j => j.jid === jobId)!;
      if (job.state !== 'RUNNING') throw new Error(`Job ${jobId} is ${job.state}.`);
      return job.tasks['running'] === job.tasks['total'];
    },
    { ...TIMEOUT, interval },
  );
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
