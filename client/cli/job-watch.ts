import { deserializeError, MillraceError } from '../../core/errors.js';
import type { JobResultData } from '../../core/graph/index.js';
import type { HexId } from '../../core/ids.js';
import { isGloballyTerminal, type JobStatus, type JobWaiting } from '../../core/protocol/index.js';
import { isLost } from '../deploy/cluster-client.js';
import { pause } from '../deploy/interruptible.js';
import type { CliIo } from './io.js';
import type { SubmittedJob } from './job-submission.js';

const SHORTEST_POLL = 30;
const LONGEST_POLL = 500;
const DETACHED_WAIT = 10_000;
/** Milliseconds that a job has to end after Ctrl-C. */
const CANCEL_WAIT = 15_000;

/** One job, as its submitter follows it. */
export class JobWatch {
  private shown: string | undefined;

  constructor(
    private readonly io: CliIo,
    private readonly job: SubmittedJob,
    readonly jobId: HexId,
    private readonly jobName: string,
  ) {}

  /** Waits for the job's end and shows its states on the way. Rejects with JOB_FAILED or JOB_CANCELED. */
  async result(): Promise<JobResultData> {
    try {
      for (let wait = SHORTEST_POLL; ; wait = Math.min(wait * 1.3, LONGEST_POLL)) {
        this.io.interrupted.throwIfAborted();
        const status = await this.job.client.rest.status(this.jobId);
        this.show(status);
        if (isGloballyTerminal(status.state)) return await this.ended();
        await pause(wait, this.io.interrupted);
      }
    } catch (error) {
      if (!isLost(error)) throw error;
      return this.endedUnseen(error);
    }
  }

  /** `run -d`: until the job runs, or why not, or what it waits for. Rejects if it has failed by then. */
  async detach(): Promise<void> {
    const deadline = Date.now() + (this.io.detachedWait ?? DETACHED_WAIT);
    try {
      for (let wait = SHORTEST_POLL; ; wait = Math.min(wait * 1.3, LONGEST_POLL)) {
        const status = await this.job.client.rest.status(this.jobId);
        this.show(status);
        if (status.state === 'FAILED') throw this.failed(status.failure && deserializeError(status.failure));
        if (isGloballyTerminal(status.state) || (status.state === 'RUNNING' && !status.waitingFor)) return;
        if (Date.now() > deadline) {
          const what = status.waitingFor ?? `it is ${status.state}`;
          this.io.err(`The job does not run yet: ${what}. It goes on; see "flink list".`);
          return;
        }
        await pause(wait, this.io.interrupted);
      }
    } catch (error) {
      if (!isLost(error)) throw error;
      await this.endedUnseen(error);
    }
  }

  /** Cancels the job and waits for its end, but not for ever. */
  async cancel(): Promise<void> {
    // The same Ctrl-C that asks for this has ended the other requests.
    const rest = this.job.client.rest.uninterrupted();
    const deadline = Date.now() + CANCEL_WAIT;
    const never = new AbortController().signal;
    await rest.cancel(this.jobId).catch((error: unknown) => {
      // It ended by itself in this moment.
      if (!(error instanceof MillraceError && error.code === 'ILLEGAL_STATE')) throw error;
    });
    for (let wait = SHORTEST_POLL; Date.now() < deadline; wait = Math.min(wait * 1.3, LONGEST_POLL)) {
      const status = await rest.status(this.jobId).catch((error: unknown) => {
        // The application has ended with its job.
        if (this.job.perJob && isLost(error)) return undefined;
        throw error;
      });
      if (!status) return;
      if (isGloballyTerminal(status.state)) {
        // An application of this job goes as soon as its client has the result.
        if (this.job.perJob) await rest.executionResult(this.jobId).catch(() => {});
        return;
      }
      await pause(wait, never);
    }
    throw new MillraceError('TIMEOUT', `The job ${this.jobId} has not ended within ${CANCEL_WAIT / 1000} s.`);
  }

  private async ended(): Promise<JobResultData> {
    const { 'job-execution-result': result } = await this.job.client.rest.executionResult(this.jobId);
    if (result?.['application-status'] === 'SUCCEEDED') {
      return { jobId: this.jobId, netRuntimeMs: result['net-runtime'], accumulators: result.accumulators };
    }
    if (result?.['application-status'] === 'CANCELED') throw this.cancelled();
    throw this.failed(result?.['failure-cause'] && deserializeError(result['failure-cause']));
  }

  /** Nobody answers: on YARN the application may have ended with its job, or have died. */
  private async endedUnseen(error: unknown): Promise<JobResultData> {
    if (!this.job.perJob) throw await this.job.client.explain(error);
    const outcome = await this.job.client.outcomeWithoutRest(this.jobId).catch((why: unknown) => {
      throw isLost(why) ? error : why;
    });
    if (outcome === 'KILLED') throw this.cancelled();
    if (outcome === undefined) throw error;
    return { jobId: this.jobId, netRuntimeMs: 0, accumulators: {} };
  }

  private failed(cause: Error | undefined): MillraceError {
    return new MillraceError('JOB_FAILED', `The job ${this.jobName} (${this.jobId}) failed.`, {
      ...(cause && { cause }),
      context: { jobId: this.jobId },
    });
  }

  private cancelled(): MillraceError {
    const message = `The job ${this.jobName} (${this.jobId}) was cancelled.`;
    return new MillraceError('JOB_CANCELED', message, { context: { jobId: this.jobId } });
  }

  private show({ state, waitingFor }: JobWaiting): void {
    const text = describe(state, waitingFor);
    // "since 3 s" grows with every look: what is waited for is what counts.
    const same = text.replace(/\d+(\.\d+)? s\b/g, '');
    if (same === this.shown) return;
    this.shown = same;
    this.io.err(`${this.jobId} ${text}`);
  }
}

function describe(state: JobStatus, waitingFor: string | undefined): string {
  return waitingFor === undefined ? `is ${state}` : `is ${state}: ${waitingFor}`;
}
