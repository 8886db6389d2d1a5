import { AbstractRichFunction } from './functions.js';

/** Asks something outside, a database or a service, about each record, without waiting for one answer before the next question. */
export interface AsyncFunction<IN, OUT> {
  /** Resolves with the result; a rejection fails the job. Many run at a time. There is no keyed state. */
  asyncInvoke(input: IN): Promise<OUT>;
  /** The result of a record whose answer took longer than the timeout; without this method the job fails. Its late answer is ignored. */
  timeout?(input: IN): OUT | Promise<OUT>;
}

/** `asyncInvoke` with `open`, `close` and the runtime context. */
export abstract class RichAsyncFunction<IN, OUT> extends AbstractRichFunction implements AsyncFunction<IN, OUT> {
  abstract asyncInvoke(input: IN): Promise<OUT>;
}
