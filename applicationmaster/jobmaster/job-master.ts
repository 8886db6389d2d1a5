import type { Clock } from '../../core/clock.js';
import { MillraceError, messageOf, rootCause } from '../../core/errors.js';
import type { FileSystems } from '../../core/fs/index.js';
import type { AccumulatorValue, JobGraph, JobResultData } from '../../core/graph/index.js';
import type { HexId } from '../../core/ids.js';
import type { Logger } from '../../core/logging.js';
import type { JobStatus, TaskMetrics, TaskStateUpdate } from '../../core/protocol/index.js';
import type { SlotManager } from '../resourcemanager/slot-manager.js';
import { mergeAccumulators } from './accumulators.js';
import type { Execution, ExecutionGraph } from './execution-graph.js';
import { JobAttempt } from './job-attempt.js';
import { JobState } from './job-state.js';
import type { RestartStrategy } from './restart-strategy.js';
import { ResultWatch } from './result-watch.js';
import { TextOutputs } from './text-outputs.js';

export interface JobMasterOptions {
  job: JobGraph;
  slots: SlotManager;
  sessionId: HexId;
  clock: Clock;
  logger: Logger;
  fileSystems: FileSystems;
  restartStrategy: RestartStrategy;
  /** task.cancellation.timeout, milliseconds. */
  cancellationTimeout: number;
}

export interface FailureEntry {
  error: Error;
  timestamp: number;
  /** Name of the task, absent where the whole job failed. */
  task?: string;
  taskManagerId?: string;
  /** Host and data port of its slot. */
  endpoint?: string;
}

/** Failures that are kept of one job; a job that restarts for weeks has more. */
const FAILURES_KEPT = 20;

/**
 * Runs one job from submission to its end: attempts, failures, restarts, cancellation. It decides in the event loop's
 * one thread and never between an await and the state it read before.
 */
export class JobMaster {
  readonly state: JobState;
  readonly failures: FailureEntry[] = [];
  /** Resolves at the end, never rejects: look at `state` and `failure`. */
  readonly ended: Promise<void>;
  /** Why the job failed, or fails. */
  failure: Error | undefined;
  accumulators: Record<string, AccumulatorValue> = {};
  /** Who follows it over REST. */
  readonly resultWatch: ResultWatch;
  /** Attempts after the first. */
  restarts = 0;
  private attempt: JobAttempt;
  private readonly outputs: TextOutputs;
  private settleEnded!: () => void;
  private restartTimer: NodeJS.Timeout | undefined;
  private nextRestart = 0;

  constructor(private readonly options: JobMasterOptions) {
    const { job, clock, logger, fileSystems } = options;
    this.state = new JobState(clock.now.bind(clock), (to, from) =>
      logger.info(`Job ${job.jobName} (${job.jobId}) switched from ${from} to ${to}`),
    );
    this.ended = new Promise(resolve => {
      this.settleEnded = resolve;
    });
    this.resultWatch = new ResultWatch(clock);
    this.outputs = new TextOutputs(job, fileSystems);
    this.attempt = this.createAttempt();
  }

  get job(): JobGraph {
    return this.options.job;
  }

  get status(): JobStatus {
    return this.state.status;
  }

  /** Of the current attempt, or the last one. */
  get graph(): ExecutionGraph {
    return this.attempt.graph;
  }

  start(): void {
    this.state.move('CREATED');
    void this.attempt.run();
  }

  /** Idempotent; nothing for a job that has ended. */
  cancel(): void {
    const before = this.status;
    if (this.state.isTerminal || before === 'CANCELLING') return;
    clearTimeout(this.restartTimer);
    this.state.move('CANCELLING');
    if (before === 'RESTARTING') void this.end('CANCELED');
    else this.attempt.stop(new MillraceError('JOB_CANCELED', `Job ${this.job.jobId} was cancelled`));
  }

  updateTask(update: TaskStateUpdate): void {
    this.attempt.update(update);
  }

  updateMetrics(metrics: TaskMetrics): void {
    this.attempt.updateMetrics(metrics);
  }

  taskManagerLost(taskManagerId: string, reason: MillraceError): void {
    this.attempt.taskManagerLost(taskManagerId, reason);
  }

  /** What the job waits for, in words; undefined when it waits for nothing. */
  waitingFor(): string | undefined {
    if (this.status === 'RESTARTING') {
      const ms = Math.max(0, this.nextRestart - this.options.clock.now());
      return `restarts in ${Math.ceil(ms / 1000)} s after: ${messageOf(rootCause(this.failure))}`;
    }
    return this.options.slots.waitingFor(this.job.jobId);
  }

