import {
  type EvictableElements,
  type Evictor,
  isMerging,
  MergingWindowAssigner,
  type TimestampedValue,
  Trigger,
  type TriggerResult,
  type Window,
  WindowAssigner,
} from './index.js';

/** A record of one of two streams that share windows: which one, 0 or 1, and the record. */
export type Tagged = readonly [side: 0 | 1, record: unknown];

/** How the inner part calls itself: what is around it is not the program's. */
function nameOf(inner: object): string {
  const text = String(inner);
  return text.startsWith('[object ') ? inner.constructor.name : text;
}

/** An assigner for records that sees them without their tags. */
export function untaggedAssigner<T, W extends Window>(assigner: WindowAssigner<T, W>): WindowAssigner<Tagged, W> {
  return isMerging(assigner)
    ? new UntaggedMergingAssigner(assigner)
    : new UntaggedAssigner(assigner as WindowAssigner<unknown, W>);
}

class UntaggedAssigner<W extends Window> extends WindowAssigner<Tagged, W> {
  constructor(private readonly inner: WindowAssigner<unknown, W>) {
    super();
  }

  assignWindows(tagged: Tagged, timestamp: number, context: WindowAssigner.WindowAssignerContext): Iterable<W> {
    return this.inner.assignWindows(tagged[1], timestamp, context);
  }
  getDefaultTrigger(): Trigger<Tagged, W> {
    return new UntaggedTrigger(this.inner.getDefaultTrigger());
  }
  isEventTime(): boolean {
    return this.inner.isEventTime();
  }
  override toString(): string {
    return nameOf(this.inner);
  }
}

class UntaggedMergingAssigner<W extends Window> extends MergingWindowAssigner<Tagged, W> {
  constructor(private readonly inner: MergingWindowAssigner<unknown, W>) {
    super();
  }

  assignWindows(tagged: Tagged, timestamp: number, context: WindowAssigner.WindowAssignerContext): Iterable<W> {
    return this.inner.assignWindows(tagged[1], timestamp, context);
  }
  mergeWindows(windows: Iterable<W>, callback: MergingWindowAssigner.MergeCallback<W>): void {
    this.inner.mergeWindows(windows, callback);
  }
  getDefaultTrigger(): Trigger<Tagged, W> {
    return new UntaggedTrigger(this.inner.getDefaultTrigger());
  }
  isEventTime(): boolean {
    return this.inner.isEventTime();
  }
  override toString(): string {
    return nameOf(this.inner);
  }
}

/** A trigger for records that sees them without their tags. */
export class UntaggedTrigger<W extends Window> extends Trigger<Tagged, W> {
  constructor(private readonly inner: Trigger<unknown, W>) {
    super();
  }

  onElement(tagged: Tagged, timestamp: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    return this.inner.onElement(tagged[1], timestamp, window, ctx);
  }
  onProcessingTime(time: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    return this.inner.onProcessingTime(time, window, ctx);
  }
  onEventTime(time: number, window: W, ctx: Trigger.TriggerContext): TriggerResult {
    return this.inner.onEventTime(time, window, ctx);
  }
  override canMerge(): boolean {
    return this.inner.canMerge();
  }
  override onMerge(window: W, ctx: Trigger.OnMergeContext): void {
    this.inner.onMerge(window, ctx);
  }
  clear(window: W, ctx: Trigger.TriggerContext): void {
    this.inner.clear(window, ctx);
  }
  override toString(): string {
    return nameOf(this.inner);
  }
}

/** An evictor for records that sees them without their tags. */
export class UntaggedEvictor<W extends Window> implements Evictor<Tagged, W> {
  constructor(private readonly inner: Evictor<unknown, W>) {}

  evictBefore(elements: EvictableElements<Tagged>, size: number, window: W, ctx: Evictor.EvictorContext): void {
    this.inner.evictBefore(new UntaggedElements(elements), size, window, ctx);
  }
  evictAfter(elements: EvictableElements<Tagged>, size: number, window: W, ctx: Evictor.EvictorContext): void {
    this.inner.evictAfter(new UntaggedElements(elements), size, window, ctx);
  }
  toString(): string {
    return nameOf(this.inner);
  }
}

class UntaggedElements implements EvictableElements<unknown> {
  constructor(private readonly elements: EvictableElements<Tagged>) {}

  *[Symbol.iterator](): Iterator<TimestampedValue<unknown>> {
    for (const element of this.elements) yield new UntaggedValue(element);
  }
  remove(element: TimestampedValue<unknown>): void {
    if (element instanceof UntaggedValue) this.elements.remove(element.tagged);
  }
}

class UntaggedValue implements TimestampedValue<unknown> {
  constructor(readonly tagged: TimestampedValue<Tagged>) {}

  getValue(): unknown {
    return this.tagged.getValue()[1];
  }
  getTimestamp(): number {
    return this.tagged.getTimestamp();
  }
  hasTimestamp(): boolean {
    return this.tagged.hasTimestamp();
  }
}
