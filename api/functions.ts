import { MillraceError } from '../core/errors.js';
import type { Accumulator } from './accumulators.js';
import type { AggregatingState, ListState, MapState, ReducingState, ValueState } from './state.js';
import type {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from './state-descriptors.js';
import type { Watermark } from './watermark.js';

/** Where a function puts its results. */
export interface Collector<T> {
  /** Emits a record. */
  collect(record: T): void;
}

/** Which subtask a function runs in. */
export interface TaskInfo {
  getTaskName(): string;
  /** 0-based. */
  getIndexOfThisSubtask(): number;
  getNumberOfParallelSubtasks(): number;
  getMaxNumberOfParallelSubtasks(): number;
  /** 0 for the first attempt. */
  getAttemptNumber(): number;
}

/** A metric that goes up and down. */
export interface Counter {
  inc(n?: number): void;
  dec(n?: number): void;
  getCount(): number;
}

/** Where a function's metrics are registered. */
export interface MetricGroup {
  counter(name: string): Counter;
}

/** Where a function of a keyed stream finds its state: that of the current key. The same name is the same state. */
export interface KeyedStateStore {
  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>;
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  getAggregatingState<IN, ACC, OUT>(descriptor: AggregatingStateDescriptor<IN, ACC, OUT>): AggregatingState<IN, OUT>;
}

/** What a rich function sees of its task. State is refused to functions of streams without keys. */
export interface RuntimeContext extends TaskInfo, KeyedStateStore {
  getTaskInfo(): TaskInfo;
  getJobId(): string;
  /**
   * Adds an accumulator under a name that is unique in the job; values of all subtasks are merged when the job ends.
   * Throws ILLEGAL_STATE if the function has one of that name already.
   */
  addAccumulator(name: string, accumulator: Accumulator<unknown, unknown>): void;
  getAccumulator(name: string): Accumulator<unknown, unknown> | undefined;
  getMetricGroup(): MetricGroup;
}

/** No field of the object: whoever copies function objects, a runtime or a test, copies no context with them. */
const contexts = new WeakMap<AbstractRichFunction, RuntimeContext>();

/** Base of the rich functions: `open` before the first record, `close` after the last, and the runtime context between. */
export abstract class AbstractRichFunction {
  /** @internal The runtime's, before `open`. */
  setRuntimeContext(context: RuntimeContext): void {
    contexts.set(this, context);
  }

  /** The task that the function runs in. Throws ILLEGAL_STATE before the runtime called `open`. */
  getRuntimeContext(): RuntimeContext {
    const context = contexts.get(this);
    if (context) return context;
    throw new MillraceError(
      'ILLEGAL_STATE',
      'The runtime context has not been initialized: it exists from open() on.',
      { domain: 'user' },
    );
  }

  /** Called once per subtask before the first record; may be async. */
  open(_context: RuntimeContext): void | Promise<void> {}
  /** Called once per subtask after the last record, also when the job failed or was cancelled. */
  close(): void | Promise<void> {}
}

/** One record in, one out. */
export interface MapFunction<T, R> {
  map(value: T): R | Promise<R>;
}
/** One record in, any number out. */
export interface FlatMapFunction<T, R> {
  flatMap(value: T, out: Collector<R>): void | Promise<void>;
}
/** Keeps the records for which it is true. */
export interface FilterFunction<T> {
  filter(value: T): boolean | Promise<boolean>;
}
/** Combines two records of a key into one of the same type. */
export interface ReduceFunction<T> {
  reduce(a: T, b: T): T | Promise<T>;
}
/** Takes values into an accumulator, and gives a result of it. */
export interface AggregateFunction<IN, ACC, OUT> {
  createAccumulator(): ACC;
  /** The accumulator with `value` in it: the same one, changed, or another. */
  add(value: IN, accumulator: ACC): ACC;
  getResult(accumulator: ACC): OUT;
  /** Both in one: for windows that merge, and for sliding ones, which are put together of parts. May change `a` and `b`, and give either. */
  merge(a: ACC, b: ACC): ACC;
}
/** A key by value: string, number, boolean, bigint, Date, or arrays and objects of them. Never null. */
export interface KeySelectorFunction<T, K> {
  getKey(value: T): K;
}
/** Gives a record's key: a function, or an object with `getKey`. */
export type KeySelector<T, K> = KeySelectorFunction<T, K> | ((value: T) => K);

/** Gives the subtask, 0 to numPartitions − 1, of a key. */
export interface Partitioner<K> {
  partition(key: K, numPartitions: number): number;
}

/** What a sink function is told beside the record. */
export interface SinkContext {
  /** Milliseconds since the epoch. */
  currentProcessingTime(): number;
  currentWatermark(): number;
  timestamp(): number | null;
}
/** Takes the records at the end of a stream. */
export interface SinkFunction<T> {
  invoke(value: T, context: SinkContext): void | Promise<void>;
}

/** What a source emits with. A promise comes only when the source should wait: await it. */
export interface SourceContext<T> {
  /** Emits a record without a timestamp; under ingestion time it gets the present time. */
  collect(record: T): void | Promise<void>;
  /** Emits a record with its event timestamp in epoch milliseconds. */
  collectWithTimestamp(record: T, timestamp: number): void | Promise<void>;
  /** Says how far event time has come. One that is not above the last has no effect. */
  emitWatermark(mark: Watermark): void;
  /** Nobody need wait for this source's watermarks until its next record or watermark. */
  markAsTemporarilyIdle(): void;
  close(): void;
}
/** A source of parallelism 1. `run` emits until it is done or `cancel` was called. */
export interface SourceFunction<T> {
  run(ctx: SourceContext<T>): void | Promise<void>;
  cancel(): void;
}
/** A source that runs in every subtask. */
export abstract class ParallelSourceFunction<T> implements SourceFunction<T> {
  abstract run(ctx: SourceContext<T>): void | Promise<void>;
  abstract cancel(): void;
}

/** `map` with `open`, `close` and the runtime context. */
export abstract class RichMapFunction<T, R> extends AbstractRichFunction implements MapFunction<T, R> {
  abstract map(value: T): R | Promise<R>;
}
/** `flatMap` with `open`, `close` and the runtime context. */
export abstract class RichFlatMapFunction<T, R> extends AbstractRichFunction implements FlatMapFunction<T, R> {
  abstract flatMap(value: T, out: Collector<R>): void | Promise<void>;
}
/** `filter` with `open`, `close` and the runtime context. */
export abstract class RichFilterFunction<T> extends AbstractRichFunction implements FilterFunction<T> {
  abstract filter(value: T): boolean | Promise<boolean>;
}
/** `reduce` with `open`, `close` and the runtime context. */
export abstract class RichReduceFunction<T> extends AbstractRichFunction implements ReduceFunction<T> {
  abstract reduce(a: T, b: T): T | Promise<T>;
}
/** `invoke` with `open`, `close` and the runtime context. */
export abstract class RichSinkFunction<T> extends AbstractRichFunction implements SinkFunction<T> {
  abstract invoke(value: T, context: SinkContext): void | Promise<void>;
}
/** A source of parallelism 1 with `open`, `close` and the runtime context. */
export abstract class RichSourceFunction<T> extends AbstractRichFunction implements SourceFunction<T> {
  abstract run(ctx: SourceContext<T>): void | Promise<void>;
  abstract cancel(): void;
}
/** A source that runs in every subtask, with `open`, `close` and the runtime context. */
export abstract class RichParallelSourceFunction<T> extends RichSourceFunction<T> {}
