import { AbstractRichFunction, type Collector } from './functions.js';

/** Each pair of a window's records from two streams in, one record out. */
export interface JoinFunction<A, B, R> {
  join(first: A, second: B): R | Promise<R>;
}
/** Each pair of a window's records from two streams in, any number out. */
export interface FlatJoinFunction<A, B, R> {
  join(first: A, second: B, out: Collector<R>): void | Promise<void>;
}
/** All records of a key and window from two streams in, any number out. One of the two may have none. */
export interface CoGroupFunction<A, B, R> {
  coGroup(first: Iterable<A>, second: Iterable<B>, out: Collector<R>): void | Promise<void>;
}

/** `join` with `open`, `close` and the runtime context. */
export abstract class RichJoinFunction<A, B, R> extends AbstractRichFunction implements JoinFunction<A, B, R> {
  abstract join(first: A, second: B): R | Promise<R>;
}
/** `join` with a collector, and `open`, `close` and the runtime context. */
export abstract class RichFlatJoinFunction<A, B, R> extends AbstractRichFunction implements FlatJoinFunction<A, B, R> {
  abstract join(first: A, second: B, out: Collector<R>): void | Promise<void>;
}
/** `coGroup` with `open`, `close` and the runtime context. */
export abstract class RichCoGroupFunction<A, B, R> extends AbstractRichFunction implements CoGroupFunction<A, B, R> {
  abstract coGroup(first: Iterable<A>, second: Iterable<B>, out: Collector<R>): void | Promise<void>;
}
