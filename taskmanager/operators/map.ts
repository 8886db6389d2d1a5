/** HOT PATH */
import type { OperatorCode, OperatorContext } from './operator.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type Mapper = (value: unknown) => unknown;

export class MapOperator extends UserOperator<Mapper> {
  private readonly map: Mapper;

  constructor(context: OperatorContext, method = 'map', input = 0) {
    super(context, new UserFunction<Mapper>(context, method), input);
    this.map = this.user.call;
  }

  endKeys(): void {
    this.forgetKeys();
  }

  protected process(record: unknown, timestamp: number): void {
    this.enter(record);
    const result = this.map(record);
    if (isThenable(result)) this.await(result, timestamp);
    else this.output.collect(result, timestamp);
  }

  await(result: PromiseLike<unknown>, timestamp: number): void {
    this.suspend(result, value => this.output.collect(value, timestamp));
  }

  compile({ code, next }: OperatorCode, record: string, timestamp: string, slot?: string): string {
    const result = code.name('mapped');
    return (
      `${this.enterWithText(code, record, slot)}const ${result} = ${code.use(this.map, 'map')}(${record});\n` +
      this.whenSettledText(code, result, timestamp, next(result, timestamp))
    );
  }
}
