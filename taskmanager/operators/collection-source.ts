import { copyRecord, NO_TIMESTAMP } from '../../core/types/index.js';
import type { OperatorContext, Output, SourceOperator, SourceState } from './operator.js';

/** fromElements, fromCollection: the elements come with the graph. A copy each, so that a restart finds them unchanged. */
export class CollectionSource implements SourceOperator {
  private readonly output: Output;
  private next = 0;

  constructor(
    context: OperatorContext,
    private readonly elements: unknown[],
  ) {
    this.output = context.output;
    if (context.task.subtaskIndex > 0) this.next = elements.length;
  }

  poll(budget: number): SourceState {
    const end = Math.min(this.elements.length, this.next + budget);
    while (this.next < end) this.output.collect(copyRecord(this.elements[this.next++]), NO_TIMESTAMP);
    return this.next < this.elements.length ? 'more' : 'end';
  }
}
