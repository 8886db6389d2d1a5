import { AbstractRichFunction, type Collector, type KeyedStateStore } from '../functions.js';
import type { OutputTag } from '../output-tag.js';
import type { Window } from './windows.js';

/** Makes any number of results of a key's window. `elements` is valid during the call. */
export interface WindowFunction<IN, OUT, K, W extends Window> {
  apply(key: K, window: W, elements: Iterable<IN>, out: Collector<OUT>): void | Promise<void>;
}
/** `apply` with `open`, `close` and the runtime context. */
export abstract class RichWindowFunction<IN, OUT, K, W extends Window>
  extends AbstractRichFunction
  implements WindowFunction<IN, OUT, K, W>
{
  abstract apply(key: K, window: W, elements: Iterable<IN>, out: Collector<OUT>): void | Promise<void>;
}

/** Makes any number of results of a window of a whole stream. */
export interface AllWindowFunction<IN, OUT, W extends Window> {
  apply(window: W, elements: Iterable<IN>, out: Collector<OUT>): void | Promise<void>;
}
/** `apply` with `open`, `close` and the runtime context. */
export abstract class RichAllWindowFunction<IN, OUT, W extends Window>
  extends AbstractRichFunction
  implements AllWindowFunction<IN, OUT, W>
{
  abstract apply(window: W, elements: Iterable<IN>, out: Collector<OUT>): void | Promise<void>;
}

/** Makes any number of results of a key's window, with time, state and side outputs. */
export abstract class ProcessWindowFunction<IN, OUT, K, W extends Window> extends AbstractRichFunction {
  /** Each time that the window fires. `ctx` and `elements` are valid during the call. */
  abstract process(
    key: K,
    ctx: ProcessWindowFunction.Context<W>,
    elements: Iterable<IN>,
    out: Collector<OUT>,
  ): void | Promise<void>;
  /** The window is gone: drop what the function has in `ctx.windowState()`. */
  clear(_ctx: ProcessWindowFunction.Context<W>): void {}
}
export namespace ProcessWindowFunction {
  export interface Context<W extends Window> {
    window(): W;
    /** Epoch milliseconds. */
    currentProcessingTime(): number;
    /** Number.MIN_SAFE_INTEGER before any watermark. */
    currentWatermark(): number;
    /** State of the key and this window. Refused where windows merge. */
    windowState(): KeyedStateStore;
    /** State of the key, whatever the window. */
    globalState(): KeyedStateStore;
    /** Emits a record into a side output, which `getSideOutput(tag)` gives as a stream. */
    output<X>(tag: OutputTag<X>, value: X): void;
  }
}

/** Makes any number of results of a window of a whole stream, with time, state and side outputs. */
export abstract class ProcessAllWindowFunction<IN, OUT, W extends Window> extends AbstractRichFunction {
  /** Each time that the window fires. `ctx` and `elements` are valid during the call. */
  abstract process(
    ctx: ProcessAllWindowFunction.Context<W>,
    elements: Iterable<IN>,
    out: Collector<OUT>,
  ): void | Promise<void>;
  /** The window is gone: drop what the function has in `ctx.windowState()`. */
  clear(_ctx: ProcessAllWindowFunction.Context<W>): void {}
}
export namespace ProcessAllWindowFunction {
  export interface Context<W extends Window> {
    window(): W;
    /** State of this window. Refused where windows merge. */
    windowState(): KeyedStateStore;
    /** State that all windows share. */
    globalState(): KeyedStateStore;
    /** Emits a record into a side output, which `getSideOutput(tag)` gives as a stream. */
    output<X>(tag: OutputTag<X>, value: X): void;
  }
}
