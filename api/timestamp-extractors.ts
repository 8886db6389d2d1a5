import { MillraceError } from '../core/errors.js';
import { type Duration, millisOf } from './duration.js';
import { Watermark } from './watermark.js';
import type { TimestampAssigner, WatermarkGenerator, WatermarkOutput } from './watermark-generator.js';
import { WatermarkStrategy } from './watermark-strategy.js';

/** Flink's older form of a strategy: timestamps, and a watermark that is asked for periodically. */
export interface AssignerWithPeriodicWatermarks<T> extends TimestampAssigner<T> {
  /** Null: nothing to say. */
  getCurrentWatermark(): Watermark | null;
}

/** Flink's older form of a strategy: timestamps, and a watermark after any record that brings one. */
export interface AssignerWithPunctuatedWatermarks<T> extends TimestampAssigner<T> {
  /** After `extractTimestamp` of the same record, which gave `extractedTimestamp`; null: no watermark. */
  checkAndGetNextWatermark(lastElement: T, extractedTimestamp: number): Watermark | null;
}

/** Watermarks `maxOutOfOrderness` behind the highest timestamp so far. Flink replaced it by forBoundedOutOfOrderness. */
export abstract class BoundedOutOfOrdernessTimestampExtractor<T> implements AssignerWithPeriodicWatermarks<T> {
  private readonly maxOutOfOrderness: number;
  private highest: number;
  private emitted = Number.MIN_SAFE_INTEGER;

  constructor(maxOutOfOrderness: Duration | number) {
    this.maxOutOfOrderness = millisOf(maxOutOfOrderness);
    if (!(this.maxOutOfOrderness >= 0)) {
      throw new MillraceError(
        'ILLEGAL_ARGUMENT',
        `Tried to set the maximum allowed lateness to ${this.maxOutOfOrderness}. This parameter cannot be negative.`,
        { domain: 'user' },
      );
    }
    this.highest = Number.MIN_SAFE_INTEGER + this.maxOutOfOrderness;
  }

  /** Epoch milliseconds. */
  abstract extractTimestamp(element: T): number;

  getMaxOutOfOrdernessInMillis(): number {
    return this.maxOutOfOrderness;
  }

  getCurrentWatermark(): Watermark {
    this.emitted = Math.max(this.emitted, this.highest - this.maxOutOfOrderness);
    return new Watermark(this.emitted);
  }

  /** @internal A record has this timestamp. */
  observe(timestamp: number): void {
    if (timestamp > this.highest) this.highest = timestamp;
  }
}

/** For timestamps that never go back within a subtask. Flink replaced it by forMonotonousTimestamps. */
export abstract class AscendingTimestampExtractor<T> implements AssignerWithPeriodicWatermarks<T> {
  private current = Number.MIN_SAFE_INTEGER;

  /** Epoch milliseconds; not below that of the record before. */
  abstract extractAscendingTimestamp(element: T): number;

  /** What to do about one that is lower; by default nothing, as the record is late for all that is past. */
  protected handleViolation(_elementTimestamp: number, _lastTimestamp: number): void {}

  extractTimestamp(element: T): number {
    const timestamp = this.extractAscendingTimestamp(element);
    if (timestamp >= this.current) this.current = timestamp;
    else this.handleViolation(timestamp, this.current);
    return timestamp;
  }

  getCurrentWatermark(): Watermark {
    const { current } = this;
    return new Watermark(current === Number.MIN_SAFE_INTEGER ? current : current - 1);
  }
}

/** The strategy that one of the older assigners stands for; each subtask has an assigner of its own. */
export function strategyOf<T>(
  assigner: AssignerWithPeriodicWatermarks<T> | AssignerWithPunctuatedWatermarks<T>,
): WatermarkStrategy<T> {
  return new AssignerStrategy<T>(assigner);
}

class AssignerStrategy<T> extends WatermarkStrategy<T> {
  constructor(private readonly assigner: AssignerWithPeriodicWatermarks<T> | AssignerWithPunctuatedWatermarks<T>) {
    super();
  }

  override createTimestampAssigner(): TimestampAssigner<T> {
    return this.assigner;
  }

  override createWatermarkGenerator(): WatermarkGenerator<T> {
    const { assigner } = this;
    if ('checkAndGetNextWatermark' in assigner) {
      return {
        onEvent: (event, timestamp, output) => {
          const next = assigner.checkAndGetNextWatermark(event, timestamp);
          if (next !== null && next !== undefined) output.emitWatermark(next);
        },
        onPeriodicEmit: () => {},
      };
    }
    const observes = assigner instanceof BoundedOutOfOrdernessTimestampExtractor;
    return {
      readsEvents: false,
      onEvent: (_event: T, timestamp: number) => {
        if (observes) assigner.observe(timestamp);
      },
      onPeriodicEmit: (output: WatermarkOutput) => {
        const next = assigner.getCurrentWatermark();
        if (next !== null && next !== undefined) output.emitWatermark(next);
      },
    } as WatermarkGenerator<T>;
  }
}
