import { readFileSync } from 'node:fs';
import { MillraceError, messageOf, rootCause } from '../../core/errors.js';
import type { JobGraph } from '../../core/graph/index.js';
import { JOB_BUNDLE_FILE, JOB_GRAPH_FILE } from '../../core/protocol/index.js';
import type { ApplicationEnd, ApplicationMaster } from '../application-master.js';
import type { JobMaster } from '../jobmaster/job-master.js';

/** The job that a per-job application was made for, from the files beside it. Throws when it is refused. */
export async function submitPerJob(master: ApplicationMaster): Promise<JobMaster> {
  const { readJobGraph } = await import('../rest/submission.js');
  const job: JobGraph = readJobGraph(readFileSync(JOB_GRAPH_FILE));
  return master.dispatcher.submit(job, job.program && readFileSync(JOB_BUNDLE_FILE));
}

/** Milliseconds that the client of an attached job has to fetch its result; it may not even have asked once. */
const ATTACHED_WAIT_MS = 15_000;
/** Milliseconds that whoever else follows the job, or cancelled it, has to see that it ended. */
const FOLLOWED_WAIT_MS = 1000;

/** The application ends with its job, as its job did; a client that waits for the job gets its result first. */
export async function endWithJob(master: ApplicationMaster, job: JobMaster, attached = false): Promise<void> {
  await job.ended;
  const { status, diagnostics } = endOf(job);
  if (attached) await job.resultWatch.served(ATTACHED_WAIT_MS);
  else if (job.resultWatch.isFollowed) await job.resultWatch.served(FOLLOWED_WAIT_MS);
  master.requestEnd(status, diagnostics);
}

export function endOf(job: JobMaster): ApplicationEnd {
  const name = `Job ${job.job.jobName} (${job.job.jobId})`;
  switch (job.status) {
    case 'FINISHED':
      return { status: 'SUCCEEDED', diagnostics: '' };
    case 'CANCELED':
      return { status: 'KILLED', diagnostics: `${name} was cancelled.` };
    default: {
      const root = rootCause(job.failure);
      const kind = root instanceof Error && !(root instanceof MillraceError) ? `${root.name}: ` : '';
      return { status: 'FAILED', diagnostics: `${kind}${messageOf(root)}\n${name} failed: ${messageOf(job.failure)}` };
    }
  }
}
