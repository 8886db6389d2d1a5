import type { Clock } from '../../core/clock.js';
import type { SerializedError } from '../../core/errors.js';
import type { AccumulatorValue } from '../../core/graph/index.js';
import {
  channelsFrom,
  channelsTo,
  type JobEdge,
  type JobGraph,
  type JobVertex,
  stagesOf,
} from '../../core/graph/index.js';
import { type HexId, randomId } from '../../core/ids.js';
import type { Logger } from '../../core/logging.js';
import type { ExecutionState, TaskDeploymentDescriptor, TaskMetrics } from '../../core/protocol/index.js';
import type { SlotLease } from '../resourcemanager/registered-task-manager.js';
import { EXECUTION_MOVES, isTerminalExecution } from './job-state.js';

export interface ExecutionGraphOptions {
  clock: Clock;
  logger: Logger;
}

/** One attempt of one subtask. */
export class Execution {
  readonly id: HexId = randomId();
  state: ExecutionState = 'CREATED';
  readonly timestamps: Partial<Record<ExecutionState, number>>;
  /** When it came into its state. */
  changedAt: number;
  slot: SlotLease | undefined;
  error: SerializedError | undefined;
  metrics: TaskMetrics | undefined;
  accumulators: Record<string, AccumulatorValue> = {};

  constructor(
    readonly vertex: JobVertex,
    readonly subtask: number,
    readonly attempt: number,
    private readonly options: ExecutionGraphOptions,
    private readonly onEnd: () => void,
  ) {
    this.changedAt = options.clock.now();
    this.timestamps = { CREATED: this.changedAt };
  }

  get isTerminal(): boolean {
    return isTerminalExecution(this.state);
  }

  /** `Map -> Sink (2/4)`, as Flink names a subtask. */
  get name(): string {
    return `${this.vertex.name} (${this.subtask + 1}/${this.vertex.parallelism})`;
  }

  /** False for a move that the chart does not have: a late message, which changes nothing. */
  move(to: ExecutionState): boolean {
    const from = this.state;
    if (!EXECUTION_MOVES[from].includes(to)) return false;
    this.state = to;
    this.changedAt = this.options.clock.now();
    this.timestamps[to] = this.changedAt;
    if (this.isTerminal) this.onEnd();
    this.options.logger.info(`${this.name} (${this.id}) attempt ${this.attempt} switched from ${from} to ${to}`);
    return true;
  }
}

/** Layer 3: all executions of one attempt of a job, and how they are joined. */
export class ExecutionGraph {
  readonly executions: Execution[] = [];
  /** What runs at a time, in order. */
  readonly stages: readonly JobVertex[][];
  private readonly byVertex = new Map<HexId, Execution[]>();
  private readonly byId = new Map<HexId, Execution>();
  /** Executions that have not ended: counted, as it is asked for with each message of a task. */
  private running = 0;

  constructor(
    readonly job: JobGraph,
    readonly attempt: number,
    options: ExecutionGraphOptions,
  ) {
    this.stages = stagesOf(job);
    for (const vertex of job.vertices) {
      const onEnd = (): void => void this.running--;
      const subtasks = Array.from(
        { length: vertex.parallelism },
        (_, i) => new Execution(vertex, i, attempt, options, onEnd),
      );
      this.running += subtasks.length;
      this.byVertex.set(vertex.id, subtasks);
      for (const e of subtasks) {
        this.executions.push(e);
        this.byId.set(e.id, e);
      }
    }
  }

  /** Nothing of it runs any more, or will. */
  get isOver(): boolean {
    return this.running === 0;
  }

  execution(id: HexId): Execution | undefined {
    return this.byId.get(id);
  }

  of(vertex: HexId): Execution[] {
    return this.byVertex.get(vertex) ?? [];
  }

  /**
   * Gives each execution its slot: subtask i of every vertex of a sharing group goes to the group's slot i, so a slot
   * holds at most one subtask of each vertex. Each stage has all slots for itself.
   */
  assignSlots(slots: SlotLease[]): void {
    for (const vertices of this.stages) {
      let next = 0;
      const groups = new Map<string, SlotLease[]>();
      for (const v of vertices) {
        const group = groups.get(v.slotSharingGroup) ?? [];
        while (group.length < v.parallelism) group.push(slots[next++]!);
        groups.set(v.slotSharingGroup, group);
      }
      for (const v of vertices) for (const e of this.of(v.id)) e.slot = groups.get(v.slotSharingGroup)![e.subtask]!;
    }
  }

  /**
   * Layer 4: what each slot is to run of a stage, with the addresses of its producers. Made as it is taken: where all subtasks
   * are joined with all, the whole of it is large.
   */
  *deployments(
    executions: readonly Execution[] = this.executions,
  ): Generator<[slot: SlotLease, tasks: TaskDeploymentDescriptor[]]> {
    const bySlot = new Map<SlotLease, Execution[]>();
    for (const e of executions) {
      const list = bySlot.get(e.slot!);
      if (list) list.push(e);
      else bySlot.set(e.slot!, [e]);
    }
    for (const [slot, tasks] of bySlot) yield [slot, tasks.map(e => this.deployment(e, slot))];
  }

  private deployment(e: Execution, slot: SlotLease): TaskDeploymentDescriptor {
    const { job } = this;
    return {
      jobId: job.jobId,
      jobName: job.jobName,
      executionId: e.id,
      attempt: e.attempt,
      allocationId: slot.allocationId,
      slotIndex: slot.slotIndex,
      vertex: e.vertex,
      subtaskIndex: e.subtask,
      inputs: job.edges.filter(edge => edge.target === e.vertex.id).map(edge => this.inputOf(edge, e, slot)),
      outputs: job.edges.filter(edge => edge.source === e.vertex.id).map(edge => this.outputOf(edge, e)),
    };
  }

  private inputOf(edge: JobEdge, consumer: Execution, slot: SlotLease): TaskDeploymentDescriptor['inputs'][number] {
    const producers = this.of(edge.source);
    const { partitioner } = edge;
    const exchange = { partitioner, producers: producers.length, consumers: consumer.vertex.parallelism };
    const channels = channelsTo(consumer.subtask, exchange).map(c => {
      const producer = producers[c.producerSubtask]!;
      return {
        partitionId: `${producer.id}/${edge.id}`,
        producerSubtask: c.producerSubtask,
        subpartition: c.subpartition,
        producer: producer.slot!.data,
        sameSlot: producer.slot === slot,
        sameTaskManager: producer.slot!.taskManagerId === slot.taskManagerId,
      };
    });
    return { edge, channels };
  }

  private outputOf(edge: JobEdge, producer: Execution): TaskDeploymentDescriptor['outputs'][number] {
    const consumers = this.of(edge.target);
    const { partitioner } = edge;
    const exchange = { partitioner, producers: producer.vertex.parallelism, consumers: consumers.length };
    return {
      edge,
      partitionId: `${producer.id}/${edge.id}`,
      consumers: channelsFrom(producer.subtask, exchange).map(c => ({
        subtask: c.consumerSubtask,
        subpartition: c.subpartition,
      })),
      consumerParallelism: consumers.length,
      consumerMaxParallelism: consumers[0]!.vertex.maxParallelism,
    };
  }
}
