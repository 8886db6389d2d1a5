import type { AggregateFunction, Collector, ReduceFunction } from '../functions.js';
import type { Methods } from '../process-functions.js';
import type { SingleOutputStreamOperator } from '../single-output-stream-operator.js';
import { StreamWithWindows } from './stream-with-windows.js';
import type { ProcessWindowFunction, WindowFunction } from './window-functions.js';
import type { Window } from './windows.js';

type WindowCall<IN, R, K, W extends Window> =
  | Methods<ProcessWindowFunction<IN, R, K, W>, 'process'>
  | WindowFunction<IN, R, K, W>
  | ((key: K, window: W, elements: Iterable<IN>, out: Collector<R>) => void | Promise<void>);

/** A keyed stream whose records are put into windows: each key has its own. */
export class WindowedStream<T, K, W extends Window> extends StreamWithWindows<T, W> {
  declare protected readonly keyType: K;

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
}
