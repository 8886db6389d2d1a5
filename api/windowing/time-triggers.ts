import { type Duration, millisOf } from '../duration.js';
import type { ReducingState } from '../state.js';
import { ReducingStateDescriptor } from '../state-descriptors.js';
import { Trigger, TriggerResult } from './trigger.js';
import { type Window, wrong } from './windows.js';

/** Fires once the watermark has passed the end of the window, then at once for each late record. */
export class EventTimeTrigger<T = unknown, W extends Window = Window> extends Trigger<T, W> {
  static create<T = unknown, W extends Window = Window>(): EventTimeTrigger<T, W> {
    return new EventTimeTrigger<T, W>();
  }

  onElement(_element: T, _timestamp: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    if (window.maxTimestamp() <= ctx.getCurrentWatermark()) return TriggerResult.FIRE;
    ctx.registerEventTimeTimer(window.maxTimestamp());
    return TriggerResult.CONTINUE;
  }
  onEventTime(time: number, window: W): TriggerResult {
    return time === window.maxTimestamp() ? TriggerResult.FIRE : TriggerResult.CONTINUE;
  }
  onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }
  override canMerge(): boolean {
    return true;
  }
  override onMerge(window: W, ctx: Trigger.OnMergeContext): void {
    // One that is over fires with the record that merged it.
    if (window.maxTimestamp() > ctx.getCurrentWatermark()) ctx.registerEventTimeTimer(window.maxTimestamp());
  }
  clear(window: W, ctx: Trigger.TriggerContext): void {
    ctx.deleteEventTimeTimer(window.maxTimestamp());
  }
  override toString(): string {
    return 'EventTimeTrigger()';
  }
}

/** Fires once the clock has passed the end of the window. */
export class ProcessingTimeTrigger<T = unknown, W extends Window = Window> extends Trigger<T, W> {
  static create<T = unknown, W extends Window = Window>(): ProcessingTimeTrigger<T, W> {
    return new ProcessingTimeTrigger<T, W>();
  }

  onElement(_element: T, _timestamp: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    ctx.registerProcessingTimeTimer(window.maxTimestamp());
    return TriggerResult.CONTINUE;
  }
  onEventTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }
  onProcessingTime(): TriggerResult {
    return TriggerResult.FIRE;
  }
  override canMerge(): boolean {
    return true;
  }
  override onMerge(window: W, ctx: Trigger.OnMergeContext): void {
    if (window.maxTimestamp() > ctx.getCurrentProcessingTime()) ctx.registerProcessingTimeTimer(window.maxTimestamp());
  }
  clear(window: W, ctx: Trigger.TriggerContext): void {
    ctx.deleteProcessingTimeTimer(window.maxTimestamp());
  }
  override toString(): string {
    return 'ProcessingTimeTrigger()';
  }
}

/** When the next firing is due, the earliest where windows merge. */
const fireTime = (): ReducingStateDescriptor<number> => new ReducingStateDescriptor<number>('fire-time', Math.min);

function intervalOf(interval: Duration | number, name: string): number {
  const millis = millisOf(interval);
  if (Number.isSafeInteger(millis) && millis > 0) return millis;
  throw wrong(`${name} needs an interval of whole milliseconds above 0, it got ${String(millis)}.`);
}

/** Fires each `interval` of event time while a window has records, and at its end. */
export class ContinuousEventTimeTrigger<T = unknown, W extends Window = Window> extends Trigger<T, W> {
  private readonly fireTime = fireTime();

  private constructor(private readonly interval: number) {
    super();
  }

  /** Throws ILLEGAL_ARGUMENT unless the interval is above 0. */
  static of<W extends Window>(interval: Duration | number): ContinuousEventTimeTrigger<unknown, W> {
    return new ContinuousEventTimeTrigger<unknown, W>(intervalOf(interval, 'ContinuousEventTimeTrigger'));
  }

