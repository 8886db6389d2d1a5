/** HOT PATH */
import { MillraceError } from '../../core/errors.js';
import type { OperatorContext } from './operator.js';
import { RecordCollector } from './record-collector.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type FlatMapper = (value: unknown, out: RecordCollector) => unknown;

/** Both styles: the function collects into `out`, or returns an iterable, or both (what it collected comes first). */
export class FlatMapOperator extends UserOperator<FlatMapper> {
  private readonly flatMap: FlatMapper;
  private readonly out: RecordCollector;

  constructor(context: OperatorContext) {
    super(context, new UserFunction<FlatMapper>(context, 'flatMap'));
    this.flatMap = this.user.call;
    this.out = new RecordCollector(context.output, this.position, this.index);
  }

  protected process(record: unknown, timestamp: number): void {
    this.position.current = this.index;
    this.out.timestamp = timestamp;
    const result = this.flatMap(record, this.out);
    if (result === undefined) return;
    if (isThenable(result)) this.suspend(result, settled => this.emit(settled));
    else this.emit(result);
  }

  private emit(result: unknown): void {
    this.position.current = this.index;
    if (result === undefined || result === null) return;
    if (typeof (result as Iterable<unknown>)[Symbol.iterator] !== 'function') {
      throw new MillraceError(
        'TASK_FAILED',
        `The function of '${this.context.operator.name}' returned ${typeof result === 'object' ? 'an object' : `a ${typeof result}`}; ` +
          'a flatMap collects into its second argument or returns an iterable.',
      );
    }
    this.out.collectAll(result as Iterable<unknown>);
  }
}
