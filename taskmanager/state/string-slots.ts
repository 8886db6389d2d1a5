/** HOT PATH */
import { ownString } from '../../core/types/index.js';

/**
 * Strings → slots, by Java's hashCode, which a record brings along from where it was routed. Open addressing with a load
 * of at most a half, hash and slot side by side; a string whose bytes came over a wire is compared with bytes, so a known
 * key costs no new string.
 */
export class StringSlots {
  private mask = 1023;
  /** By twos: a hash, and the slot of its string plus one; 0 is an empty place. */
  private table = new Int32Array(2048);
  private count = 0;
  /** Bytes of the ASCII keys that were asked for as bytes, and where those of a slot are: by twos, start and length. */
  private arena = new Uint8Array(4096);
  private arenaEnd = 0;
  private places: Int32Array | undefined;

  /** `keys` has all keys by slot, those of other kinds too; a string that is new is pushed to it. */
  constructor(private readonly keys: unknown[]) {}

  slotOf(text: string, hash: number): number {
    const { table, mask, keys } = this;
    for (let i = spread(hash) & mask; ; i = (i + 1) & mask) {
      const slot = table[i * 2 + 1]! - 1;
      if (slot < 0) return this.insert(text, hash, i);
      if (table[i * 2] === hash && keys[slot] === text) return slot;
    }
  }

  /** The bytes from `start` to `end` must be ASCII. */
  slotOfBytes(bytes: Buffer, start: number, end: number, hash: number): number {
    const places = (this.places ??= this.fillArena());
    const { table, mask, arena } = this;
    const length = end - start;
    for (let i = spread(hash) & mask; ; i = (i + 1) & mask) {
      const slot = table[i * 2 + 1]! - 1;
      if (slot < 0) return this.insert(bytes.toString('latin1', start, end), hash, i);
      if (table[i * 2] !== hash || places[slot * 2 + 1] !== length) continue;
      const from = places[slot * 2]!;
      let j = 0;
      while (j < length && arena[from + j] === bytes[start + j]) j++;
      if (j === length) return slot;
    }
  }

  private insert(text: string, hash: number, at: number): number {
    // What came in may be a window of a whole batch's text.
    const own = ownString(text);
    const slot = this.keys.push(own) - 1;
    this.table[at * 2] = hash;
    this.table[at * 2 + 1] = slot + 1;
    if (this.places) this.store(own, slot);
    if (++this.count * 2 > this.mask) this.grow();
    return slot;
  }

  private grow(): void {
    const { table: old } = this;
    const mask = (this.mask = this.mask * 2 + 1);
    const table = (this.table = new Int32Array((mask + 1) * 2));
    for (let entry = 0; entry < old.length; entry += 2) {
      if (old[entry + 1] === 0) continue;
      let i = spread(old[entry]!) & mask;
      while (table[i * 2 + 1] !== 0) i = (i + 1) & mask;
      table[i * 2] = old[entry]!;
      table[i * 2 + 1] = old[entry + 1]!;
    }
  }

  private fillArena(): Int32Array {
    this.places = new Int32Array(Math.max(2048, this.keys.length * 2));
    for (const [slot, key] of this.keys.entries()) if (typeof key === 'string') this.store(key, slot);
    return this.places;
  }

  private store(text: string, slot: number): void {
    const bytes = Buffer.from(text, 'utf8');
    const isAscii = bytes.length === text.length;
    if (this.arenaEnd + bytes.length > this.arena.length) {
      this.arena = grown(this.arena, Math.max(this.arena.length * 2, this.arenaEnd + bytes.length));
    }
    if (slot * 2 + 1 >= this.places!.length)
      this.places = grown(this.places!, Math.max(slot + 1, this.places!.length) * 2);
    this.places![slot * 2] = this.arenaEnd;
    // Keys that are not ASCII never come as bytes: none are equal to them.
    this.places![slot * 2 + 1] = isAscii ? bytes.length : -1;
    if (!isAscii) return;
    this.arena.set(bytes, this.arenaEnd);
    this.arenaEnd += bytes.length;
  }
}

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
