import { MillraceError } from '../core/errors.js';
import type { OperatorSpec } from '../core/graph/index.js';
import { type Duration, millisOf } from './duration.js';
import type { Collector } from './functions.js';
import type { ProcessJoinFunction } from './join-functions.js';
import { required } from './key-selector.js';
import type { OutputTag } from './output-tag.js';
import type { Methods } from './process-functions.js';
import { type KeyedStream, SingleOutputStreamOperator } from './streams.js';
import { TimeCharacteristic } from './time-characteristic.js';

/** Two keyed streams, before it is said how far apart in event time the records of a pair may be. */
export class IntervalJoin<A, B, K> {
  /** @internal */
  constructor(
    private readonly left: KeyedStream<A, K>,
    private readonly right: KeyedStream<B, K>,
  ) {}

  /**
   * Pairs records of equal keys whose timestamps fit: left + lowerBound ≤ right ≤ left + upperBound. Bounds may be negative.
   * Throws INVALID_PROGRAM if the lower one is above the upper one, or if the program goes by processing time.
   */
  between(lowerBound: Duration, upperBound: Duration): IntervalJoined<A, B, K> {
    const environment = this.left.getExecutionEnvironment();
    if (environment.getStreamTimeCharacteristic() === TimeCharacteristic.ProcessingTime) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        'Time-bounded stream joins are only supported in event time; the environment is set to processing time.',
      );
    }
    return new IntervalJoined(this.left, this.right, {
      lower: boundOf(lowerBound, 'lower'),
      upper: boundOf(upperBound, 'upper'),
    });
  }
}

interface Interval {
  lower: number;
  upper: number;
  lowerExclusive?: boolean;
  upperExclusive?: boolean;
  leftLate?: string;
  rightLate?: string;
}

/** Two keyed streams, and how far apart in event time the records of a pair may be. */
export class IntervalJoined<A, B, K> {
  /** @internal */
  constructor(
    private readonly left: KeyedStream<A, K>,
    private readonly right: KeyedStream<B, K>,
    private readonly interval: Interval,
  ) {}

  /** Records that are exactly at the lower bound make no pair. */
  lowerBoundExclusive(): IntervalJoined<A, B, K> {
    return this.with({ lowerExclusive: true });
  }
  /** Records that are exactly at the upper bound make no pair. */
  upperBoundExclusive(): IntervalJoined<A, B, K> {
    return this.with({ upperExclusive: true });
  }
  /** Records of the left stream that come behind the watermark go to this side output; else they are dropped. */
  sideOutputLeftLateData(tag: OutputTag<A>): IntervalJoined<A, B, K> {
    return this.with({ leftLate: idOf(tag, 'sideOutputLeftLateData') });
  }
  /** Records of the right stream that come behind the watermark go to this side output; else they are dropped. */
  sideOutputRightLateData(tag: OutputTag<B>): IntervalJoined<A, B, K> {
    return this.with({ rightLate: idOf(tag, 'sideOutputRightLateData') });
  }

  /**
   * Hands each pair to `f`.
   *
   *     const paid = orders.keyBy('id').intervalJoin(payments.keyBy('orderId'))
   *       .between(Duration.ofMinutes(0), Duration.ofMinutes(30))
   *       .process((order, payment, ctx, out: Collector<string>) => out.collect(`${order.id} ${payment.amount}`));
   */
  process<R>(
    f:
      | Methods<ProcessJoinFunction<A, B, R>, 'processElement'>
      | ((left: A, right: B, ctx: ProcessJoinFunction.Context, out: Collector<R>) => void | Promise<void>),
  ): SingleOutputStreamOperator<R> {
    const { lowerExclusive, upperExclusive, ...interval } = this.interval;
    // Timestamps are whole milliseconds.
    const lower = interval.lower + (lowerExclusive ? 1 : 0);
    const upper = interval.upper - (upperExclusive ? 1 : 0);
    if (lower > upper) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        `No pair can be between ${interval.lower} ms${lowerExclusive ? ' (exclusive)' : ''} and ` +
          `${interval.upper} ms${upperExclusive ? ' (exclusive)' : ''}: lower bound <= upper bound must be fulfilled.`,
      );
    }
    const { left, right } = this;
    const spec: OperatorSpec = { kind: 'interval-join', ...interval, lower, upper };
    const functions = { function: required(f, 'process') };
    const node = left.recorder.add(spec, 'Interval Join', [left.outlets, right.outlets], functions);
    return new SingleOutputStreamOperator<R>(left.getExecutionEnvironment(), left.recorder, node);
  }

  private with(more: Partial<Interval>): IntervalJoined<A, B, K> {
    return new IntervalJoined(this.left, this.right, { ...this.interval, ...more });
  }
}

function boundOf(bound: Duration, which: string): number {
  const ms = typeof bound?.toMillis === 'function' ? millisOf(bound) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new MillraceError('INVALID_PROGRAM', `between needs Durations, the ${which} bound is ${String(bound)}.`);
}

function idOf<T>(tag: OutputTag<T>, method: string): string {
  if (typeof tag?.getId === 'function') return tag.getId();
  throw new MillraceError('INVALID_PROGRAM', `${method} needs an OutputTag.`);
}