  result(): JobResultData {
    const { timestamps } = this.state;
    const start = timestamps.INITIALIZING ?? 0;
    const end = timestamps.FINISHED ?? timestamps.FAILED ?? timestamps.CANCELED ?? this.options.clock.now();
    return { jobId: this.job.jobId, netRuntimeMs: end - start, accumulators: this.accumulators };
  }

  private createAttempt(): JobAttempt {
    const attempt: JobAttempt = new JobAttempt({
      ...this.options,
      attempt: this.restarts,
      // What stands in the way is said at once, not after minutes of waiting for slots.
      beforeSlots: async () => {
        if (this.restarts === 0) await this.outputs.check();
      },
      beforeDeployment: () => this.outputs.clear(),
      onDeploying: () => this.state.move('RUNNING'),
      onFailure: (error, execution) => this.fail(attempt, error, execution),
      onOver: () => void this.settle(attempt),
    });
    return attempt;
  }

  /** The first failure of an attempt decides; later ones are what it caused, or what explains it. */
  private fail(attempt: JobAttempt, error: Error, execution?: Execution): void {
    if (attempt !== this.attempt || this.state.isTerminal || this.status === 'CANCELLING') return;
    this.record(error, execution);
    if (this.status === 'FAILING') {
      if (isLoss(error) && !isLoss(this.failure) && isBroken(this.failure)) this.failure = error;
      return;
    }
    this.failure = error;
    this.options.logger.error(
      `Job ${this.job.jobName} fails${execution ? ` by ${execution.name}` : ''}: ${messageOf(rootCause(error))}`,
      error,
    );
    this.state.move('FAILING');
    attempt.stop(new MillraceError('CANCELED', 'another task of the job failed'));
  }

  private record(error: Error, execution?: Execution): void {
    const slot = execution?.slot;
    this.failures.push({
      error,
      timestamp: this.options.clock.now(),
      ...(execution && { task: execution.name }),
      ...(slot && { taskManagerId: slot.taskManagerId, endpoint: `${slot.data.host}:${slot.data.port}` }),
    });
    if (this.failures.length > FAILURES_KEPT) this.failures.shift();
  }

  /** Nothing of the attempt runs any more: what comes next. */
  private async settle(attempt: JobAttempt): Promise<void> {
    this.accumulators = mergeAccumulators(attempt.graph.executions.map(e => e.accumulators));
    if (this.status === 'RUNNING') return this.end('FINISHED');
    if (this.status === 'CANCELLING') return this.end('CANCELED');
    const delay = isFatal(this.failure) ? undefined : this.options.restartStrategy.onFailure();
    if (delay === undefined) return this.end('FAILED');
    this.state.move('RESTARTING');
    this.nextRestart = this.options.clock.now() + delay;
    this.options.logger.info(`Job ${this.job.jobName} restarts in ${delay} ms`);
    this.restartTimer = setTimeout(() => {
      this.restarts++;
      this.attempt = this.createAttempt();
      this.start();
    }, delay);
  }

  private async end(status: 'FINISHED' | 'FAILED' | 'CANCELED'): Promise<void> {
    const { attempt, outputs, failures } = this;
    try {
      // A job that failed leaves no half of a result where the whole is expected; what it was refused is not its own.
      if (status === 'FAILED' && (attempt.wasDeployed || this.restarts > 0)) await outputs.clear();
      else if (failures.length > 0) await outputs.sweep();
    } catch (error) {
      this.options.logger.warn(`Output of earlier attempts was left: ${messageOf(error)}`);
    }
    // A cancellation may have come meanwhile.
    const final = this.status === 'CANCELLING' ? 'CANCELED' : status;
    if (final !== 'FAILED') this.failure = undefined;
    this.state.move(final);
    this.settleEnded();
  }
}

const isLoss = (error: Error | undefined): boolean =>
  error instanceof MillraceError && error.code === 'TASK_MANAGER_LOST' && 'taskManagerId' in error.context;

/** A task that could not reach another one: the consequence of something. */
function isBroken(error: Error | undefined): boolean {
  const root = rootCause(error);
  const code = root instanceof MillraceError ? root.code : (root as NodeJS.ErrnoException | undefined)?.code;
  return BROKEN.has(String(code));
}
const BROKEN: ReadonlySet<string> = new Set([
  'TASK_MANAGER_LOST',
  'CONNECTION_FAILED',
  'AUTHENTICATION_FAILED',
  'TIMEOUT',
  'RPC',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
]);

/** What another attempt can't cure. */
function isFatal(error: Error | undefined): boolean {
  if (!(error instanceof MillraceError)) return false;
  return error.code === 'FILE_ALREADY_EXISTS' || error.code === 'INVALID_PROGRAM' || error.code === 'VERSION_MISMATCH';
}
