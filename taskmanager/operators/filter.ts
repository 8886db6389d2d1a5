/** HOT PATH */
import type { OperatorCode, OperatorContext } from './operator.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type Predicate = (value: unknown) => unknown;

export class FilterOperator extends UserOperator<Predicate> {
  private readonly filter: Predicate;

  constructor(context: OperatorContext) {
    super(context, new UserFunction<Predicate>(context, 'filter'));
    this.filter = this.user.call;
  }

  endKeys(): void {
    this.forgetKeys();
  }

  protected process(record: unknown, timestamp: number): void {
    this.enter(record);
    const passes = this.filter(record);
    if (isThenable(passes)) this.await(passes, record, timestamp);
    else if (passes) this.output.collect(record, timestamp);
  }

  await(passes: PromiseLike<unknown>, record: unknown, timestamp: number): void {
    this.suspend(passes, settled => {
      if (settled) this.output.collect(record, timestamp);
    });
  }

  compile({ code, next }: OperatorCode, record: string, timestamp: string, slot?: string): string {
    const passes = code.name('passes');
    return (
      `${this.enterWithText(code, record, slot)}const ${passes} = ${code.use(this.filter, 'filter')}(${record});\n` +
      this.whenSettledText(code, passes, `${record}, ${timestamp}`, `if (${passes}) {\n${next(record, timestamp)}}\n`)
    );
  }
}
