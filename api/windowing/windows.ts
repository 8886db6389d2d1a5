import { MillraceError } from '../../core/errors.js';

/** A finite part of a stream. Two windows are the same if they are of one class and their fields are equal. */
export abstract class Window {
  /** The greatest timestamp that still belongs to it, in epoch milliseconds. */
  abstract maxTimestamp(): number;
}

/** The time from `start`, inclusive, to `end`, exclusive; epoch milliseconds. */
export class TimeWindow extends Window {
  constructor(
    private readonly start: number,
    private readonly end: number,
  ) {
    super();
  }

  /** Inclusive. */
  getStart(): number {
    return this.start;
  }
  /** Exclusive. */
  getEnd(): number {
    return this.end;
  }
  /** `end` − 1. */
  maxTimestamp(): number {
    return this.end - 1;
  }
  /** Whether they overlap or touch. */
  intersects(other: TimeWindow): boolean {
    return this.start <= other.end && this.end >= other.start;
  }
  /** The smallest window that both lie in. */
  cover(other: TimeWindow): TimeWindow {
    return new TimeWindow(Math.min(this.start, other.start), Math.max(this.end, other.end));
  }
  equals(other: unknown): boolean {
    return other instanceof TimeWindow && other.start === this.start && other.end === this.end;
  }
  override toString(): string {
    return `TimeWindow{start=${this.start}, end=${this.end}}`;
  }

  /** Where the window of `size` begins that `timestamp` lies in, if one begins at `offset`; all in milliseconds. */
  static getWindowStartWithOffset(timestamp: number, offset: number, size: number): number {
    const remainder = (timestamp - offset) % size;
    return remainder < 0 ? timestamp - (remainder + size) : timestamp - remainder;
  }
}

/** The one window of all time. It ends with the input, at Number.MAX_SAFE_INTEGER. */
export class GlobalWindow extends Window {
  private static readonly INSTANCE = new GlobalWindow();

  private constructor() {
    super();
  }

  static get(): GlobalWindow {
    return GlobalWindow.INSTANCE;
  }

  maxTimestamp(): number {
    return Number.MAX_SAFE_INTEGER;
  }
  equals(other: unknown): boolean {
    return other instanceof GlobalWindow;
  }
  override toString(): string {
    return 'GlobalWindow';
  }
}

/** @internal */
export const wrong = (message: string): MillraceError =>
  new MillraceError('ILLEGAL_ARGUMENT', message, { domain: 'user' });
