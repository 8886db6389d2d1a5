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
import type { AllWindowFunction, ProcessAllWindowFunction } from './window-functions.js';
import { fieldAggregate } from './windowed-stream.js';
import type { Window } from './windows.js';

type AllWindowCall<IN, R, W extends Window> =
  | Methods<ProcessAllWindowFunction<IN, R, W>, 'process'>
  | AllWindowFunction<IN, R, W>
  | ((window: W, elements: Iterable<IN>, out: Collector<R>) => void | Promise<void>);

/** A stream whose records are put into windows, all of them by one subtask. */
export class AllWindowedStream<T, W extends Window> {
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
