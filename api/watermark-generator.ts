import type { MetricGroup } from './functions.js';
import type { Watermark } from './watermark.js';

/** Where a generator puts its watermarks. */
export interface WatermarkOutput {
  /** One that is not above the last has no effect. */
  emitWatermark(watermark: Watermark): void;
  /** No records for now: nobody need wait for this stream's watermarks. Ends with the next watermark. */
  markIdle(): void;
  /** Ends what `markIdle` began. */
  markActive(): void;
}

/** Follows the timestamps of a stream, and says how far event time has come; one for each subtask. */
export interface WatermarkGenerator<T> {
  /** For each record; may emit at once. `eventTimestamp` is in epoch milliseconds. */
  onEvent(event: T, eventTimestamp: number, output: WatermarkOutput): void;
  /** Every automatic watermark interval (200 ms unless `setAutoWatermarkInterval` says otherwise), and at the end of the input. */
  onPeriodicEmit(output: WatermarkOutput): void;
}

/** Gives a record's event timestamp in epoch milliseconds. */
export interface TimestampAssigner<T> {
  /** `recordTimestamp` is the one that the record has already, Number.MIN_SAFE_INTEGER if none. */
  extractTimestamp(element: T, recordTimestamp: number): number;
}

/** A clock to measure how long nothing came; its zero is of no meaning. */
export interface RelativeClock {
  /** Milliseconds. */
  relativeTimeMillis(): number;
}

/** What a generator or an assigner may want of its subtask. */
export interface WatermarkGeneratorContext {
  getMetricGroup(): MetricGroup;
  getInputActivityClock(): RelativeClock;
}
