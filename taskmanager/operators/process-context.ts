/** HOT PATH */
import type { OutputTag, TimeDomain, TimerService } from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import { copyRecord, hasTimestamp, NO_TIMESTAMP } from '../../core/types/index.js';
import type { KeyContext } from '../state/key-context.js';
import { VOID_NAMESPACE } from '../state/state-scope.js';
import type { InternalTimerService } from '../timers/internal-timer-service.js';
import type { OperatorContext } from './operator.js';

/**
 * What a process function is told beside a record or a timer: one object for all of them. It is Flink's Context,
 * OnTimerContext and TimerService of one operator.
 */
export class ProcessContext implements TimerService {
  /** Of the record or the timer. */
  current: number = NO_TIMESTAMP;
  domain: TimeDomain | undefined = undefined;

  constructor(
    private readonly context: OperatorContext,
    private readonly keys: KeyContext | undefined,
    private readonly timers: InternalTimerService,
  ) {}

  timestamp(): number | null {
    return hasTimestamp(this.current) ? this.current : null;
  }

  timeDomain(): TimeDomain | undefined {
    return this.domain;
  }

  timerService(): this {
    return this;
  }

  getCurrentKey(): unknown {
    return this.keys?.key;
  }

  output(tag: OutputTag<unknown>, value: unknown): void {
    const { sideOutputs, task, index } = this.context;
    const id = tag?.getId?.();
    if (typeof id !== 'string')
      throw new MillraceError('TASK_FAILED', 'ctx.output needs an OutputTag.', { domain: 'user' });
    const side = sideOutputs.get(id);
    if (side === undefined) return;
    side.collect(side.takesCopies || task.objectReuse ? value : copyRecord(value), this.current);
    task.position.current = index;
  }

  currentProcessingTime(): number {
    return this.timers.currentProcessingTime();
  }

  currentWatermark(): number {
    return this.timers.currentWatermark();
  }

  registerEventTimeTimer(time: number): void {
    this.timers.registerEventTimeTimer(this.slot(), VOID_NAMESPACE, time);
  }

  registerProcessingTimeTimer(time: number): void {
    this.timers.registerProcessingTimeTimer(this.slot(), VOID_NAMESPACE, time);
  }

  deleteEventTimeTimer(time: number): void {
    this.timers.deleteEventTimeTimer(this.slot(), VOID_NAMESPACE, time);
  }

  deleteProcessingTimeTimer(time: number): void {
    this.timers.deleteProcessingTimeTimer(this.slot(), VOID_NAMESPACE, time);
  }

  private slot(): number {
    if (this.keys !== undefined) return this.keys.slot;
    throw new MillraceError(
      'TASK_FAILED',
      'Setting timers is only supported on keyed streams: put a keyBy before process.',
      { domain: 'user' },
    );
  }
}
