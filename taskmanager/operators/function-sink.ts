/** HOT PATH */
import { hasTimestamp } from '../../core/types/index.js';
import type { OperatorCode, OperatorContext, TaskContext } from './operator.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type Invoke = (value: unknown, context: SinkContext) => unknown;

/** Second argument of a sink's `invoke`; one object per subtask, valid during the call. */
class SinkContext {
  current: number = Number.NaN;
  watermark: number = Number.MIN_SAFE_INTEGER;

  constructor(private readonly task: TaskContext) {}

  timestamp(): number | null {
    return hasTimestamp(this.current) ? this.current : null;
  }

  currentProcessingTime(): number {
    return this.task.now();
  }

  currentWatermark(): number {
    return this.watermark;
  }
}

export class FunctionSink extends UserOperator<Invoke> {
  private readonly invoke: Invoke;
  private readonly sinkContext: SinkContext;

  constructor(context: OperatorContext) {
    super(context, new UserFunction<Invoke>(context, 'invoke'));
    this.invoke = this.user.call;
    this.sinkContext = new SinkContext(context.task);
  }

  protected process(record: unknown, timestamp: number): void {
    this.enter(record);
    this.sinkContext.current = timestamp;
    const result = this.invoke(record, this.sinkContext);
    if (isThenable(result)) this.await(result);
  }

  await(result: PromiseLike<unknown>): void {
    this.suspend(result, () => {});
  }

  compile({ code }: OperatorCode, record: string, timestamp: string, slot?: string): string {
    const [context, result] = [code.use(this.sinkContext, 'context'), code.name('result')];
    return (
      `${this.enterWithText(code, record, slot)}${context}.current = ${timestamp};\n` +
      `const ${result} = ${code.use(this.invoke, 'invoke')}(${record}, ${context});\n` +
      this.whenSettledText(code, result, '', '')
    );
  }

  override emitWatermark(watermark: number): void {
    this.sinkContext.watermark = watermark;
    super.emitWatermark(watermark);
  }

  finish(): void | Promise<void> {
    return this.user.method<() => void | Promise<void>>('finish')?.();
  }
}
