import type { FieldAggregate } from '../../core/graph/index.js';
import type { Duration } from '../duration.js';
import type { AggregateFunction, Collector, ReduceFunction } from '../functions.js';
import type { Field } from '../key-selector.js';
import type { OutputTag } from '../output-tag.js';
import type { Methods } from '../process-functions.js';
import type { SingleOutputStreamOperator } from '../single-output-stream-operator.js';
import type { Evictor } from './evictors.js';
import type { Trigger } from './trigger.js';
import type { WindowAssigner } from './window-assigner.js';
import { type AddOperator, WindowBuilder } from './window-builder.js';
import type { ProcessWindowFunction, WindowFunction } from './window-functions.js';
import type { Window } from './windows.js';

type WindowCall<IN, R, K, W extends Window> =
  | Methods<ProcessWindowFunction<IN, R, K, W>, 'process'>
  | WindowFunction<IN, R, K, W>
  | ((key: K, window: W, elements: Iterable<IN>, out: Collector<R>) => void | Promise<void>);

/** A keyed stream whose records are put into windows: each key has its own. */
export class WindowedStream<T, K, W extends Window> {
  declare protected readonly keyType: K;
  private readonly builder: WindowBuilder<T, W>;

  /** @internal */
  constructor(assigner: WindowAssigner<T, W>, add: AddOperator) {
    this.builder = new WindowBuilder(assigner, add);
  }

  /** Decides in place of the assigner's own trigger when windows fire. */
  trigger(trigger: Trigger<T, W>): this {
    this.builder.trigger(trigger);
    return this;
  }
  /** Takes records out of windows that fire. All records are kept then, also where a function combines them. */
  evictor(evictor: Evictor<T, W>): this {
    this.builder.evictor(evictor);
    return this;
  }
  /** Keeps windows of event time for so long after their end: late records fire them again. Milliseconds, if a number. */
  allowedLateness(lateness: Duration | number): this {
    this.builder.allowedLateness(lateness);
    return this;
  }
  /** Records that come too late for all their windows go there; without it they are dropped. */
  sideOutputLateData(tag: OutputTag<T>): this {
    this.builder.sideOutputLateData(tag);
    return this;
  }

  /**
   * Combines the records of a window as they come, and emits what is there when it fires, or hands it to a window
   * function, whose `elements` have just that.
   *
   *     const sums = pairs.keyBy(0).window(TumblingEventTimeWindows.of(Duration.ofSeconds(5))).reduce((a, b) => [a[0], a[1] + b[1]]);
   */
  reduce<R>(
    f: ReduceFunction<T> | ((a: T, b: T) => T),
    windowFunction: WindowCall<T, R, K, W>,
  ): SingleOutputStreamOperator<R>;
  reduce(f: ReduceFunction<T> | ((a: T, b: T) => T)): SingleOutputStreamOperator<T>;
  reduce<R>(f: unknown, windowFunction?: unknown): SingleOutputStreamOperator<R> {
    return this.builder.reduce<R>(f, windowFunction);
  }

  /**
   * Takes the records of a window into an accumulator as they come, and emits its result when the window fires, or hands
   * it to a window function, whose `elements` have just that.
   */
  aggregate<ACC, V, R>(
    f: AggregateFunction<T, ACC, V>,
    windowFunction: WindowCall<V, R, K, W>,
  ): SingleOutputStreamOperator<R>;
  aggregate<ACC, R>(f: AggregateFunction<T, ACC, R>): SingleOutputStreamOperator<R>;
  aggregate<R>(f: unknown, windowFunction?: unknown): SingleOutputStreamOperator<R> {
    return this.builder.aggregate<R>(f, windowFunction);
  }

  /** Keeps the records of a window, and hands them to `f` when it fires. */
  apply<R>(
    f:
      | WindowFunction<T, R, K, W>
      | ((key: K, window: W, elements: Iterable<T>, out: Collector<R>) => void | Promise<void>),
  ): SingleOutputStreamOperator<R> {
    return this.builder.apply<R>(f);
  }

  /** Keeps the records of a window, and hands them to `f` when it fires, with time, state and side outputs. */
  process<R>(
    f:
      | Methods<ProcessWindowFunction<T, R, K, W>, 'process'>
      | ((
          key: K,
          ctx: ProcessWindowFunction.Context<W>,
          elements: Iterable<T>,
          out: Collector<R>,
        ) => void | Promise<void>),
  ): SingleOutputStreamOperator<R> {
    return this.builder.process<R>(f);
  }

  /** Sum of a field; the other fields are those of the window's first record. */
  sum(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.builder.field<T>(fieldAggregate('sum', field));
  }
  /** Minimum of a field; the other fields are those of the window's first record. */
  min(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.builder.field<T>(fieldAggregate('min', field));
  }
  /** Maximum of a field; the other fields are those of the window's first record. */
  max(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.builder.field<T>(fieldAggregate('max', field));
  }
  /** The whole record with the smallest field; of equal ones the first, or the last if `first` is false. */
  minBy(field?: Field<T>, first = true): SingleOutputStreamOperator<T> {
    return this.builder.field<T>(fieldAggregate('min-by', field, first));
  }
  /** The whole record with the greatest field; of equal ones the first, or the last if `first` is false. */
  maxBy(field?: Field<T>, first = true): SingleOutputStreamOperator<T> {
    return this.builder.field<T>(fieldAggregate('max-by', field, first));
  }
}

/** @internal */
export const fieldAggregate = (
  aggregate: FieldAggregate['aggregate'],
  field: string | number | symbol | undefined,
  first = true,
): FieldAggregate => ({
  aggregate,
  field: (field ?? null) as FieldAggregate['field'],
  ...(!first && { last: true }),
});
