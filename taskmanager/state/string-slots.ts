/** HOT PATH */
import { ownString } from '../../core/types/index.js';

/** Ints of an entry: hash, slot of the string plus one (0 is an empty place), and its first eight bytes, see `pack`. */
const ENTRY = 4;
const FIRST_MASK = 1023;
/** In place of the last four bytes of what is not short; no byte of a short string is above 127. */
const LONG = -1;

/**
 * Strings → slots, by Java's hashCode, which a record brings along from where it was routed. Open addressing with a load
 * of at most a half. A string that came over a wire is compared as bytes, so a known key costs no new string; the bytes
 * of short ones stand in the table itself: what a lookup costs is the memory that it has to wait for.
 */
export class StringSlots {
  private mask = FIRST_MASK;
  private table = new Int32Array((this.mask + 1) * ENTRY);
  private count = 0;
  /** Bytes of the ASCII keys that were asked for as bytes and are not short, and where those of a slot are: by twos, start and length. */
  private arena = new Uint8Array(4096);
  private arenaEnd = 0;
  private places: Int32Array | undefined;

  /** Bytes of the arena whose keys were forgotten. */
  private arenaFree = 0;

  /** `keys` has all keys by slot, those of other kinds too; a string that is new gets one of the free slots, or the next. */
  constructor(
    private readonly keys: unknown[],
    private readonly free: number[],
    private readonly onNew?: (slot: number) => void,
  ) {}

  /** Forgets all strings; `keys` is emptied by its owner. */
  clear(): void {
    this.arenaEnd = 0;
    this.arenaFree = 0;
    this.places = undefined;
    if (this.count === 0) return;
    // A table that has grown is not emptied for a few keys each time.
    if (this.mask > FIRST_MASK) this.table = new Int32Array(((this.mask = FIRST_MASK) + 1) * ENTRY);
    else this.table.fill(0);
    this.count = 0;
  }

  slotOf(text: string, hash: number): number {
    const { table, mask, keys } = this;
    for (let at = spread(hash) & mask; ; at = (at + 1) & mask) {
      const slot = table[at * ENTRY + 1]! - 1;
      if (slot < 0) return this.insert(text, hash, at);
      if (table[at * ENTRY] === hash && keys[slot] === text) return slot;
    }
  }

  /** The bytes from `start` to `end` must be ASCII. */
  slotOfBytes(bytes: DataView, start: number, end: number, hash: number): number {
    const length = end - start;
    if (length > 8 || start + 8 > bytes.byteLength) return this.slotOfLong(bytes, start, end, hash);
    const head = bytes.getInt32(start, true) & HEADS[length]!;
    const tail = (bytes.getInt32(start + 4, true) & TAILS[length]!) | (length < 8 ? length << 24 : 0);
    if (length === 8 && tail >>> 24 < 8) return this.slotOfLong(bytes, start, end, hash);
    const { table, mask } = this;
    for (let at = spread(hash) & mask; ; at = (at + 1) & mask) {
      const entry = at * ENTRY;
      const slot = table[entry + 1]! - 1;
      if (slot < 0) return this.insert(textOf(bytes, start, end), hash, at);
      if (table[entry + 3] === tail && table[entry + 2] === head && table[entry] === hash) return slot;
    }
  }

  private slotOfLong(bytes: DataView, start: number, end: number, hash: number): number {
    const length = end - start;
    // Too near the end of the bytes to be read by fours.
    if (length <= 8) return this.slotOf(textOf(bytes, start, end), hash);
    const places = (this.places ??= this.fillArena());
    const { table, mask, arena } = this;
    for (let at = spread(hash) & mask; ; at = (at + 1) & mask) {
      const slot = table[at * ENTRY + 1]! - 1;
      if (slot < 0) return this.insert(textOf(bytes, start, end), hash, at);
      if (table[at * ENTRY] !== hash || places[slot * 2 + 1] !== length) continue;
      const from = places[slot * 2]!;
      let j = 0;
      while (j < length && arena[from + j] === bytes.getUint8(start + j)) j++;
      if (j === length) return slot;
    }
  }

  private insert(text: string, hash: number, at: number): number {
    // What came in may be a window of a whole batch's text.
    const own = ownString(text);
    const slot = this.free.pop() ?? this.keys.length;
    this.keys[slot] = own;
    const { table } = this;
    table[at * ENTRY] = hash;
    table[at * ENTRY + 1] = slot + 1;
    pack(own, table, at * ENTRY + 2);
    if (this.places) this.store(own, slot);
    if (++this.count * 2 > this.mask) this.grow();
    this.onNew?.(slot);
    return slot;
  }

