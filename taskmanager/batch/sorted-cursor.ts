/** HOT PATH */
import { canonicalKey } from '../state/key-slots.js';

/** Stands at a record of a sequence that is in order by key, and within a key by time. */
export interface SortedCursor {
  readonly hash: number;
  readonly key: unknown;
  readonly timestamp: number;
  readonly record: unknown;
  /** To the next record, from before the first one at the beginning; false at the end. */
  advance(): boolean;
}

/** Keys of one hash, in some order that is the same each time; 0 only for equal ones. */
export function compareKeys(a: unknown, b: unknown): number {
  if (a === b) return 0;
  const [type, other] = [typeof a, typeof b];
  if (type !== other) return type < other ? -1 : 1;
  const [x, y] = type === 'string' ? [a as string, b as string] : [canonicalKey(a, ''), canonicalKey(b, '')];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Records without a timestamp come first. */
export function compareTimes(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a === b ? 0 : (Number.isNaN(b) ? 1 : 0) - (Number.isNaN(a) ? 1 : 0);
}

export const isOfKey = (cursor: SortedCursor, hash: number, key: unknown): boolean =>
  cursor.hash === hash && compareKeys(cursor.key, key) === 0;

export function compare(a: SortedCursor, b: SortedCursor): number {
  if (a.hash !== b.hash) return a.hash < b.hash ? -1 : 1;
  return compareKeys(a.key, b.key) || compareTimes(a.timestamp, b.timestamp);
}

/** Several sequences as one; of equal records that of the earlier sequence comes first. */
export class MergedCursor implements SortedCursor {
  hash = 0;
  key: unknown = undefined;
  timestamp = Number.NaN;
  record: unknown = undefined;
  /** Which sequence the record is from. */
  source = -1;
  private readonly heap: Entry[] = [];
  private begun = false;

  constructor(private readonly cursors: readonly SortedCursor[]) {}

  advance(): boolean {
    const { heap } = this;
    if (!this.begun) {
      this.begun = true;
      for (const [source, cursor] of this.cursors.entries()) if (cursor.advance()) this.add({ cursor, source });
    } else if (heap.length > 0) {
      if (heap[0]!.cursor.advance()) this.sink(heap[0]!);
      else {
        const last = heap.pop()!;
        if (heap.length > 0) this.sink(last);
      }
    }
    const first = heap[0];
    if (first === undefined) return false;
    this.hash = first.cursor.hash;
    this.key = first.cursor.key;
    this.timestamp = first.cursor.timestamp;
    this.record = first.cursor.record;
    this.source = first.source;
    return true;
  }

  private add(entry: Entry): void {
    const { heap } = this;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Puts an entry in the first place, and from there where it belongs. */
  private sink(entry: Entry): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, entry)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = entry;
  }
}

type Entry = { cursor: SortedCursor; source: number };

function isBefore(a: Entry, b: Entry): boolean {
  const order = compare(a.cursor, b.cursor);
  return order < 0 || (order === 0 && a.source < b.source);
}
