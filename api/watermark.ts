import { MillraceError } from '../core/errors.js';

/**
 * Says that event time has come to a timestamp (epoch milliseconds): no record at or below it is expected any more.
 *
 *     ctx.emitWatermark(new Watermark(Date.now() - 5000));
 */
export class Watermark {
  /** Event time is over: what the runtime emits after the last record of a bounded source. */
  static readonly MAX_WATERMARK = new Watermark(Number.MAX_SAFE_INTEGER);
  /** Nothing is known of event time yet. */
  static readonly UNINITIALIZED = new Watermark(Number.MIN_SAFE_INTEGER);

  private readonly timestamp: number;

  /** Throws ILLEGAL_ARGUMENT for what is no number. */
  constructor(timestamp: number) {
    if (typeof timestamp !== 'number' || Number.isNaN(timestamp)) {
      throw new MillraceError(
        'ILLEGAL_ARGUMENT',
        `new Watermark(${String(timestamp)}): a watermark is a number of epoch milliseconds.`,
        { domain: 'user' },
      );
    }
    this.timestamp = timestamp;
  }

  /** Epoch milliseconds. */
  getTimestamp(): number {
    return this.timestamp;
  }

  toString(): string {
    return `Watermark @ ${this.timestamp}`;
  }
}
