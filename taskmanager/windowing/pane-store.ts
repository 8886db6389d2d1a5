/** HOT PATH */
import { TimeWindow } from '../../api/index.js';
import type { KeyContext } from '../state/key-context.js';

type Keys = Pick<KeyContext, 'retain' | 'release'>;

/** A part of event time that lies in all of a window or in nothing of it, and a value for each key that has records in it. */
export class Pane {
  end = Number.NEGATIVE_INFINITY;
  /** By slot of the key; undefined: none. */
  readonly values: unknown[] = [];
  /** The slots that have one, in order of their first records. */
  readonly touched: number[] = [];

  constructor(
    public start: number,
    /** Told of each key that has a value, or one less. */
    private readonly keys: Keys | undefined,
  ) {}

  /** From here on the slot has a value. */
  touch(slot: number): void {
    const { values } = this;
    this.keys?.retain(slot);
    // No holes: V8 would look for each of them in the prototype.
    while (values.length <= slot) values.push(undefined);
    this.touched.push(slot);
  }

  clear(): void {
    for (const slot of this.touched) {
      this.values[slot] = undefined;
      this.keys?.release(slot);
    }
    this.touched.length = 0;
  }
}

/** In place of a pane: no time lies in it. */
const NONE = new Pane(Number.POSITIVE_INFINITY, undefined);

/**
 * The panes of windows of one size that begin every `slide`, and which windows are over. A pane is as long as the greatest
 * common divisor of both, so each record is in one of them, however many windows it is in. All in milliseconds.
 */
export class PaneStore {
  /** That of the last record: most often the next one's. */
  last = NONE;
  /** Those with records of windows that are not over, the earliest first. */
  readonly live: Pane[] = [];
  readonly paneSize: number;
  /** Windows that begin before are over. */
  private openFrom = Number.NEGATIVE_INFINITY;
  private readonly free: Pane[] = [];

  constructor(
    readonly size: number,
    readonly slide: number,
    private readonly offset: number,
    private readonly keys: Keys,
  ) {
    this.paneSize = greatestCommonDivisor(size, slide);
  }

  /** The pane of a time; undefined if all its windows are over. */
  at(timestamp: number): Pane | undefined {
    const start = TimeWindow.getWindowStartWithOffset(timestamp, this.offset, this.paneSize);
    if (start < this.openFrom) return undefined;
    const { live } = this;
    let i = live.length;
    while (i > 0 && live[i - 1]!.start > start) i--;
    if (i === 0 || live[i - 1]!.start !== start) live.splice(i++, 0, this.make(start));
    return (this.last = live[i - 1]!);
  }

  /** The start of the first window with records that ends at or before the watermark; undefined if there is none. */
  due(watermark: number): number | undefined {
    const first = this.live[0];
    if (first === undefined) return undefined;
    const start = Math.max(this.openFrom, this.firstAfter(first.start - this.size));
    return start < this.openAt(watermark) ? start : undefined;
  }

  /** How many of `live`, from the first, belong to the window that is due. */
  panesOf(start: number): number {
    const { live } = this;
    let n = 0;
    while (n < live.length && live[n]!.start < start + this.size) n++;
    return n;
  }

  /** The window is over, and all before it. */
  close(start: number): void {
    this.closeBefore(start + this.slide);
  }

  /** All windows that end at or before the watermark are over. */
  closeAt(watermark: number): void {
    this.closeBefore(this.openAt(watermark));
  }

  private closeBefore(start: number): void {
    if (start <= this.openFrom) return;
    this.openFrom = start;
    const { live } = this;
    let n = 0;
    while (n < live.length && live[n]!.start < start) n++;
    if (n === 0) return;
    for (const pane of live.splice(0, n)) {
      pane.clear();
      this.free.push(pane);
    }
    this.last = NONE;
  }

  /** The first window that ends after the watermark. */
  private openAt(watermark: number): number {
    return this.firstAfter(watermark - this.size + 1);
  }

  /** The first window that begins after a time. */
  private firstAfter(time: number): number {
    return TimeWindow.getWindowStartWithOffset(time, this.offset, this.slide) + this.slide;
  }

  private make(start: number): Pane {
    const pane = this.free.pop() ?? new Pane(start, this.keys);
    pane.start = start;
    pane.end = start + this.paneSize;
    return pane;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
