import { AbstractRichFunction, type Collector } from './functions.js';
import type { KeyedProcessFunction, ProcessFunction } from './process-functions.js';

/** Any record of either of two connected streams in, any number out, with time and side outputs. */
export abstract class CoProcessFunction<A, B, O> extends AbstractRichFunction {
  /** For each record of the first stream. `ctx` and `out` are valid until the call, or a promise it returns, has ended. */
  abstract processElement1(value: A, ctx: CoProcessFunction.Context, out: Collector<O>): void | Promise<void>;
  /** For each record of the second stream. */
  abstract processElement2(value: B, ctx: CoProcessFunction.Context, out: Collector<O>): void | Promise<void>;
  /** For each timer that fires; streams have timers where both are keyed. */
  onTimer(_timestamp: number, _ctx: CoProcessFunction.OnTimerContext, _out: Collector<O>): void | Promise<void> {}
}
export namespace CoProcessFunction {
  /** Time and side outputs of a record. */
  export type Context = ProcessFunction.Context;
  /** The same of a timer. */
  export type OnTimerContext = ProcessFunction.OnTimerContext;
}

/** Any record of either of two keyed streams in, any number out, with time, timers, side outputs, and state that both share. */
export abstract class KeyedCoProcessFunction<K, A, B, O> extends AbstractRichFunction {
  /** For each record of the first stream. `ctx` and `out` are valid until the call, or a promise it returns, has ended. */
  abstract processElement1(value: A, ctx: KeyedCoProcessFunction.Context<K>, out: Collector<O>): void | Promise<void>;
  /** For each record of the second stream. */
  abstract processElement2(value: B, ctx: KeyedCoProcessFunction.Context<K>, out: Collector<O>): void | Promise<void>;
  /** For each timer that fires; event time is the lesser one of both streams. */
  onTimer(
    _timestamp: number,
    _ctx: KeyedCoProcessFunction.OnTimerContext<K>,
    _out: Collector<O>,
  ): void | Promise<void> {}
}
export namespace KeyedCoProcessFunction {
  /** Key, time, timers and side outputs of a record. */
  export type Context<K> = KeyedProcessFunction.Context<K>;
  /** The same of a timer. */
  export type OnTimerContext<K> = KeyedProcessFunction.OnTimerContext<K>;
}
