import { MillraceError } from '../core/errors.js';
import type { FieldAggregate } from '../core/graph/index.js';
import type { Duration } from './duration.js';
import type { Collector, ReduceFunction } from './functions.js';
import { IntervalJoin } from './interval-join.js';
import { type Field, required } from './key-selector.js';
import type { KeyedProcessFunction, Methods } from './process-functions.js';
import { DataStream, type SingleOutputStreamOperator } from './streams.js';
import {
  CountEvictor,
  CountTrigger,
  type GlobalWindow,
  GlobalWindows,
  PurgingTrigger,
  type TimeWindow,
  type Window,
  type WindowAssigner,
  WindowedStream,
} from './windowing/index.js';
import { fieldAggregate } from './windowing/stream-with-windows.js';
import { timeWindows } from './windowing/time-windows-by-characteristic.js';

/** A stream partitioned by key. */
export class KeyedStream<T, K> extends DataStream<T> {
  declare protected readonly keyType: K;

  /**
   * Combines each record with the value that its key has so far, and emits the new value.
   *
   *     const counts = pairs.keyBy(0).reduce((a, b) => [a[0], a[1] + b[1]]);
   */
  reduce(f: ReduceFunction<T> | ((a: T, b: T) => T | Promise<T>)): SingleOutputStreamOperator<T> {
    return this.transform<T>({ kind: 'reduce' }, 'Keyed Reduce', { function: required(f, 'reduce') });
  }

  /**
   * Hands each record to `f` with its key, time, timers and side outputs, and a collector for any number of results; state
   * is by `getRuntimeContext()` of a KeyedProcessFunction.
   *
   *     const seen = clicks.keyBy('user').process((click, ctx, out: Collector<string>) => out.collect(ctx.getCurrentKey()));
   */
  override process<R>(
    f:
      | Methods<KeyedProcessFunction<K, T, R>, 'processElement'>
      | ((value: T, ctx: KeyedProcessFunction.Context<K>, out: Collector<R>) => void | Promise<void>),
  ): SingleOutputStreamOperator<R> {
    return this.transform<R>({ kind: 'keyed-process' }, 'KeyedProcess', { function: required(f, 'process') });
  }

  /**
   * Pairs records of this stream with those of another one that have an equal key and whose event timestamps are not too far
   * apart; say how far with `between`. Both streams need timestamps and watermarks.
   *
   *     orders.keyBy('id').intervalJoin(payments.keyBy('orderId')).between(Duration.ofMinutes(0), Duration.ofMinutes(30))
   */
  intervalJoin<B>(other: KeyedStream<B, K>): IntervalJoin<T, B, K> {
    if (!(other instanceof KeyedStream)) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        'intervalJoin needs a keyed stream: put a keyBy behind the other one.',
      );
    }
    this.requireSameEnvironment(other, 'intervalJoin');
    return new IntervalJoin(this, other);
  }

  /** Running sum of a field by key; the other fields are those of the key's first record. */
  sum(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.aggregate('sum', field);
  }
  /** Running minimum of a field by key; the other fields are those of the key's first record. */
  min(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.aggregate('min', field);
  }
  /** Running maximum of a field by key; the other fields are those of the key's first record. */
  max(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.aggregate('max', field);
  }
  /** The whole record with the smallest field so far by key; of equal ones the first, or the last if `first` is false. */
  minBy(field?: Field<T>, first = true): SingleOutputStreamOperator<T> {
    return this.aggregate('min-by', field, first);
  }
  /** The whole record with the greatest field so far by key; of equal ones the first, or the last if `first` is false. */
  maxBy(field?: Field<T>, first = true): SingleOutputStreamOperator<T> {
    return this.aggregate('max-by', field, first);
  }

  /**
   * Puts the records of each key into windows.
   *
   *     const perMinute = clicks.keyBy('user').window(TumblingEventTimeWindows.of(Duration.ofMinutes(1)));
   */
  window<W extends Window>(assigner: WindowAssigner<T, W>): WindowedStream<T, K, W> {
    return new WindowedStream<T, K, W>(assigner, (spec, name, functions) =>
      this.transform(spec, `Window(${name})`, functions),
    );
  }

  /** Windows of `size`, one each `slide` if that is given: of event time, or of processing time if that is the program's. */
  timeWindow(size: Duration | number, slide?: Duration | number): WindowedStream<T, K, TimeWindow> {
    return this.window(timeWindows<T>(this, size, slide));
  }

  /**
   * Windows of `size` records of a key; with `slide` the last `size` of them, each time that `slide` more have come.
   * What is not full at the end of the input gives nothing.
   */
  countWindow(size: number, slide?: number): WindowedStream<T, K, GlobalWindow> {
    const windows = this.window<GlobalWindow>(GlobalWindows.create());
    if (slide === undefined) return windows.trigger(PurgingTrigger.of(CountTrigger.of<GlobalWindow>(size)));
    return windows.evictor(CountEvictor.of<GlobalWindow>(size)).trigger(CountTrigger.of<GlobalWindow>(slide));
  }

  protected override partition(): never {
    throw new MillraceError(
      'INVALID_PROGRAM',
      'Cannot override partitioning for KeyedStream. Partition the stream before keyBy, or the result of an operator.',
    );
  }

  private aggregate(
    aggregate: FieldAggregate['aggregate'],
    field: Field<T> | undefined,
    first = true,
  ): SingleOutputStreamOperator<T> {
    return this.transform<T>(
      { kind: 'aggregate-field', ...fieldAggregate(aggregate, field, first) },
      'Keyed Aggregation',
      {},
    );
  }
}
