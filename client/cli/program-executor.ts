import { dryBind, type SubmittingExecutor } from '../../bundle/index.js';
import { messageOf } from '../../core/errors.js';
import type { JobHandle } from '../../core/executor.js';
import type { FileSystems } from '../../core/fs/index.js';
import {
  COLLECTED_RECORDS,
  type GenerateOptions,
  type JobResultData,
  type StreamGraph,
} from '../../core/graph/index.js';
import type { CliIo } from './io.js';
import type { JobSubmitter } from './job-submission.js';
import { JobWatch } from './job-watch.js';
import { checkInputs, jobGraphOf, type LoadedProgram, qualifyPaths } from './program.js';

export interface ProgramExecutorOptions {
  loaded: LoadedProgram;
  generate: GenerateOptions;
  fileSystems: FileSystems;
  submitter: JobSubmitter;
  detached: boolean;
}

/** Takes the jobs of a program as its `main` runs: checks, submits, and follows each. */
export class ProgramExecutor implements SubmittingExecutor {
  private readonly results: JobResultData[] = [];
  /** Cancellation and the like that must be over before the process ends. */
  private readonly pending = new Set<Promise<unknown>>();

  /** Of a detached job that failed while it was waited for. */
  detachedFailure: { error: unknown } | undefined;

  constructor(
    private readonly io: CliIo,
    private readonly options: ProgramExecutorOptions,
  ) {}

  submit(graph: StreamGraph, executeIndex: number): Promise<JobHandle> {
    return this.track(this.start(graph, executeIndex));
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.allSettled(this.pending);
  }

  private async start(streamGraph: StreamGraph, executeIndex: number): Promise<JobHandle> {
    const { loaded, generate, fileSystems, submitter, detached } = this.options;
    const graph = qualifyPaths(streamGraph, fileSystems);
    const jobGraph = jobGraphOf(graph, loaded, generate, executeIndex, this.results);
    await dryBind(loaded.packed.code, jobGraph.program!, jobGraph);
    await checkInputs(graph, fileSystems);
    this.io.interrupted.throwIfAborted();
    const job = await submitter.submit(jobGraph, loaded.packed.code);
    const { jobId, jobName } = jobGraph;
    this.io.out(`Job has been submitted with JobID ${jobId}`);
    const watch = new JobWatch(this.io, job, jobId, jobName);
    let result: Promise<JobResultData> | undefined;
    if (detached) {
      // Also where main does not ask for the result: a job that fails at once is to be told.
      result = this.track(this.detach(watch));
      result.catch((error: unknown) => {
        this.detachedFailure ??= { error };
      });
    }
    return {
      jobId,
      result: () => (result ??= this.track(this.follow(watch))),
      cancel: () => this.track(watch.cancel()),
    };
  }

  private async follow(watch: JobWatch): Promise<JobResultData> {
    try {
      const result = await watch.result();
      this.results.push(result);
      for (const line of formatResult(result)) this.io.out(line);
      return result;
    } catch (error) {
      if (this.io.interrupted.aborted) await this.cancelInterrupted(watch);
      throw error;
    }
  }

  /** What a detached program gets for a result: its job's id. */
  private async detach(watch: JobWatch): Promise<JobResultData> {
    await watch.detach();
    const result: JobResultData = { jobId: watch.jobId, netRuntimeMs: 0, accumulators: {} };
    this.results.push(result);
    return result;
  }

  private async cancelInterrupted(watch: JobWatch): Promise<void> {
    this.io.err(`Cancelling job ${watch.jobId}.`);
    try {
      await watch.cancel();
      this.io.err(`Cancelled job ${watch.jobId}.`);
    } catch (error) {
      this.io.err(`The job ${watch.jobId} could not be cancelled: ${messageOf(error)}`);
    }
  }

  private track<T>(work: Promise<T>): Promise<T> {
    this.pending.add(work);
    const forget = (): void => void this.pending.delete(work);
    work.then(forget, forget);
    return work;
  }
}

/** The lines that Flink prints after a job. */
export function formatResult({ jobId, netRuntimeMs, accumulators }: JobResultData): string[] {
  const names = Object.entries(accumulators).filter(([, { type }]) => type !== COLLECTED_RECORDS);
  return [
    'Program execution finished',
    `Job with JobID ${jobId} has finished.`,
    `Job Runtime: ${Math.round(netRuntimeMs)} ms`,
    ...(names.length > 0 ? ['Accumulator Results: '] : []),
    ...names.map(([name, { type, value }]) => `- ${name} (${type}): ${value}`),
    ...(names.length > 0 ? [''] : []),
  ];
}