  /** Of a string that is there, before it is taken out of the keys. What stands behind it for want of room moves up. */
  remove(text: string, hash: number, slot: number): void {
    const { table, mask } = this;
    let hole = spread(hash) & mask;
    while (table[hole * ENTRY + 1] !== slot + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; table[at * ENTRY + 1] !== 0; at = (at + 1) & mask) {
      const home = spread(table[at * ENTRY]!) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      table.copyWithin(hole * ENTRY, at * ENTRY, (at + 1) * ENTRY);
      hole = at;
    }
    table.fill(0, hole * ENTRY, (hole + 1) * ENTRY);
    this.count--;
    if (this.places && this.places[slot * 2 + 1]! > 0) this.arenaFree += text.length;
  }

  private grow(): void {
    const { table: old } = this;
    const mask = (this.mask = this.mask * 2 + 1);
    const table = (this.table = new Int32Array((mask + 1) * ENTRY));
    for (let entry = 0; entry < old.length; entry += ENTRY) {
      if (old[entry + 1] === 0) continue;
      let at = spread(old[entry]!) & mask;
      while (table[at * ENTRY + 1] !== 0) at = (at + 1) & mask;
      for (let i = 0; i < ENTRY; i++) table[at * ENTRY + i] = old[entry + i]!;
    }
  }

  private fillArena(): Int32Array {
    this.places = new Int32Array(Math.max(2048, this.keys.length * 2));
    for (const [slot, key] of this.keys.entries()) if (typeof key === 'string') this.store(key, slot);
    return this.places;
  }

  private store(text: string, slot: number): void {
    if (slot * 2 + 1 >= this.places!.length)
      this.places = grown(this.places!, Math.max(slot + 1, this.places!.length) * 2);
    const bytes = text.length > 8 ? Buffer.from(text, 'utf8') : undefined;
    // Keys that are not ASCII never come as bytes, short ones are not looked for here: none are equal to them.
    const isFound = bytes?.length === text.length;
    this.places![slot * 2] = this.arenaEnd;
    this.places![slot * 2 + 1] = isFound ? text.length : -1;
    if (!isFound) return;
    if (this.arenaEnd + bytes!.length > this.arena.length && this.arenaFree * 2 > this.arenaEnd) {
      this.compactArena(slot);
      this.places![slot * 2] = this.arenaEnd;
    }
    if (this.arenaEnd + bytes!.length > this.arena.length) {
      this.arena = grown(this.arena, Math.max(this.arena.length * 2, this.arenaEnd + bytes!.length));
    }
    this.arena.set(bytes!, this.arenaEnd);
    this.arenaEnd += bytes!.length;
  }

  /** Moves the bytes of all keys but that of `except` together. */
  private compactArena(except: number): void {
    const { keys, arena, places } = this;
    const old = arena.slice(0, this.arenaEnd);
    this.arenaEnd = 0;
    this.arenaFree = 0;
    for (const [slot, key] of keys.entries()) {
      const [start, length] = [places![slot * 2]!, places![slot * 2 + 1]!];
      if (slot === except || typeof key !== 'string' || length <= 0) continue;
      arena.set(old.subarray(start, start + length), this.arenaEnd);
      places![slot * 2] = this.arenaEnd;
      this.arenaEnd += length;
    }
  }
}

/** By length: what is kept of the first and of the last four of eight bytes. */
const HEADS = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1, -1);
const TAILS = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff, -1);

/**
 * A short string's bytes in two ints, the length in the last byte if there are fewer than eight; so eight must not end in
 * what could be a length. Any other string is LONG.
 */
function pack(text: string, into: Int32Array, at: number): void {
  const { length } = text;
  let [head, tail] = [0, length < 8 ? length << 24 : 0];
  let isShort = length < 8 || (length === 8 && text.charCodeAt(7) >= 8);
  for (let i = 0; isShort && i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 127) isShort = false;
    else if (i < 4) head |= unit << (8 * i);
    else tail |= unit << (8 * (i - 4));
  }
  into[at] = isShort ? head : 0;
  into[at + 1] = isShort ? tail : LONG;
}

const textOf = (bytes: DataView, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');

/** Java's hashes of similar strings lie side by side. */
function spread(hash: number): number {
  const h = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return h ^ (h >>> 13);
}

export function grown<T extends Int32Array | Uint8Array | Float64Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (n: number) => T)(length);
  larger.set(array);
  return larger;
}
