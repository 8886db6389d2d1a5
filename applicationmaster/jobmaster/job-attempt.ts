import type { Clock } from '../../core/clock.js';
import { deserializeError, MillraceError, messageOf, serializeError } from '../../core/errors.js';
import { type JobGraph, slotsNeeded } from '../../core/graph/index.js';
import type { HexId } from '../../core/ids.js';
import type { Logger } from '../../core/logging.js';
import type {
  JobInformation,
  TaskDeploymentDescriptor,
  TaskMetrics,
  TaskStateUpdate,
} from '../../core/protocol/index.js';
import type { SlotLease } from '../resourcemanager/registered-task-manager.js';
import type { SlotManager } from '../resourcemanager/slot-manager.js';
import { DeploymentRoom, weightOf } from './deployment-room.js';
import { type Execution, ExecutionGraph } from './execution-graph.js';

export interface JobAttemptOptions {
  job: JobGraph;
  /** 0 for the first. */
  attempt: number;
  slots: SlotManager;
  sessionId: HexId;
  clock: Clock;
  logger: Logger;
  /** Milliseconds until a task that does not answer a cancellation counts as gone; 0: for ever. */
  cancellationTimeout: number;
  /** Before slots are asked for. */
  beforeSlots(): Promise<void>;
  /** When all slots are there, before anything is deployed. */
  beforeDeployment(): Promise<void>;
  onDeploying(): void;
  onFailure(error: Error, execution?: Execution): void;
  /** Once, when nothing of the attempt runs any more. Its slots are given back by then. */
  onOver(): void;
}

/** Its TaskManager ends itself at the timeout; so much later it must have been noticed. */
const CANCELLATION_GRACE_MS = 10_000;

/**
 * One attempt to run a job: slots for all of it, deployment, the states of its tasks. Whatever comes for another attempt
 * names executions that are not in here, and changes nothing.
 */
export class JobAttempt {
  readonly graph: ExecutionGraph;
  private leases: SlotLease[] = [];
  private readonly abort = new AbortController();
  private readonly overdue = new Map<Execution, NodeJS.Timeout>();
  /** The stage that has to end before the next one begins. */
  private awaited: { executions: readonly Execution[]; resolve(): void } | undefined;
  private preparing = true;
  private over = false;

  constructor(private readonly options: JobAttemptOptions) {
    this.graph = new ExecutionGraph(options.job, options.attempt, options);
  }

  get wasDeployed(): boolean {
    return this.graph.executions.some(e => e.timestamps.DEPLOYING !== undefined);
  }

  get isFinished(): boolean {
    return this.graph.executions.every(e => e.state === 'FINISHED');
  }

  /** Never rejects: what fails goes to `onFailure`. */
  async run(): Promise<void> {
    const { job, slots, beforeSlots, beforeDeployment, onDeploying, onFailure } = this.options;
    const { signal } = this.abort;
    try {
      await beforeSlots();
      signal.throwIfAborted();
      for (const e of this.graph.executions) e.move('SCHEDULED');
      this.leases = await slots.request(informationOf(job), slotsNeeded(job), signal);
      await beforeDeployment();
      signal.throwIfAborted();
      this.preparing = false;
      this.graph.assignSlots(this.leases);
      onDeploying();
      await this.deploy(signal);
    } catch (error) {
      this.preparing = false;
      if (!signal.aborted) onFailure(error instanceof Error ? error : new Error(messageOf(error)));
    }
    this.checkOver();
  }

  /** Cancels what runs, and what has not begun. Idempotent. */
  stop(reason: Error): void {
    if (this.abort.signal.aborted) return;
    this.abort.abort(reason);
    for (const e of this.graph.executions) this.cancel(e);
    this.checkOver();
  }

  /** A message of a task. */
  update(update: TaskStateUpdate): void {
    const execution = this.graph.execution(update.executionId);
    if (!execution) return;
    if (update.metrics) execution.metrics = update.metrics;
    if (update.accumulators) execution.accumulators = update.accumulators;
    if (!execution.move(update.state)) {
      // It began although it was cancelled: the cancellation came before the task did.
      if (execution.state === 'CANCELING') this.sendCancel(execution);
      return;
    }
    if (update.state === 'FAILED') {
      const error = update.error
        ? deserializeError(update.error)
        : new MillraceError('TASK_FAILED', `${execution.name} failed`);
      this.failed(execution, error);
    }
    this.checkOver();
  }

  updateMetrics(metrics: TaskMetrics): void {
    const execution = this.graph.execution(metrics.executionId);
    if (execution && !execution.isTerminal) execution.metrics = metrics;
  }

