/** HOT PATH */
import { TimeDomain } from '../../api/index.js';
import { NO_TIMESTAMP } from '../../core/types/index.js';
import { InternalTimerService, type TimerTarget } from '../timers/internal-timer-service.js';
import { collectorText } from './collector-text.js';
import { keySelectorOf } from './key-selector.js';
import type { OperatorCode, OperatorContext } from './operator.js';
import { ProcessContext } from './process-context.js';
import { RecordCollector } from './record-collector.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type ProcessElement = (value: unknown, context: ProcessContext, out: unknown) => unknown;
type OnTimer = (timestamp: number, context: ProcessContext, out: unknown) => unknown;

/** Which side of a function with two inputs an operator is; its partner has the timers, the context and the collector of both. */
interface Side {
  method?: string;
  input?: number;
  partner?: ProcessOperator;
  /** In place of a ProcessContext. */
  contextOf?: (timers: InternalTimerService) => ProcessContext;
  /** The function may keep records, or emit what is kept, by means that the operator does not see. */
  keeps?: boolean;
}

/** Process functions with one input, keyed or not; two of them make one with two inputs. */
export class ProcessOperator extends UserOperator<ProcessElement> implements TimerTarget {
  private readonly processElement: ProcessElement;
  private readonly onTimer: OnTimer | undefined;
  private readonly timers: InternalTimerService;
  private readonly ctx: ProcessContext;
  private readonly out: RecordCollector;

  constructor(context: OperatorContext, isKeyed: boolean, side: Side = {}) {
    const { method = 'processElement', input = 0, partner, contextOf, keeps = false } = side;
    super(context, new UserFunction<ProcessElement>(context, method), input);
    this.processElement = this.user.call;
    this.onTimer = this.user.method<OnTimer>('onTimer');
    if (isKeyed) {
      keySelectorOf(context, input);
      this.useKeys();
    }
    this.timers = partner?.timers ?? new InternalTimerService(context.task, this.index, this, this.keys);
    this.ctx = contextOf?.(this.timers) ?? partner?.ctx ?? new ProcessContext(context, this.keys, this.timers);
    this.out = partner?.out ?? new RecordCollector(context.output, this.position, this.index);
    if (context.output.takesCopies || context.task.objectReuse) return;
    // The function may put the same record into another output, or keep it in its state.
    this.out.copies = keeps || context.sideOutputs.size > 0;
    context.states?.whenUsed(() => {
      this.out.copies = true;
    });
  }

  protected process(record: unknown, timestamp: number): void {
    this.enter(record);
    this.ctx.current = timestamp;
    this.out.timestamp = timestamp;
    const result = this.processElement(record, this.ctx, this.out);
    if (result !== undefined) this.returned(result);
  }

  compile(c: OperatorCode, record: string, timestamp: string, slot?: string): string {
    const { code } = c;
    const enter = this.enterText(code);
    const ctx = code.use(this.ctx, 'ctx');
    const out = collectorText(c, {
      context: this.context,
      enter,
      timestamp: timestamp === 'NaN' ? 'NaN' : `${ctx}.current`,
      copies: this.out.copies,
    });
    const result = code.name('returned');
    return (
      `${this.enterWithText(code, record, slot)}${ctx}.current = ${timestamp};\n` +
      `const ${result} = ${code.use(this.processElement, 'processElement')}(${record}, ${ctx}, ${out});\n` +
      `if (${result} !== undefined) ${code.use(this, 'operator')}.returned(${result});\n`
    );
  }

  /** Lambdas may return what they like; only a promise is waited for. */
  returned(result: unknown): void {
    if (isThenable(result)) this.suspend(result, () => {});
  }

  protected override processWatermark(watermark: number): void {
    this.passWatermark(watermark, this.timers.advanceWatermark(watermark));
  }

  endKeys(): void {
    const wait = this.timers.endKeys();
    if (wait === undefined) this.forgetKeys();
    else this.suspend(wait, () => this.endKeys());
  }

  onEventTime(time: number, slot: number): unknown {
    return this.fire(TimeDomain.EVENT_TIME, time, slot, time);
  }

  onProcessingTime(time: number, slot: number): unknown {
    return this.fire(TimeDomain.PROCESSING_TIME, time, slot, NO_TIMESTAMP);
  }

  suspendTimers(thenable: PromiseLike<unknown>, resume: () => void): void {
    this.suspend(thenable, resume);
  }

  private fire(domain: TimeDomain, time: number, slot: number, timestamp: number): unknown {
    if (this.onTimer === undefined) return undefined;
    this.position.current = this.index;
    this.keys!.slot = slot;
    this.ctx.current = time;
    this.ctx.domain = domain;
    this.out.timestamp = timestamp;
    return this.onTimer(time, this.ctx, this.out);
  }
}
