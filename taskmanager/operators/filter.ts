/** HOT PATH */
import type { OperatorContext } from './operator.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type Predicate = (value: unknown) => unknown;

export class FilterOperator extends UserOperator<Predicate> {
  private readonly filter: Predicate;

  constructor(context: OperatorContext) {
    super(context, new UserFunction<Predicate>(context, 'filter'));
    this.filter = this.user.call;
  }

  protected process(record: unknown, timestamp: number): void {
    this.position.current = this.index;
    const passes = this.filter(record);
    if (isThenable(passes)) {
      this.suspend(passes, settled => {
        if (settled) this.output.collect(record, timestamp);
      });
    } else if (passes) this.output.collect(record, timestamp);
  }
}
