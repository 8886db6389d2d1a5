/** HOT PATH */
import { NO_TIMESTAMP } from '../../core/types/index.js';
import type { CompiledOutput, OperatorContext, Output, SourceOperator, SourceState } from './operator.js';

/** The numbers `from` to `to`, both included; each subtask has one contiguous part. */
export class SequenceSource implements SourceOperator {
  private readonly output: Output;
  private next: number;
  private readonly end: number;
  private emit: ((from: number, to: number) => number) | undefined;

  constructor(context: OperatorContext, { from, to }: { from: number; to: number }) {
    this.output = context.output;
    const { subtaskIndex, vertex } = context.task;
    const size = Math.max(0, to - from + 1);
    this.next = from + Math.floor((size * subtaskIndex) / vertex.parallelism);
    this.end = from + Math.floor((size * (subtaskIndex + 1)) / vertex.parallelism);
  }

  useCompiled(chain: CompiledOutput): void {
    this.emit = chain.sequenceFunction();
  }

  poll(budget: number): SourceState {
    const end = Math.min(this.end, this.next + budget);
    if (this.emit) {
      this.next = this.emit(this.next, end);
      return this.next < this.end ? 'more' : 'end';
    }
    const output = this.output;
    let i = this.next;
    // Kept in a local: on a failure the whole job starts anew, so the exact position is of no use.
    while (i < end) output.collect(i++, NO_TIMESTAMP);
    this.next = i;
    return i < this.end ? 'more' : 'end';
  }
}
