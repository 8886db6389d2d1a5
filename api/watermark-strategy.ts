import { MillraceError } from '../core/errors.js';
import { type Duration, millisOf } from './duration.js';
import type { TimestampAssigner, WatermarkGenerator, WatermarkGeneratorContext } from './watermark-generator.js';
import { BoundedOutOfOrdernessWatermarks, NoWatermarksGenerator, WatermarksWithIdleness } from './watermarks.js';

/**
 * How the records of a stream get their event timestamps, and how event time moves on.
 *
 *     WatermarkStrategy.forBoundedOutOfOrderness<Order>(Duration.ofSeconds(5)).withTimestampAssigner(o => o.time)
 *
 * A strategy of one's own extends this class, or is any object with `createWatermarkGenerator` and, if the records do not
 * have their timestamps already, `createTimestampAssigner`.
 */
export abstract class WatermarkStrategy<T> {
  declare protected readonly recordType: (record: T) => void;

  /** Called once in each subtask. */
  abstract createWatermarkGenerator(context: WatermarkGeneratorContext): WatermarkGenerator<T>;
  /** Called once in each subtask; undefined: records keep the timestamps that they have. */
  createTimestampAssigner(_context: WatermarkGeneratorContext): TimestampAssigner<T> | undefined {
    return undefined;
  }

  /** Watermarks stay `maxOutOfOrderness` and a millisecond behind the highest timestamp so far. */
  static forBoundedOutOfOrderness<T>(maxOutOfOrderness: Duration): WatermarkStrategy<T> {
    const delay = millisOf(maxOutOfOrderness);
    if (!(delay >= 0)) throw illegal(`forBoundedOutOfOrderness(${delay} ms)`, 'it can not be negative');
    return new GeneratorStrategy<T>(() => new BoundedOutOfOrdernessWatermarks(delay));
  }
  /** For timestamps that never go back: a record with a lower one is late. */
  static forMonotonousTimestamps<T>(): WatermarkStrategy<T> {
    return new GeneratorStrategy<T>(() => new BoundedOutOfOrdernessWatermarks(0));
  }
  /** Event time stands still until the end of the input. */
  static noWatermarks<T>(): WatermarkStrategy<T> {
    return new GeneratorStrategy<T>(() => new NoWatermarksGenerator());
  }
  /** A generator of one's own; the function is called once in each subtask. */
  static forGenerator<T>(
    supplier:
      | ((context: WatermarkGeneratorContext) => WatermarkGenerator<T>)
      | { createWatermarkGenerator(context: WatermarkGeneratorContext): WatermarkGenerator<T> },
  ): WatermarkStrategy<T> {
    return new GeneratorStrategy<T>(supplier);
  }

  /** Takes the timestamps from the records (epoch milliseconds). */
  withTimestampAssigner(
    assigner: TimestampAssigner<T> | ((element: T, recordTimestamp: number) => number),
  ): WatermarkStrategy<T> {
    const given = typeof assigner === 'function' ? { extractTimestamp: assigner } : assigner;
    if (typeof given?.extractTimestamp !== 'function') {
      throw illegal('withTimestampAssigner', 'a function or an object with extractTimestamp is needed');
    }
    return new WithTimestampAssigner(this, given);
  }
  /** A subtask that gets no record for `timeout` is idle: nobody waits for its watermarks until it emits one again. */
  withIdleness(timeout: Duration): WatermarkStrategy<T> {
    const ms = millisOf(timeout);
    if (!(ms > 0)) throw illegal(`withIdleness(${ms} ms)`, 'it must be more than 0');
    return new WithIdleness(this, ms);
  }
}

// What a strategy is made of stands in fields: each subtask gets a copy of them.

type Supplier<T> =
  | ((context: WatermarkGeneratorContext) => WatermarkGenerator<T>)
  | { createWatermarkGenerator(context: WatermarkGeneratorContext): WatermarkGenerator<T> };

class GeneratorStrategy<T> extends WatermarkStrategy<T> {
  constructor(private readonly supplier: Supplier<T>) {
    super();
  }

  override createWatermarkGenerator(context: WatermarkGeneratorContext): WatermarkGenerator<T> {
    const { supplier } = this;
    return typeof supplier === 'function' ? supplier(context) : supplier.createWatermarkGenerator(context);
  }
}

class WithTimestampAssigner<T> extends WatermarkStrategy<T> {
  constructor(
    private readonly strategy: WatermarkStrategy<T>,
    private readonly assigner: TimestampAssigner<T>,
  ) {
    super();
  }

  override createWatermarkGenerator(context: WatermarkGeneratorContext): WatermarkGenerator<T> {
    return this.strategy.createWatermarkGenerator(context);
  }

  override createTimestampAssigner(): TimestampAssigner<T> {
    return this.assigner;
  }
}

class WithIdleness<T> extends WatermarkStrategy<T> {
  constructor(
    private readonly strategy: WatermarkStrategy<T>,
    private readonly timeout: number,
  ) {
    super();
  }

  override createWatermarkGenerator(context: WatermarkGeneratorContext): WatermarkGenerator<T> {
    const generator = this.strategy.createWatermarkGenerator(context);
    return new WatermarksWithIdleness(generator, this.timeout, context.getInputActivityClock());
  }

  override createTimestampAssigner(context: WatermarkGeneratorContext): TimestampAssigner<T> | undefined {
    return this.strategy.createTimestampAssigner(context);
  }
}

const illegal = (call: string, why: string): MillraceError =>
  new MillraceError('ILLEGAL_ARGUMENT', `${call}: ${why}.`, { domain: 'user' });
