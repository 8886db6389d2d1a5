import type { BroadcastState, ReadOnlyBroadcastState } from './broadcast-state.js';
import { AbstractRichFunction, type Collector } from './functions.js';
import type { OutputTag } from './output-tag.js';
import type { TimeDomain, TimerService } from './process-functions.js';
import type { State } from './state.js';
import type { MapStateDescriptor, StateDescriptor } from './state-descriptors.js';

interface BaseContext {
  /** Of the record, or of the timer; epoch milliseconds, null if the record has none. */
  timestamp(): number | null;
  /** Epoch milliseconds. */
  currentProcessingTime(): number;
  /** The lesser one of both streams; Number.MIN_SAFE_INTEGER before any. */
  currentWatermark(): number;
  /** Emits a record into a side output, which `getSideOutput(tag)` gives as a stream. */
  output<X>(tag: OutputTag<X>, value: X): void;
}

interface ReadingContext extends BaseContext {
  /** As the broadcast records have left it. Throws ILLEGAL_ARGUMENT for a descriptor that `broadcast` was not given. */
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V>;
}

interface WritingContext extends BaseContext {
  /** Throws ILLEGAL_ARGUMENT for a descriptor that `broadcast` was not given. */
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V>;
}

/**
 * Records of a stream, and those of a broadcast one, which every subtask gets and may put into broadcast state. What is put
 * there must not depend on the subtask or on the order of records, or subtasks will differ.
 */
export abstract class BroadcastProcessFunction<A, B, O> extends AbstractRichFunction {
  /** For each record of the stream that is not broadcast. */
  abstract processElement(
    value: A,
    ctx: BroadcastProcessFunction.ReadOnlyContext,
    out: Collector<O>,
  ): void | Promise<void>;
  /** For each broadcast record, in each subtask. */
  abstract processBroadcastElement(
    value: B,
    ctx: BroadcastProcessFunction.Context,
    out: Collector<O>,
  ): void | Promise<void>;
}
export namespace BroadcastProcessFunction {
  /** Of a record that is not broadcast. */
  export interface ReadOnlyContext extends ReadingContext {}
  /** Of a broadcast record. */
  export interface Context extends WritingContext {}
}

/** As BroadcastProcessFunction, for a keyed stream: with keyed state and timers. */
export abstract class KeyedBroadcastProcessFunction<K, A, B, O> extends AbstractRichFunction {
  /** For each record of the keyed stream. */
  abstract processElement(
    value: A,
    ctx: KeyedBroadcastProcessFunction.ReadOnlyContext<K>,
    out: Collector<O>,
  ): void | Promise<void>;
  /** For each broadcast record, in each subtask. There is no current key. */
  abstract processBroadcastElement(
    value: B,
    ctx: KeyedBroadcastProcessFunction.Context<K>,
    out: Collector<O>,
  ): void | Promise<void>;
  /** For each timer that fires; event time is the lesser one of both streams. */
  onTimer(
    _timestamp: number,
    _ctx: KeyedBroadcastProcessFunction.OnTimerContext<K>,
    _out: Collector<O>,
  ): void | Promise<void> {}
}
export namespace KeyedBroadcastProcessFunction {
  /** Of a record of the keyed stream. */
  export interface ReadOnlyContext<K> extends ReadingContext {
    timerService(): TimerService;
    /** The key of the record, or of the timer. */
    getCurrentKey(): K;
  }
  /** Of a timer. */
  export interface OnTimerContext<K> extends ReadOnlyContext<K> {
    timeDomain(): TimeDomain;
  }
  /** Of a broadcast record. */
  export interface Context<K> extends WritingContext {
    /** Calls `f` for each key of this subtask that has something in a keyed state; `f` may change it. */
    applyToKeyedState<S extends State>(descriptor: StateDescriptor<S>, f: (key: K, state: S) => void): void;
  }
}
