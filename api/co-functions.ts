import { AbstractRichFunction, type Collector } from './functions.js';

/** One record in, one out, for each of two connected streams. */
export interface CoMapFunction<A, B, R> {
  map1(value: A): R | Promise<R>;
  map2(value: B): R | Promise<R>;
}
/** One record in, any number out, for each of two connected streams. */
export interface CoFlatMapFunction<A, B, R> {
  flatMap1(value: A, out: Collector<R>): void | Promise<void>;
  flatMap2(value: B, out: Collector<R>): void | Promise<void>;
}

/** `map1` and `map2` with `open`, `close` and the runtime context. */
export abstract class RichCoMapFunction<A, B, R> extends AbstractRichFunction implements CoMapFunction<A, B, R> {
  abstract map1(value: A): R | Promise<R>;
  abstract map2(value: B): R | Promise<R>;
}
/** `flatMap1` and `flatMap2` with `open`, `close` and the runtime context. */
export abstract class RichCoFlatMapFunction<A, B, R>
  extends AbstractRichFunction
  implements CoFlatMapFunction<A, B, R>
{
  abstract flatMap1(value: A, out: Collector<R>): void | Promise<void>;
  abstract flatMap2(value: B, out: Collector<R>): void | Promise<void>;
}
