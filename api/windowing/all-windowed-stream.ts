import type { AggregateFunction, Collector, ReduceFunction } from '../functions.js';
import type { Methods } from '../process-functions.js';
import type { SingleOutputStreamOperator } from '../single-output-stream-operator.js';
import { StreamWithWindows } from './stream-with-windows.js';
import type { AllWindowFunction, ProcessAllWindowFunction } from './window-functions.js';
import type { Window } from './windows.js';

type AllWindowCall<IN, R, W extends Window> =
  | Methods<ProcessAllWindowFunction<IN, R, W>, 'process'>
  | AllWindowFunction<IN, R, W>
  | ((window: W, elements: Iterable<IN>, out: Collector<R>) => void | Promise<void>);

/** A stream whose records are put into windows, all of them by one subtask. */
export class AllWindowedStream<T, W extends Window> extends StreamWithWindows<T, W> {
  /** Combines the records of a window as they come, and emits what is there when it fires, or hands it to a window function. */
  reduce<R>(
    f: ReduceFunction<T> | ((a: T, b: T) => T),
    windowFunction: AllWindowCall<T, R, W>,
  ): SingleOutputStreamOperator<R>;
  reduce(f: ReduceFunction<T> | ((a: T, b: T) => T)): SingleOutputStreamOperator<T>;
  reduce<R>(f: unknown, windowFunction?: unknown): SingleOutputStreamOperator<R> {
    return this.builder.reduce<R>(f, windowFunction);
  }

  /** Takes the records of a window into an accumulator as they come, and emits its result, or hands it to a window function. */
  aggregate<ACC, V, R>(
    f: AggregateFunction<T, ACC, V>,
    windowFunction: AllWindowCall<V, R, W>,
  ): SingleOutputStreamOperator<R>;
  aggregate<ACC, R>(f: AggregateFunction<T, ACC, R>): SingleOutputStreamOperator<R>;
  aggregate<R>(f: unknown, windowFunction?: unknown): SingleOutputStreamOperator<R> {
    return this.builder.aggregate<R>(f, windowFunction);
  }

  /** Keeps the records of a window, and hands them to `f` when it fires. */
  apply<R>(
    f: AllWindowFunction<T, R, W> | ((window: W, elements: Iterable<T>, out: Collector<R>) => void | Promise<void>),
  ): SingleOutputStreamOperator<R> {
    return this.builder.apply<R>(f);
  }

  /** Keeps the records of a window, and hands them to `f` when it fires, with state and side outputs. */
  process<R>(
    f:
      | Methods<ProcessAllWindowFunction<T, R, W>, 'process'>
      | ((ctx: ProcessAllWindowFunction.Context<W>, elements: Iterable<T>, out: Collector<R>) => void | Promise<void>),
  ): SingleOutputStreamOperator<R> {
    return this.builder.process<R>(f);
  }
}
