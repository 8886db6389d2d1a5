import type { Clock } from '../../core/clock.js';
import { deserializeError, MillraceError, messageOf, rootCause, serializeError } from '../../core/errors.js';
import type { FileSystems } from '../../core/fs/index.js';
import { type AccumulatorValue, type JobGraph, type JobResultData, slotsNeeded } from '../../core/graph/index.js';
import type { HexId } from '../../core/ids.js';
import type { Logger } from '../../core/logging.js';
import type { JobStatus, TaskMetrics, TaskStateUpdate } from '../../core/protocol/index.js';
import type { SlotLease, SlotManager } from '../resourcemanager/slot-manager.js';
import { mergeAccumulators } from './accumulators.js';
import { type Execution, ExecutionGraph } from './execution-graph.js';
import { JobState } from './job-state.js';
import type { RestartStrategy } from './restart-strategy.js';
import { prepareTextOutputs, removeTextOutputs } from './text-outputs.js';

export interface JobMasterOptions {
  job: JobGraph;
  slots: SlotManager;
  sessionId: HexId;
  clock: Clock;
  logger: Logger;
  fileSystems: FileSystems;
  restartStrategy: RestartStrategy;
  /** Milliseconds until a task that does not answer a cancellation counts as gone; its TaskManager ends itself by then. */
  cancellationTimeout: number;
}

export interface FailureEntry {
  error: Error;
  timestamp: number;
  /** Name of the task, absent where the whole job failed. */
  task?: string;
  taskManagerId?: string;
}

/**
 * Runs one job from submission to its end: slots, deployment, failures, cancellation. All decisions are taken in the
 * event loop's one thread between awaits; what comes late names an execution that is not current any more, and changes
 * nothing.
 */
export class JobMaster {
  readonly state: JobState;
  readonly failures: FailureEntry[] = [];
  /** Resolves at the end, never rejects: look at `state` and `failure`. */
  readonly ended: Promise<void>;
  graph: ExecutionGraph;
  failure: Error | undefined;
  accumulators: Record<string, AccumulatorValue> = {};
  private settleEnded!: () => void;
  private leases: SlotLease[] = [];
  private attempt = 0;
  private abort = new AbortController();
  private settling = false;
  private restartTimer: NodeJS.Timeout | undefined;
  private readonly gone = new Map<Execution, NodeJS.Timeout>();

  constructor(private readonly options: JobMasterOptions) {
    const { job, clock, logger } = options;
    this.state = new JobState(clock.now.bind(clock), (to, from) =>
      logger.info(`Job ${job.jobName} switched from ${from} to ${to}`),
    );
    this.ended = new Promise(resolve => {
      this.settleEnded = resolve;
    });
    this.graph = new ExecutionGraph(job, 0, clock.now());
  }

  get job(): JobGraph {
    return this.options.job;
  }

  get status(): JobStatus {
    return this.state.status;
  }

  start(): void {
    this.state.move('CREATED');
    void this.run(true);
  }

  /** Idempotent; nothing for a job that has ended. */
  cancel(): void {
    const { status } = this.state;
    if (this.state.isTerminal || status === 'CANCELLING') return;
    clearTimeout(this.restartTimer);
    this.state.move('CANCELLING');
    this.stopAttempt(new MillraceError('JOB_CANCELED', `Job ${this.job.jobId} was cancelled`));
  }

  /** A message of a task; false if it is not of this attempt. */
  updateTask(update: TaskStateUpdate): boolean {
    const execution = this.graph.execution(update.executionId);
    if (!execution) return false;
    if (update.metrics) execution.metrics = update.metrics;
    if (update.accumulators) execution.accumulators = update.accumulators;
    if (!execution.move(update.state, this.options.clock.now())) return true;
    this.options.logger.info(`${execution.name} (attempt ${execution.attempt}) is ${update.state}`);
    if (update.state === 'FAILED') {
      const error = update.error ? deserializeError(update.error) : new MillraceError('TASK_FAILED', 'a task failed');
      execution.error = serializeError(error);
      this.fail(error, execution);
    }
    this.checkEnd();
    return true;
  }

  updateMetrics(metrics: TaskMetrics[]): void {
    for (const m of metrics) {
      const execution = this.graph.execution(m.executionId);
      if (execution) execution.metrics = m;
    }
  }

  taskManagerLost(taskManagerId: string, reason: MillraceError): void {
    const lost = this.graph.executions.filter(e => !e.isTerminal && e.slot?.taskManagerId === taskManagerId);
    this.leases = this.leases.filter(l => l.taskManagerId !== taskManagerId);
    for (const e of lost) e.move(this.state.status === 'CANCELLING' ? 'CANCELED' : 'FAILED', this.options.clock.now());
    if (lost[0]) this.fail(reason, lost[0]);
    this.checkEnd();
  }

  waitingFor(): string | undefined {
    return this.options.slots.waitingFor(this.job.jobId);
  }

  result(): JobResultData {
    const { timestamps } = this.state;
    const start = timestamps.INITIALIZING ?? 0;
    const end = timestamps.FINISHED ?? timestamps.FAILED ?? timestamps.CANCELED ?? this.options.clock.now();
    return { jobId: this.job.jobId, netRuntimeMs: end - start, accumulators: this.accumulators };
  }

