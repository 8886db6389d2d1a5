import { type Duration, millisOf } from '../duration.js';
import { EventTimeTrigger, ProcessingTimeTrigger } from './time-triggers.js';
import { withTimestamp } from './time-windows.js';
import type { Trigger } from './trigger.js';
import { MergingWindowAssigner, type WindowAssigner } from './window-assigner.js';
import { TimeWindow, wrong } from './windows.js';

/** Gives the gap, in milliseconds, that has to follow a record before its session is over. */
export interface SessionWindowTimeGapExtractor<T> {
  extract(element: T): number;
}

type Gap<T> = number | ((element: T) => number);

abstract class SessionWindows<T> extends MergingWindowAssigner<T, TimeWindow> {
  protected constructor(private readonly gap: Gap<T>) {
    super();
  }

  protected sessionAt(element: T, timestamp: number): TimeWindow[] {
    const gap = typeof this.gap === 'number' ? this.gap : this.gap(element);
    if (!(gap > 0)) throw wrong(`Dynamic session time gap must satisfy 0 < gap, it is ${String(gap)}.`);
    return [new TimeWindow(timestamp, timestamp + gap)];
  }

  mergeWindows(windows: Iterable<TimeWindow>, callback: MergingWindowAssigner.MergeCallback<TimeWindow>): void {
    const sorted = [...windows].sort((a, b) => a.getStart() - b.getStart());
    let group: TimeWindow[] = [];
    let cover: TimeWindow | undefined;
    const close = (): void => {
      if (cover !== undefined && group.length > 1) callback.merge(group, cover);
    };
    for (const window of sorted) {
      if (cover?.intersects(window)) {
        if (!group.some(w => w.equals(window))) group.push(window);
        cover = cover.cover(window);
        continue;
      }
      close();
      group = [window];
      cover = window;
    }
    close();
  }

  override toString(): string {
    return `${this.constructor.name}(${typeof this.gap === 'number' ? this.gap : 'dynamic'})`;
  }
}

/** Sessions in event time: records whose gaps are shorter than the gap of the session are one window. */
export class EventTimeSessionWindows<T = unknown> extends SessionWindows<T> {
  /** Throws ILLEGAL_ARGUMENT unless the gap is above 0. */
  static withGap<T = unknown>(gap: Duration | number): EventTimeSessionWindows<T> {
    return new EventTimeSessionWindows<T>(fixed(gap, 'EventTimeSessionWindows'));
  }
  /** Each record has its own gap, in milliseconds. */
  static withDynamicGap<T>(
    extractor: SessionWindowTimeGapExtractor<T> | ((element: T) => number),
  ): EventTimeSessionWindows<T> {
    return new EventTimeSessionWindows<T>(dynamic(extractor));
  }

  assignWindows(element: T, timestamp: number): TimeWindow[] {
    return this.sessionAt(element, withTimestamp(timestamp));
  }
  getDefaultTrigger(): Trigger<T, TimeWindow> {
    return EventTimeTrigger.create();
  }
  isEventTime(): boolean {
    return true;
  }
}

/** Sessions in processing time: records that come in gaps shorter than the gap of the session are one window. */
export class ProcessingTimeSessionWindows<T = unknown> extends SessionWindows<T> {
  /** Throws ILLEGAL_ARGUMENT unless the gap is above 0. */
  static withGap<T = unknown>(gap: Duration | number): ProcessingTimeSessionWindows<T> {
    return new ProcessingTimeSessionWindows<T>(fixed(gap, 'ProcessingTimeSessionWindows'));
  }
  /** Each record has its own gap, in milliseconds. */
  static withDynamicGap<T>(
    extractor: SessionWindowTimeGapExtractor<T> | ((element: T) => number),
  ): ProcessingTimeSessionWindows<T> {
    return new ProcessingTimeSessionWindows<T>(dynamic(extractor));
  }

  assignWindows(element: T, _timestamp: number, context: WindowAssigner.WindowAssignerContext): TimeWindow[] {
    return this.sessionAt(element, context.getCurrentProcessingTime());
  }
  getDefaultTrigger(): Trigger<T, TimeWindow> {
    return ProcessingTimeTrigger.create();
  }
  isEventTime(): boolean {
    return false;
  }
}

function fixed(gap: Duration | number, name: string): number {
  const millis = millisOf(gap);
  if (Number.isSafeInteger(millis) && millis > 0) return millis;
  throw wrong(`${name} parameters must satisfy 0 < size, in whole milliseconds.`);
}

function dynamic<T>(extractor: SessionWindowTimeGapExtractor<T> | ((element: T) => number)): (element: T) => number {
  if (typeof extractor === 'function') return extractor;
  if (typeof extractor?.extract === 'function') return element => extractor.extract(element);
  throw wrong('withDynamicGap needs a function that gives the gap of a record in milliseconds.');
}
