/** HOT PATH */
import { copyRecord } from '../../core/types/index.js';
import { KeySlots } from '../state/key-slots.js';
import { keySelectorOf } from './key-selector.js';
import type { OperatorContext } from './operator.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type Reducer = (accumulated: unknown, value: unknown) => unknown;

/** Reduces the records of a key, and emits each new value. */
export class ReduceOperator extends UserOperator<Reducer> {
  private readonly reduce: Reducer;
  private readonly keyOf: (record: unknown) => unknown;
  private readonly keys = new KeySlots();
  private readonly values: unknown[] = [];
  /** The state keeps what it emits: the next operator gets a copy unless it takes its own. */
  private readonly copies: boolean;

  constructor(context: OperatorContext) {
    super(context, new UserFunction<Reducer>(context, 'reduce'));
    this.reduce = this.user.call;
    this.keyOf = keySelectorOf(context);
    this.copies = !context.output.takesCopies && !context.task.objectReuse;
  }

  protected process(record: unknown, timestamp: number): void {
    this.position.current = this.index;
    const slot = this.keys.slotOf(this.keyOf(record));
    if (slot === this.values.length) {
      this.values.push(record);
      this.emit(record, timestamp);
      return;
    }
    const result = this.reduce(this.values[slot], record);
    if (isThenable(result)) {
      this.suspend(result, value => {
        this.values[slot] = value;
        this.emit(value, timestamp);
      });
      return;
    }
    this.values[slot] = result;
    this.emit(result, timestamp);
  }

  private emit(value: unknown, timestamp: number): void {
    this.output.collect(this.copies ? copyRecord(value) : value, timestamp);
  }
}
