import { copyRecord, decodeBatch, NO_TIMESTAMP, type RowBatch, TypeRegistry } from '../../core/types/index.js';
import type { OperatorContext, Output, SourceOperator, SourceState } from './operator.js';

/** fromElements, fromCollection: the elements come with the graph. A copy each, so that a restart finds them unchanged. */
export class CollectionSource implements SourceOperator {
  private readonly output: Output;
  private readonly elements: unknown[];
  private readonly types: TypeRegistry | undefined;
  private next = 0;

  constructor(context: OperatorContext, { elements, encoded }: { elements: unknown[]; encoded?: Uint8Array }) {
    this.elements = encoded ? (decodeBatch(encoded) as RowBatch).records : elements;
    this.output = context.output;
    const { types } = context.functions;
    this.types = types && new TypeRegistry(types);
    if (context.task.subtaskIndex > 0) this.next = this.elements.length;
  }

  poll(budget: number): SourceState {
    const end = Math.min(this.elements.length, this.next + budget);
    while (this.next < end) {
      const element = copyRecord(this.elements[this.next++]);
      this.output.collect(this.types ? this.types.revive(element) : element, NO_TIMESTAMP);
    }
    return this.next < this.elements.length ? 'more' : 'end';
  }
}
