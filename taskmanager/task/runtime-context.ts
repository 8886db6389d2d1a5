import { MillraceError } from '../../core/errors.js';
import type { ChainedOperator } from '../../core/graph/index.js';
import type { TaskContext } from '../operators/operator.js';
import type { Accumulator, TaskAccumulators } from './accumulators.js';

/** What a rich function sees of its subtask: Flink's RuntimeContext and, with the same methods, its TaskInfo. */
export class OperatorRuntimeContext {
  constructor(
    private readonly task: TaskContext,
    private readonly operator: ChainedOperator,
    private readonly accumulators: TaskAccumulators,
  ) {}

  getTaskInfo(): this {
    return this;
  }

  getJobInfo(): { getJobId(): string; getJobName(): string } {
    return { getJobId: () => this.task.jobId, getJobName: () => this.task.jobName };
  }

  getTaskName(): string {
    return this.operator.name;
  }

  getTaskNameWithSubtasks(): string {
    return `${this.operator.name} (${this.task.subtaskIndex + 1}/${this.task.vertex.parallelism})#${this.task.attempt}`;
  }

  getIndexOfThisSubtask(): number {
    return this.task.subtaskIndex;
  }

  getNumberOfParallelSubtasks(): number {
    return this.task.vertex.parallelism;
  }

  getMaxNumberOfParallelSubtasks(): number {
    return this.task.vertex.maxParallelism;
  }

  getAttemptNumber(): number {
    return this.task.attempt;
  }

  addAccumulator(name: string, accumulator: Accumulator): void {
    this.accumulators.add(name, accumulator);
  }

  getAccumulator(name: string): Accumulator {
    const found = this.accumulators.get(name);
    if (found) return found;
    throw new MillraceError('ILLEGAL_ARGUMENT', `There is no accumulator '${name}' in this task.`, { domain: 'user' });
  }
}
