/** HOT PATH */
import type { OperatorContext } from './operator.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type Mapper = (value: unknown) => unknown;

export class MapOperator extends UserOperator<Mapper> {
  private readonly map: Mapper;

  constructor(context: OperatorContext) {
    super(context, new UserFunction<Mapper>(context, 'map'));
    this.map = this.user.call;
  }

  protected process(record: unknown, timestamp: number): void {
    this.position.current = this.index;
    const result = this.map(record);
    if (isThenable(result)) this.suspend(result, value => this.output.collect(value, timestamp));
    else this.output.collect(result, timestamp);
  }
}