  taskManagerLost(taskManagerId: string, reason: MillraceError): void {
    const remaining = this.leases.filter(l => l.taskManagerId !== taskManagerId);
    // What ended stages have left for others lies in their slots.
    const needsIt = (this.preparing || this.graph.stages.length > 1) && remaining.length < this.leases.length;
    this.leases = remaining;
    const lost = this.graph.executions.filter(e => !e.isTerminal && e.slot?.taskManagerId === taskManagerId);
    for (const e of lost) {
      e.move('FAILED');
      e.error = serializeError(reason);
    }
    if (lost[0] || needsIt) this.options.onFailure(reason, lost[0]);
    this.checkOver();
  }

  private async deploy(signal: AbortSignal): Promise<void> {
    const room = new DeploymentRoom();
    for (const vertices of this.graph.stages) {
      const stage = vertices.flatMap(v => this.graph.of(v.id));
      await this.deployStage(stage, room, signal);
      // The last stage's end is the attempt's.
      if (vertices !== this.graph.stages.at(-1)) await this.endOf(stage);
      if (signal.aborted) return;
    }
  }

  private async deployStage(stage: Execution[], room: DeploymentRoom, signal: AbortSignal): Promise<void> {
    for (const e of stage) e.move('DEPLOYING');
    const answers: Promise<void>[] = [];
    for (const [lease, tasks] of this.graph.deployments(stage)) {
      const weight = weightOf(tasks);
      await room.take(weight);
      // What was cancelled before anybody heard of it has nobody who would say that it ended.
      if (signal.aborted) for (const t of tasks) this.graph.execution(t.executionId)?.move('CANCELED');
      else answers.push(this.submit(lease, tasks, signal).finally(() => room.give(weight)));
    }
    this.checkOver();
    await Promise.all(answers);
  }

  /** Resolves when nothing of a stage runs any more, or the attempt is stopped. */
  private endOf(executions: readonly Execution[]): Promise<void> {
    return new Promise(resolve => {
      this.awaited = { executions, resolve };
      this.checkStage();
    });
  }

  private checkStage(): void {
    const { awaited } = this;
    if (awaited === undefined) return;
    if (!this.abort.signal.aborted && !awaited.executions.every(e => e.isTerminal)) return;
    this.awaited = undefined;
    awaited.resolve();
  }

  private async submit(lease: SlotLease, tasks: TaskDeploymentDescriptor[], signal: AbortSignal): Promise<void> {
    const { sessionId } = this.options;
    try {
      await lease.gateway.call('submitTasks', { sessionId, tasks });
      // A cancellation that came while the TaskManager was still fetching the bundle met no task there.
      if (signal.aborted) for (const t of tasks) this.cancelAgain(t.executionId);
    } catch (error) {
      // A broken connection is about to be told as the loss of its TaskManager, with the reason.
      if (!lease.gateway.isOpen) return;
      // Nothing of these runs there: without a state of their own nobody would end them.
      const at = `Deploying to slot ${lease.slotIndex} of TaskManager ${lease.taskManagerId}`;
      const failure = new MillraceError('TASK_FAILED', `${at}: ${messageOf(error)}`, {
        cause: error,
        domain: error instanceof MillraceError ? error.domain : 'cluster',
      });
      for (const t of tasks) {
        const execution = this.graph.execution(t.executionId);
        if (execution?.state === 'CANCELING') execution.move('CANCELED');
        else if (execution?.move('FAILED')) this.failed(execution, failure);
      }
    }
  }

  private failed(execution: Execution, error: Error): void {
    execution.error = serializeError(error);
    this.options.onFailure(error, execution);
  }

  private cancel(e: Execution): void {
    if (e.isTerminal) return;
    if (!e.slot || e.state === 'CREATED' || e.state === 'SCHEDULED') {
      e.move('CANCELED');
      return;
    }
    e.move('CANCELING');
    this.sendCancel(e);
    const { cancellationTimeout } = this.options;
    if (cancellationTimeout === 0) return;
    const timer = setTimeout(() => {
      e.move('FAILED');
      this.checkOver();
    }, cancellationTimeout + CANCELLATION_GRACE_MS);
    this.overdue.set(e, timer);
  }

  private cancelAgain(executionId: HexId): void {
    const execution = this.graph.execution(executionId);
    if (execution?.state === 'CANCELING') this.sendCancel(execution);
  }

  private sendCancel({ id, slot }: Execution): void {
    slot?.gateway.call('cancelTask', { sessionId: this.options.sessionId, executionId: id }).catch(() => {
      // The connection is gone or going; its loss ends the execution.
    });
  }

  private checkOver(): void {
    this.checkStage();
    if (this.over || this.preparing || !this.graph.isOver) return;
    this.over = true;
    for (const timer of this.overdue.values()) clearTimeout(timer);
    for (const lease of this.leases.splice(0)) this.options.slots.release(lease);
    this.options.onOver();
  }
}

function informationOf({ jobId, jobName, config, program }: JobGraph): JobInformation {
  return { jobId, jobName, config, ...(program && { program }) };
}
