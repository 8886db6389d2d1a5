import { AbstractRichFunction, type Collector } from './functions.js';
import type { OutputTag } from './output-tag.js';

/** Which time a timer was set in. */
export enum TimeDomain {
  EVENT_TIME = 'EVENT_TIME',
  PROCESSING_TIME = 'PROCESSING_TIME',
}

/** Times and timers, all in epoch milliseconds. Timers belong to the current key; the same time is one timer. */
export interface TimerService {
  /** The clock of this machine. */
  currentProcessingTime(): number;
  /** How far event time has come; Number.MIN_SAFE_INTEGER before any watermark. */
  currentWatermark(): number;
  /** `onTimer` is called when the watermark next moves and has come to `time`. Refused on streams without keys. */
  registerEventTimeTimer(time: number): void;
  /** `onTimer` is called when the clock has passed `time`; not any more after the end of the input. */
  registerProcessingTimeTimer(time: number): void;
  /** Without effect if there is none. */
  deleteEventTimeTimer(time: number): void;
  /** Without effect if there is none. */
  deleteProcessingTimeTimer(time: number): void;
}

/** Any record in, any number out, with time, side outputs, and on keyed streams timers. */
export abstract class ProcessFunction<I, O> extends AbstractRichFunction {
  /** For each record. `ctx` and `out` are valid during the call, and until a promise that it returns has settled. */
  abstract processElement(value: I, ctx: ProcessFunction.Context, out: Collector<O>): void | Promise<void>;
  /** For each timer that fires; what it emits has the timestamp of an event-time timer. */
  onTimer(_timestamp: number, _ctx: ProcessFunction.OnTimerContext, _out: Collector<O>): void | Promise<void> {}
}
export namespace ProcessFunction {
  export interface Context {
    /** Of the record, or of the timer; epoch milliseconds, null if the record has none. */
    timestamp(): number | null;
    timerService(): TimerService;
    /** Emits a record into a side output, which `getSideOutput(tag)` gives as a stream. */
    output<X>(tag: OutputTag<X>, value: X): void;
  }
  export interface OnTimerContext extends Context {
    timeDomain(): TimeDomain;
  }
}

/** Any record of a keyed stream in, any number out, with time, side outputs, timers and keyed state. */
export abstract class KeyedProcessFunction<K, I, O> extends AbstractRichFunction {
  /** For each record. `ctx` and `out` are valid during the call, and until a promise that it returns has settled. */
  abstract processElement(value: I, ctx: KeyedProcessFunction.Context<K>, out: Collector<O>): void | Promise<void>;
  /** For each timer that fires; what it emits has the timestamp of an event-time timer. */
  onTimer(_timestamp: number, _ctx: KeyedProcessFunction.OnTimerContext<K>, _out: Collector<O>): void | Promise<void> {}
}
export namespace KeyedProcessFunction {
  export interface Context<K> extends ProcessFunction.Context {
    /** The key of the record, or of the timer. */
    getCurrentKey(): K;
  }
  export interface OnTimerContext<K> extends Context<K> {
    timeDomain(): TimeDomain;
  }
}

/** A function class, or an object with at least its methods M. */
export type Methods<F, M extends keyof F> = Pick<F, M> & Partial<F>;
