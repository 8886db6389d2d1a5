import { type Duration, millisOf } from '../duration.js';
import { type DeltaFunction, deltaOf } from './count-triggers.js';
import type { Window } from './windows.js';

/** A record of a window with its timestamp. */
export interface TimestampedValue<T> {
  getValue(): T;
  /** Epoch milliseconds; Number.MIN_SAFE_INTEGER if it has none. */
  getTimestamp(): number;
  hasTimestamp(): boolean;
}

/** The records of a window, oldest first. */
export interface EvictableElements<T> extends Iterable<TimestampedValue<T>> {
  /** Takes one of them out of the window; also while going through them. */
  remove(element: TimestampedValue<T>): void;
}

/** Takes records out of a window that fires: before the window function sees them, after it has, or both. */
export interface Evictor<T, W extends Window> {
  evictBefore(elements: EvictableElements<T>, size: number, window: W, ctx: Evictor.EvictorContext): void;
  evictAfter(elements: EvictableElements<T>, size: number, window: W, ctx: Evictor.EvictorContext): void;
}
export namespace Evictor {
  export interface EvictorContext {
    getCurrentProcessingTime(): number;
    getCurrentWatermark(): number;
  }
}

abstract class BeforeOrAfter<T, W extends Window> implements Evictor<T, W> {
  protected constructor(private readonly doEvictAfter: boolean) {}

  evictBefore(elements: EvictableElements<T>, size: number): void {
    if (!this.doEvictAfter) this.evict(elements, size);
  }
  evictAfter(elements: EvictableElements<T>, size: number): void {
    if (this.doEvictAfter) this.evict(elements, size);
  }

  protected abstract evict(elements: EvictableElements<T>, size: number): void;
}

/** Keeps the `maxCount` last records of a window. */
export class CountEvictor<T = unknown, W extends Window = Window> extends BeforeOrAfter<T, W> {
  private constructor(
    private readonly maxCount: number,
    doEvictAfter: boolean,
  ) {
    super(doEvictAfter);
  }

  static of<W extends Window>(maxCount: number, doEvictAfter = false): CountEvictor<unknown, W> {
    return new CountEvictor<unknown, W>(maxCount, doEvictAfter);
  }

  protected evict(elements: EvictableElements<T>, size: number): void {
    let surplus = size - this.maxCount;
    if (surplus <= 0) return;
    for (const element of elements) {
      if (surplus-- <= 0) return;
      elements.remove(element);
    }
  }
  override toString(): string {
    return `CountEvictor(${this.maxCount})`;
  }
}

/** Keeps the records of a window that are less than `windowSize` older than its youngest one. */
export class TimeEvictor<T = unknown, W extends Window = Window> extends BeforeOrAfter<T, W> {
  private constructor(
    private readonly windowSize: number,
    doEvictAfter: boolean,
  ) {
    super(doEvictAfter);
  }

  static of<W extends Window>(windowSize: Duration | number, doEvictAfter = false): TimeEvictor<unknown, W> {
    return new TimeEvictor<unknown, W>(millisOf(windowSize), doEvictAfter);
  }

  protected evict(elements: EvictableElements<T>): void {
    let youngest = Number.NEGATIVE_INFINITY;
    for (const element of elements) {
      // As in Flink the first record tells: streams have timestamps or have none.
      if (youngest === Number.NEGATIVE_INFINITY && !element.hasTimestamp()) return;
      youngest = Math.max(youngest, element.getTimestamp());
    }
    const cutoff = youngest - this.windowSize;
    for (const element of elements) if (element.getTimestamp() <= cutoff) elements.remove(element);
  }
  override toString(): string {
    return `TimeEvictor(${this.windowSize})`;
  }
}

/** Keeps the records of a window that are nearer than `threshold` to its last one. */
export class DeltaEvictor<T, W extends Window> extends BeforeOrAfter<T, W> {
  private constructor(
    private readonly threshold: number,
    private readonly delta: (a: T, b: T) => number,
    doEvictAfter: boolean,
  ) {
    super(doEvictAfter);
  }

  static of<T, W extends Window>(
    threshold: number,
    delta: DeltaFunction<T> | ((oldDataPoint: T, newDataPoint: T) => number),
    doEvictAfter = false,
  ): DeltaEvictor<T, W> {
    return new DeltaEvictor<T, W>(threshold, deltaOf(delta, 'DeltaEvictor'), doEvictAfter);
  }

  protected evict(elements: EvictableElements<T>): void {
    const all = [...elements];
    const last = all.at(-1)?.getValue();
    for (const element of all) {
      if (this.delta(element.getValue(), last!) >= this.threshold) elements.remove(element);
    }
  }
  override toString(): string {
    return `DeltaEvictor(${this.threshold})`;
  }
}
