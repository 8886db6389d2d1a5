import type { JobMaster } from '../applicationmaster/index.js';
import { MillraceError, messageOf, rootCause } from '../core/errors.js';
import type { JobHandle } from '../core/executor.js';
import type { JobResultData } from '../core/graph/index.js';
import type { HexId } from '../core/ids.js';
import type { JobStatus } from '../core/protocol/index.js';

/** A job of the MiniCluster. */
export class LocalJob implements JobHandle {
  private awaited: Promise<JobResultData> | undefined;

  constructor(private readonly job: JobMaster) {}

  get jobId(): HexId {
    return this.job.job.jobId;
  }

  get status(): JobStatus {
    return this.job.status;
  }

  /** Resolves when it FINISHED; rejects with JOB_FAILED, the root cause as its `cause`, or JOB_CANCELED. */
  result(): Promise<JobResultData> {
    this.awaited ??= this.awaitEnd();
    return this.awaited;
  }

  /** Resolves when nothing of the job runs any more. */
  async cancel(): Promise<void> {
    this.job.cancel();
    await this.job.ended;
  }

  private async awaitEnd(): Promise<JobResultData> {
    const { job } = this;
    await job.ended;
    const context = { jobId: this.jobId };
    const name = `Job ${job.job.jobName} (${this.jobId})`;
    if (job.status === 'FINISHED') return job.result();
    if (job.status === 'CANCELED') throw new MillraceError('JOB_CANCELED', `${name} was cancelled.`, { context });
    const { failure } = job;
    throw new MillraceError('JOB_FAILED', `${name} failed: ${messageOf(failure)}`, {
      context,
      cause: rootCause(failure),
      ...(failure instanceof MillraceError && { domain: failure.domain }),
    });
  }
}