  onElement(_element: T, timestamp: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    if (window.maxTimestamp() <= ctx.getCurrentWatermark()) return TriggerResult.FIRE;
    ctx.registerEventTimeTimer(window.maxTimestamp());
    const state = ctx.getPartitionedState(this.fireTime);
    if (state.get() === null) this.fireAfter(timestamp - (timestamp % this.interval), window, ctx, state);
    return TriggerResult.CONTINUE;
  }
  onEventTime(time: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    if (time === window.maxTimestamp()) return TriggerResult.FIRE;
    const state = ctx.getPartitionedState(this.fireTime);
    if (state.get() !== time) return TriggerResult.CONTINUE;
    state.clear();
    this.fireAfter(time, window, ctx, state);
    return TriggerResult.FIRE;
  }
  onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }
  override canMerge(): boolean {
    return true;
  }
  override onMerge(_window: W, ctx: Trigger.OnMergeContext): void {
    ctx.mergePartitionedState(this.fireTime);
    const next = ctx.getPartitionedState(this.fireTime).get();
    if (next !== null) ctx.registerEventTimeTimer(next);
  }
  clear(_window: W, ctx: Trigger.TriggerContext): void {
    const state = ctx.getPartitionedState(this.fireTime);
    const next = state.get();
    if (next !== null) ctx.deleteEventTimeTimer(next);
    state.clear();
  }
  override toString(): string {
    return `ContinuousEventTimeTrigger(${this.interval})`;
  }

  private fireAfter(time: number, window: W, ctx: Trigger.TriggerContext, state: ReducingState<number>): void {
    const next = Math.min(time + this.interval, window.maxTimestamp());
    state.add(next);
    ctx.registerEventTimeTimer(next);
  }
}

/** Fires each `interval` of processing time while a window has records. */
export class ContinuousProcessingTimeTrigger<T = unknown, W extends Window = Window> extends Trigger<T, W> {
  private readonly fireTime = fireTime();

  private constructor(private readonly interval: number) {
    super();
  }

  /** Throws ILLEGAL_ARGUMENT unless the interval is above 0. */
  static of<W extends Window>(interval: Duration | number): ContinuousProcessingTimeTrigger<unknown, W> {
    return new ContinuousProcessingTimeTrigger<unknown, W>(intervalOf(interval, 'ContinuousProcessingTimeTrigger'));
  }

  onElement(_element: T, _timestamp: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    const state = ctx.getPartitionedState(this.fireTime);
    const now = ctx.getCurrentProcessingTime();
    if (state.get() === null) this.fireAfter(now - (now % this.interval), window, ctx, state);
    return TriggerResult.CONTINUE;
  }
  onEventTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }
  onProcessingTime(time: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    const state = ctx.getPartitionedState(this.fireTime);
    if (state.get() !== time) return TriggerResult.CONTINUE;
    state.clear();
    this.fireAfter(time, window, ctx, state);
    return TriggerResult.FIRE;
  }
  override canMerge(): boolean {
    return true;
  }
  override onMerge(_window: W, ctx: Trigger.OnMergeContext): void {
    ctx.mergePartitionedState(this.fireTime);
    const next = ctx.getPartitionedState(this.fireTime).get();
    if (next !== null) ctx.registerProcessingTimeTimer(next);
  }
  clear(_window: W, ctx: Trigger.TriggerContext): void {
    const state = ctx.getPartitionedState(this.fireTime);
    const next = state.get();
    if (next !== null) ctx.deleteProcessingTimeTimer(next);
    state.clear();
  }
  override toString(): string {
    return `ContinuousProcessingTimeTrigger(${this.interval})`;
  }

  private fireAfter(time: number, window: W, ctx: Trigger.TriggerContext, state: ReducingState<number>): void {
    const next = Math.min(time + this.interval, window.maxTimestamp());
    // The end of the window has been: the next record begins anew.
    if (next <= time) return;
    state.add(next);
    ctx.registerProcessingTimeTimer(next);
  }
}