  private async run(first: boolean): Promise<void> {
    const { job, slots, fileSystems, clock } = this.options;
    const attempt = this.attempt;
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.graph = new ExecutionGraph(job, attempt, clock.now());
    try {
      if (first) await prepareTextOutputs(job, fileSystems);
      else await removeTextOutputs(job, fileSystems);
      signal.throwIfAborted();
      for (const e of this.graph.executions) e.move('SCHEDULED', clock.now());
      const leases = await slots.request(this.information(), slotsNeeded(job), signal);
      if (signal.aborted) {
        for (const lease of leases) slots.release(lease);
        return;
      }
      this.leases = leases;
      this.graph.assignSlots(leases);
      this.state.move('RUNNING');
      await this.deploy(signal);
    } catch (error) {
      if (attempt !== this.attempt) return;
      if (!signal.aborted) this.fail(error instanceof Error ? error : new Error(messageOf(error)));
      this.checkEnd();
    }
  }

  private information(): Parameters<SlotManager['request']>[0] {
    const { jobId, jobName, config, program } = this.job;
    return { jobId, jobName, config, ...(program && { program }) };
  }

  private async deploy(signal: AbortSignal): Promise<void> {
    const { sessionId, clock } = this.options;
    const deployments = [...this.graph.deployments()];
    for (const e of this.graph.executions) e.move('DEPLOYING', clock.now());
    await Promise.all(
      deployments.map(async ([lease, tasks]) => {
        try {
          await lease.gateway.call('submitTasks', { sessionId, tasks });
        } catch (error) {
          if (signal.aborted) return;
          // Nothing of these runs there: without a state of their own nobody would end them.
          const at = `deploying to slot ${lease.slotIndex} of TaskManager ${lease.taskManagerId}`;
          for (const t of tasks) this.graph.execution(t.executionId)?.move('FAILED', clock.now());
          throw new MillraceError('TASK_FAILED', `${at}: ${messageOf(error)}`, { cause: error });
        }
      }),
    );
  }

  /** The first failure of an attempt decides; later ones are what it caused. */
  private fail(error: Error, execution?: Execution): void {
    if (this.state.isTerminal) return;
    const { status } = this.state;
    if (status === 'CANCELLING' || status === 'FAILING' || status === 'RESTARTING') return;
    this.failures.push({
      error,
      timestamp: this.options.clock.now(),
      ...(execution && { task: execution.name }),
      ...(execution?.slot && { taskManagerId: execution.slot.taskManagerId }),
    });
    this.failure = error;
    this.options.logger.error(
      `Job ${this.job.jobName} fails${execution ? ` by ${execution.name}` : ''}: ${messageOf(rootCause(error))}`,
    );
    this.state.move('FAILING');
    this.stopAttempt(new MillraceError('CANCELED', 'the attempt failed'));
  }

  private stopAttempt(reason: Error): void {
    this.abort.abort(reason);
    const { clock, sessionId, cancellationTimeout } = this.options;
    for (const e of this.graph.executions) {
      if (e.isTerminal) continue;
      if (e.state === 'CREATED' || e.state === 'SCHEDULED') {
        e.move('CANCELED', clock.now());
        continue;
      }
      e.move('CANCELING', clock.now());
      e.slot!.gateway.call('cancelTask', { sessionId, executionId: e.id }).catch(() => {
        // The connection is gone or going; its loss ends the execution.
      });
      if (cancellationTimeout > 0) {
        const timer = setTimeout(() => {
          e.move('FAILED', clock.now());
          this.checkEnd();
        }, cancellationTimeout + 10_000);
        timer.unref();
        this.gone.set(e, timer);
      }
    }
    this.checkEnd();
  }

  /** Once all executions of the attempt have ended: what comes next. */
  private checkEnd(): void {
    if (this.settling || this.state.isTerminal || !this.graph.executions.every(e => e.isTerminal)) return;
    const { status } = this.state;
    if (status !== 'RUNNING' && status !== 'FAILING' && status !== 'CANCELLING') return;
    this.settling = true;
    for (const timer of this.gone.values()) clearTimeout(timer);
    this.gone.clear();
    for (const lease of this.leases.splice(0)) this.options.slots.release(lease);
    this.accumulators = mergeAccumulators(this.graph.executions.map(e => e.accumulators));
    void this.settle(status);
  }

  private async settle(status: JobStatus): Promise<void> {
    let delay: number | undefined;
    if (status === 'FAILING') {
      delay = isFatal(this.failure) ? undefined : this.options.restartStrategy.onFailure();
      if (delay === undefined) await this.dropFailedOutputs();
    }
    this.settling = false;
    if (this.state.status === 'CANCELLING') this.end('CANCELED');
    else if (status === 'RUNNING') this.end('FINISHED');
    else if (delay === undefined) this.end('FAILED');
    else this.restart(delay);
  }

  /** A job that failed leaves no half of a result where the whole is expected. */
  private async dropFailedOutputs(): Promise<void> {
    // Refused outputs are somebody else's files.
    if (this.graph.executions.every(e => e.timestamps.DEPLOYING === undefined)) return;
    try {
      await removeTextOutputs(this.job, this.options.fileSystems);
    } catch (error) {
      this.options.logger.warn(`output of the failed job was left: ${messageOf(error)}`);
    }
  }

  private restart(delayMs: number): void {
    this.state.move('RESTARTING');
    this.options.logger.info(`Job ${this.job.jobName} restarts in ${delayMs} ms`);
    this.restartTimer = setTimeout(() => {
      this.attempt++;
      this.state.move('CREATED');
      void this.run(false);
    }, delayMs);
  }

  private end(status: 'FINISHED' | 'FAILED' | 'CANCELED'): void {
    this.state.move(status);
    if (status !== 'FAILED') this.failure = undefined;
    this.settleEnded();
  }
}

/** What another attempt can't cure. */
function isFatal(error: Error | undefined): boolean {
  if (!(error instanceof MillraceError)) return false;
  return error.code === 'FILE_ALREADY_EXISTS' || error.code === 'INVALID_PROGRAM' || error.code === 'VERSION_MISMATCH';
}
