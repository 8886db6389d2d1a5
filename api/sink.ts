import { MillraceError } from '../core/errors.js';
import { RichSinkFunction, type RuntimeContext, type SinkContext } from './functions.js';

/** Writes the records of one subtask. */
export interface SinkWriter<T> {
  /** One record; what it returns is awaited before the next. */
  write(element: T, context: SinkContext): void | Promise<void>;
  /** Makes what was written last; `endOfInput`: nothing will follow. */
  flush(endOfInput: boolean): void | Promise<void>;
  /** Once, also when the job failed or was cancelled. */
  close?(): void | Promise<void>;
}

/**
 * A sink whose subtasks have writers of their own.
 *
 *     const toLog: Sink<string> = { createWriter: () => ({ write: s => void log.push(s), flush: () => {} }) };
 *     words.sinkTo(toLog);
 */
export interface Sink<T> {
  /** Called once in each subtask, before the first record. */
  createWriter(context: RuntimeContext): SinkWriter<T> | Promise<SinkWriter<T>>;
}

/**
 * Writes records as lines to the TaskManager's standard output or error, as `print` does.
 *
 *     words.sinkTo(new PrintSink('words'));   // words:1> to
 */
export class PrintSink<T> implements Sink<T> {
  /** @internal */
  readonly prefix: string;
  /** @internal */
  readonly stderr: boolean;

  constructor(stdErr?: boolean);
  constructor(sinkIdentifier: string, stdErr?: boolean);
  constructor(first?: string | boolean, stdErr = false) {
    this.prefix = typeof first === 'string' ? first : '';
    this.stderr = typeof first === 'boolean' ? first : stdErr;
  }

  createWriter(): never {
    throw new MillraceError('INTERNAL', 'PrintSink is given to sinkTo, which knows it by itself.');
  }
}

/** Takes records and does nothing with them. */
export class DiscardingSink<T> implements Sink<T> {
  createWriter(): SinkWriter<T> {
    return { write: () => {}, flush: () => {} };
  }
}

/** A sink's writer as the function of an operator. */
export class SinkWriterFunction<T> extends RichSinkFunction<T> {
  private writer: SinkWriter<T> | undefined;

  constructor(private readonly sink: Sink<T>) {
    super();
  }

  override async open(context: RuntimeContext): Promise<void> {
    this.writer = await this.sink.createWriter(context);
  }
  invoke(value: T, context: SinkContext): void | Promise<void> {
    return this.writer!.write(value, context);
  }
  finish(): void | Promise<void> {
    return this.writer?.flush(true);
  }
  override close(): void | Promise<void> {
    return this.writer?.close?.();
  }
}
