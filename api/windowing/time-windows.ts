import { MillraceError } from '../../core/errors.js';
import { type Duration, millisOf } from '../duration.js';
import { EventTimeTrigger, ProcessingTimeTrigger } from './time-triggers.js';
import type { Trigger } from './trigger.js';
import { WindowAssigner } from './window-assigner.js';
import { TimeWindow, wrong } from './windows.js';

/** Windows of one length, one beginning each `slide` milliseconds. */
abstract class AlignedTimeWindows<T> extends WindowAssigner<T, TimeWindow> {
  protected constructor(
    protected readonly size: number,
    protected readonly slide: number,
    protected readonly offset: number,
  ) {
    super();
    const parameters = size === slide ? 'abs(offset) < size' : 'abs(offset) < slide and size > 0';
    const areWhole = Number.isSafeInteger(size) && Number.isSafeInteger(slide) && Number.isSafeInteger(offset);
    if (!areWhole || !(Math.abs(offset) < slide && size > 0)) {
      throw wrong(`${this.constructor.name} parameters must satisfy ${parameters}, in whole milliseconds.`);
    }
  }

  /** Milliseconds. */
  getSize(): number {
    return this.size;
  }
  /** Milliseconds between the beginnings of two windows. */
  getSlide(): number {
    return this.slide;
  }
  /** Milliseconds from the epoch to the beginning of some window. */
  getOffset(): number {
    return this.offset;
  }

  protected windowsAt(timestamp: number): TimeWindow[] {
    const windows: TimeWindow[] = [];
    const last = TimeWindow.getWindowStartWithOffset(timestamp, this.offset, this.slide);
    for (let start = last; start > timestamp - this.size; start -= this.slide) {
      windows.push(new TimeWindow(start, start + this.size));
    }
    return windows;
  }

  override toString(): string {
    const { size, slide } = this;
    return `${this.constructor.name}(${size === slide ? size : `${size}, ${slide}`})`;
  }
}

abstract class EventTimeWindows<T> extends AlignedTimeWindows<T> {
  assignWindows(_element: T, timestamp: number): TimeWindow[] {
    return this.windowsAt(withTimestamp(timestamp));
  }
  getDefaultTrigger(): Trigger<T, TimeWindow> {
    return EventTimeTrigger.create();
  }
  isEventTime(): boolean {
    return true;
  }
}

abstract class ProcessingTimeWindows<T> extends AlignedTimeWindows<T> {
  assignWindows(_element: T, _timestamp: number, context: WindowAssigner.WindowAssignerContext): TimeWindow[] {
    return this.windowsAt(context.getCurrentProcessingTime());
  }
  getDefaultTrigger(): Trigger<T, TimeWindow> {
    return ProcessingTimeTrigger.create();
  }
  isEventTime(): boolean {
    return false;
  }
}

/** Windows of `size` of event time, one after the other. */
export class TumblingEventTimeWindows<T = unknown> extends EventTimeWindows<T> {
  /** Windows begin at whole multiples of `size` since the epoch, moved by `offset`. Throws ILLEGAL_ARGUMENT unless |offset| < size. */
  static of<T = unknown>(size: Duration | number, offset: Duration | number = 0): TumblingEventTimeWindows<T> {
    return new TumblingEventTimeWindows<T>(millisOf(size), millisOf(size), millisOf(offset));
  }
}

/** Windows of `size` of processing time, one after the other. */
export class TumblingProcessingTimeWindows<T = unknown> extends ProcessingTimeWindows<T> {
  /** Windows begin at whole multiples of `size` since the epoch, moved by `offset`. Throws ILLEGAL_ARGUMENT unless |offset| < size. */
  static of<T = unknown>(size: Duration | number, offset: Duration | number = 0): TumblingProcessingTimeWindows<T> {
    return new TumblingProcessingTimeWindows<T>(millisOf(size), millisOf(size), millisOf(offset));
  }
}

/** Windows of `size` of event time, a new one each `slide`: a record is in each that it lies in. */
export class SlidingEventTimeWindows<T = unknown> extends EventTimeWindows<T> {
  /** Throws ILLEGAL_ARGUMENT unless |offset| < slide. */
  static of<T = unknown>(
    size: Duration | number,
    slide: Duration | number,
    offset: Duration | number = 0,
  ): SlidingEventTimeWindows<T> {
    return new SlidingEventTimeWindows<T>(millisOf(size), millisOf(slide), millisOf(offset));
  }
}

/** Windows of `size` of processing time, a new one each `slide`: a record is in each that it lies in. */
export class SlidingProcessingTimeWindows<T = unknown> extends ProcessingTimeWindows<T> {
  /** Throws ILLEGAL_ARGUMENT unless |offset| < slide. */
  static of<T = unknown>(
    size: Duration | number,
    slide: Duration | number,
    offset: Duration | number = 0,
  ): SlidingProcessingTimeWindows<T> {
    return new SlidingProcessingTimeWindows<T>(millisOf(size), millisOf(slide), millisOf(offset));
  }
}

/** @internal The timestamp of a record that must have one. */
export function withTimestamp(timestamp: number): number {
  if (timestamp > Number.MIN_SAFE_INTEGER) return timestamp;
  throw new MillraceError(
    'TASK_FAILED',
    'A record has no timestamp, but its windows are of event time. Call assignTimestampsAndWatermarks before the window, ' +
      'or use windows of processing time.',
    { domain: 'user' },
  );
}
