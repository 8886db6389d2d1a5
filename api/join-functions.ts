import { AbstractRichFunction, type Collector } from './functions.js';
import type { OutputTag } from './output-tag.js';

/** Each pair of two joined streams in, any number out, with the times of both and side outputs. */
export abstract class ProcessJoinFunction<A, B, O> extends AbstractRichFunction {
  /** For each pair. What is collected has the later of both timestamps. `ctx` and `out` are valid until the call, or a promise it returns, has ended. */
  abstract processElement(left: A, right: B, ctx: ProcessJoinFunction.Context, out: Collector<O>): void | Promise<void>;
}
export namespace ProcessJoinFunction {
  /** Times are event timestamps in epoch milliseconds. */
  export interface Context {
    getLeftTimestamp(): number;
    getRightTimestamp(): number;
    /** The later one of both, which the results have. */
    getTimestamp(): number;
    /** Emits a record into a side output, which `getSideOutput(tag)` gives as a stream. */
    output<X>(tag: OutputTag<X>, value: X): void;
  }
}
