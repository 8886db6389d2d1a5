/** HOT PATH */
import { MillraceError } from '../../core/errors.js';
import { grown } from '../state/string-slots.js';

const FIRST_CAPACITY = 64;

/**
 * Timers in the order of their times, each once: a timer is a time, the slot of its key and a namespace. All of them lie in
 * a few arrays, about 50 bytes each: a heap of their numbers, and a table that finds a timer by what it is. Of timers of
 * one time the one that was set first comes first.
 */
export class TimerQueue {
  /** What `poll` took. */
  time = Number.NaN;
  slot = -1;
  namespace = 0;

  private count = 0;
  // By number of a timer.
  private times = new Float64Array(FIRST_CAPACITY);
  private slots = new Int32Array(FIRST_CAPACITY);
  private namespaces = new Int32Array(FIRST_CAPACITY);
  private orders = new Float64Array(FIRST_CAPACITY);
  /** Its place in the heap; of a number that is free, the next free one. */
  private places = new Int32Array(FIRST_CAPACITY);
  /** Four below each; their times stand beside them, since that is where the comparing is done. */
  private heap = new Int32Array(FIRST_CAPACITY);
  private keys = new Float64Array(FIRST_CAPACITY);
  /** Open addressing, load at most a half: number plus one, 0 for an empty place. */
  private table = new Int32Array(FIRST_CAPACITY * 2);
  private free = -1;
  /** Numbers from here on were never used. */
  private unused = 0;
  private added = 0;

  get size(): number {
    return this.count;
  }

  /** Of the first timer; Infinity if there is none. */
  get nextTime(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.keys[0]!;
  }

  /** False if it is there already. Throws ILLEGAL_ARGUMENT for a time that is no number. */
  add(time: number, slot: number, namespace: number): boolean {
    if (typeof time !== 'number' || Number.isNaN(time)) throw noTime(time);
    if (this.count === this.heap.length) this.grow();
    const at = this.find(time, slot, namespace);
    if (this.table[at] !== 0) return false;
    const id = this.take();
    this.table[at] = id + 1;
    this.times[id] = time;
    this.slots[id] = slot;
    this.namespaces[id] = namespace;
    this.orders[id] = this.added++;
    this.moveUp(this.count++, id);
    return true;
  }

  /** False if there is none. */
  remove(time: number, slot: number, namespace: number): boolean {
    if (this.count === 0) return false;
    const at = this.find(time, slot, namespace);
    const id = this.table[at]! - 1;
    if (id < 0) return false;
    this.drop(at, id);
    return true;
  }

  /** Takes the first timer out, and leaves it in `time`, `slot` and `namespace`. There must be one. */
  poll(): void {
    const id = this.heap[0]!;
    this.time = this.times[id]!;
    this.slot = this.slots[id]!;
    this.namespace = this.namespaces[id]!;
    this.drop(this.find(this.time, this.slot, this.namespace), id);
  }

  private take(): number {
    const id = this.free;
    if (id < 0) return this.unused++;
    this.free = this.places[id]!;
    return id;
  }

  private drop(at: number, id: number): void {
    this.unlink(at);
    const place = this.places[id]!;
    const last = this.heap[--this.count]!;
    if (place < this.count) {
      this.moveUp(place, last);
      this.moveDown(this.places[last]!, last);
    }
    this.places[id] = this.free;
    this.free = id;
  }

  /** Whether one at `time` goes before what stands at a place. */
  private isBefore(time: number, id: number, place: number): boolean {
    const other = this.keys[place]!;
    return time < other || (time === other && this.orders[id]! < this.orders[this.heap[place]!]!);
  }

  private moveUp(place: number, id: number): void {
    const { heap, keys, places } = this;
    const time = this.times[id]!;
    while (place > 0) {
      const above = (place - 1) >> 2;
      if (!this.isBefore(time, id, above)) break;
      const parent = heap[above]!;
      heap[place] = parent;
      keys[place] = keys[above]!;
      places[parent] = place;
      place = above;
    }
    heap[place] = id;
    keys[place] = time;
    places[id] = place;
  }

  private moveDown(place: number, id: number): void {
    const { heap, keys, places, count } = this;
    const time = this.times[id]!;
    for (;;) {
      const first = place * 4 + 1;
      if (first >= count) break;
      const end = Math.min(first + 4, count);
      let below = first;
      for (let at = first + 1; at < end; at++) if (this.isBefore(keys[at]!, heap[at]!, below)) below = at;
      if (this.isBefore(time, id, below)) break;
      const child = heap[below]!;
      heap[place] = child;
      keys[place] = keys[below]!;
      places[child] = place;
      place = below;
    }
    heap[place] = id;
    keys[place] = time;
    places[id] = place;
  }

  /** The place of the timer in the table, or the empty one where it would stand. */
  private find(time: number, slot: number, namespace: number): number {
    const { table, times, slots, namespaces } = this;
    const mask = table.length - 1;
    for (let at = hash(time, slot, namespace) & mask; ; at = (at + 1) & mask) {
      const id = table[at]! - 1;
      if (id < 0 || (times[id] === time && slots[id] === slot && namespaces[id] === namespace)) return at;
    }
  }

  /** Empties a place; what stood behind it for want of room moves up. */
  private unlink(at: number): void {
    const { table, times, slots, namespaces } = this;
    const mask = table.length - 1;
    let hole = at;
    for (let next = (at + 1) & mask; table[next] !== 0; next = (next + 1) & mask) {
      const id = table[next]! - 1;
      const home = hash(times[id]!, slots[id]!, namespaces[id]!) & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      table[hole] = id + 1;
      hole = next;
    }
    table[hole] = 0;
  }

  private grow(): void {
    const capacity = this.heap.length * 2;
    this.times = grown(this.times, capacity);
    this.slots = grown(this.slots, capacity);
    this.namespaces = grown(this.namespaces, capacity);
    this.orders = grown(this.orders, capacity);
    this.places = grown(this.places, capacity);
    this.heap = grown(this.heap, capacity);
    this.keys = grown(this.keys, capacity);
    this.table = new Int32Array(capacity * 2);
    for (let i = 0; i < this.count; i++) {
      const id = this.heap[i]!;
      this.table[this.find(this.times[id]!, this.slots[id]!, this.namespaces[id]!)] = id + 1;
    }
  }
}

function hash(time: number, slot: number, namespace: number): number {
  let h = (time | 0) ^ Math.imul((time / 0x100000000) | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) ^ Math.imul(slot, 0xcc9e2d51) ^ Math.imul(namespace, 0x1b873593);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const noTime = (time: unknown): MillraceError =>
  new MillraceError(
    'ILLEGAL_ARGUMENT',
    `A timer's time is a number of epoch milliseconds, not ${time instanceof Date ? 'a Date' : String(time)}.`,
    { domain: 'user' },
  );
