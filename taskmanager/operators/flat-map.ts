/** HOT PATH */
import { MillraceError } from '../../core/errors.js';
import { collectorText } from './collector-text.js';
import type { OperatorCode, OperatorContext } from './operator.js';
import { RecordCollector } from './record-collector.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type FlatMapper = (value: unknown, out: RecordCollector) => unknown;

/** Both styles: the function collects into `out`, or returns an iterable, or both (what it collected comes first). */
export class FlatMapOperator extends UserOperator<FlatMapper> {
  private readonly flatMap: FlatMapper;
  private readonly out: RecordCollector;

  constructor(context: OperatorContext, method = 'flatMap', input = 0) {
    super(context, new UserFunction<FlatMapper>(context, method), input);
    this.flatMap = this.user.call;
    this.out = new RecordCollector(context.output, this.position, this.index);
  }

  endKeys(): void {
    this.forgetKeys();
  }

  protected process(record: unknown, timestamp: number): void {
    this.enter(record);
    this.out.timestamp = timestamp;
    const result = this.flatMap(record, this.out);
    if (result !== undefined) this.returned(result, this.out, timestamp);
  }

  compile(c: OperatorCode, record: string, timestamp: string, slot?: string): string {
    const { code } = c;
    const result = code.name('returned');
    const enter = this.enterText(code);
    const time = timestamp === 'NaN' ? 'NaN' : `${code.use(new Float64Array(1), 'time')}[0]`;
    const out = collectorText(c, { context: this.context, enter, timestamp: time, copies: false });
    const remember = time === 'NaN' ? '' : `${time} = ${timestamp};\n`;
    return (
      `${remember}${this.enterWithText(code, record, slot)}const ${result} = ${code.use(this.flatMap, 'flatMap')}(${record}, ${out});\n` +
      `if (${result} !== undefined) ${code.use(this, 'operator')}.returned(${result}, ${out}, ${timestamp});\n`
    );
  }

  /** What the function has returned goes where it has collected, at once or when it has settled. */
  returned(result: unknown, out: { collect(record: unknown): void }, timestamp: number): void {
    if (!isThenable(result)) {
      this.emit(result, out);
      return;
    }
    this.suspend(result, settled => {
      this.out.timestamp = timestamp;
      this.emit(settled, this.out);
    });
  }

  private emit(result: unknown, out: { collect(record: unknown): void }): void {
    this.position.current = this.index;
    if (result === undefined || result === null) return;
    if (typeof (result as Iterable<unknown>)[Symbol.iterator] !== 'function') {
      throw new MillraceError(
        'TASK_FAILED',
        `The function of '${this.context.operator.name}' returned ${typeof result === 'object' ? 'an object' : `a ${typeof result}`}; ` +
          'a flatMap collects into its second argument or returns an iterable.',
      );
    }
    for (const record of result as Iterable<unknown>) out.collect(record);
  }
}
