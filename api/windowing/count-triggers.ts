import { ReducingStateDescriptor, ValueStateDescriptor } from '../state-descriptors.js';
import { Trigger, TriggerResult } from './trigger.js';
import { type Window, wrong } from './windows.js';

/** Fires each time that a window has got `maxCount` more records. */
export class CountTrigger<T = unknown, W extends Window = Window> extends Trigger<T, W> {
  private readonly count = new ReducingStateDescriptor<number>('count', (a, b) => a + b);

  private constructor(private readonly maxCount: number) {
    super();
  }

  /** Throws ILLEGAL_ARGUMENT unless the count is a whole number above 0. */
  static of<W extends Window>(maxCount: number): CountTrigger<unknown, W> {
    if (!Number.isSafeInteger(maxCount) || maxCount < 1) {
      throw wrong(`CountTrigger needs a whole number above 0, it got ${String(maxCount)}.`);
    }
    return new CountTrigger<unknown, W>(maxCount);
  }

  onElement(_element: T, _timestamp: number, _window: W, ctx: Trigger.TriggerContext): TriggerResult {
    const count = ctx.getPartitionedState(this.count);
    count.add(1);
    if (count.get()! < this.maxCount) return TriggerResult.CONTINUE;
    count.clear();
    return TriggerResult.FIRE;
  }
  onEventTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }
  onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }
  override canMerge(): boolean {
    return true;
  }
  override onMerge(_window: W, ctx: Trigger.OnMergeContext): void {
    ctx.mergePartitionedState(this.count);
  }
  clear(_window: W, ctx: Trigger.TriggerContext): void {
    ctx.getPartitionedState(this.count).clear();
  }
  override toString(): string {
    return `CountTrigger(${this.maxCount})`;
  }
}

/** Does as another trigger, but where that one fires the contents are dropped too. */
export class PurgingTrigger<T, W extends Window> extends Trigger<T, W> {
  private constructor(private readonly nested: Trigger<T, W>) {
    super();
  }

  static of<T, W extends Window>(nested: Trigger<T, W>): PurgingTrigger<T, W> {
    if (typeof nested?.onElement !== 'function') throw wrong('PurgingTrigger.of needs a trigger.');
    return new PurgingTrigger<T, W>(nested);
  }

  getNestedTrigger(): Trigger<T, W> {
    return this.nested;
  }

  onElement(element: T, timestamp: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    return purging(this.nested.onElement(element, timestamp, window, ctx));
  }
  onEventTime(time: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    return purging(this.nested.onEventTime(time, window, ctx));
  }
  onProcessingTime(time: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    return purging(this.nested.onProcessingTime(time, window, ctx));
  }
  override canMerge(): boolean {
    return this.nested.canMerge();
  }
  override onMerge(window: W, ctx: Trigger.OnMergeContext): void {
    this.nested.onMerge(window, ctx);
  }
  clear(window: W, ctx: Trigger.TriggerContext): void {
    this.nested.clear(window, ctx);
  }
  override toString(): string {
    return `PurgingTrigger(${String(this.nested)})`;
  }
}

const purging = (result: TriggerResult): TriggerResult =>
  result === TriggerResult.FIRE ? TriggerResult.FIRE_AND_PURGE : result;

/** How far a record is from an earlier one. */
export interface DeltaFunction<T> {
  getDelta(oldDataPoint: T, newDataPoint: T): number;
}

/** @internal */
export function deltaOf<T>(
  delta: DeltaFunction<T> | ((oldDataPoint: T, newDataPoint: T) => number),
  name: string,
): (a: T, b: T) => number {
  if (typeof delta === 'function') return delta;
  if (typeof delta?.getDelta === 'function') return (a, b) => delta.getDelta(a, b);
  throw wrong(`${name}.of needs a function that gives the distance of two records.`);
}

/** Fires when a record is further than `threshold` from the one that it last fired for, or from the first. */
export class DeltaTrigger<T, W extends Window> extends Trigger<T, W> {
  private readonly last = new ValueStateDescriptor<T>('delta-trigger-last-element');

  private constructor(
    private readonly threshold: number,
    private readonly delta: (a: T, b: T) => number,
  ) {
    super();
  }

  static of<T, W extends Window>(
    threshold: number,
    delta: DeltaFunction<T> | ((oldDataPoint: T, newDataPoint: T) => number),
  ): DeltaTrigger<T, W> {
    return new DeltaTrigger<T, W>(threshold, deltaOf(delta, 'DeltaTrigger'));
  }

  onElement(element: T, _timestamp: number, _window: W, ctx: Trigger.TriggerContext): TriggerResult {
    const state = ctx.getPartitionedState(this.last);
    const last = state.value();
    if (last === null) {
      state.update(element);
      return TriggerResult.CONTINUE;
    }
    if (!(this.delta(last, element) > this.threshold)) return TriggerResult.CONTINUE;
    state.update(element);
    return TriggerResult.FIRE;
  }
  onEventTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }
  onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }
  clear(_window: W, ctx: Trigger.TriggerContext): void {
    ctx.getPartitionedState(this.last).clear();
  }
  override toString(): string {
    return `DeltaTrigger(${this.threshold})`;
  }
}
