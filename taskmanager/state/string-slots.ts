/** HOT PATH */
import { ownString } from '../../core/types/index.js';

const EMPTY = 0;

/**
 * Strings → slots, by Java's hashCode, which a record brings along from where it was routed. Open addressing with a load
 * of at most a half; a string whose bytes came over a wire is compared with bytes, so a known key costs no new string.
 */
export class StringSlots {
  private mask = 1023;
  /** Position in the lists below, plus one. */
  private table = new Int32Array(1024);
  private readonly texts: string[] = [];
  private hashes = new Int32Array(512);
  private slots = new Int32Array(512);
  /** Bytes of the ASCII keys that were asked for as bytes, one after another. */
  private arena = new Uint8Array(4096);
  private arenaEnd = 0;
  private starts: Int32Array | undefined;

  /** `next` gives the slot of a string that is new. */
  constructor(private readonly next: (text: string) => number) {}

  slotOf(text: string, hash: number): number {
    const { table, mask, hashes, texts } = this;
    for (let i = spread(hash) & mask; ; i = (i + 1) & mask) {
      const entry = table[i]! - 1;
      if (entry < EMPTY) return this.insert(text, hash, i);
      if (hashes[entry] === hash && texts[entry] === text) return this.slots[entry]!;
    }
  }

  /** The bytes from `start` to `end` must be ASCII. */
  slotOfBytes(bytes: Buffer, start: number, end: number, hash: number): number {
    const starts = (this.starts ??= this.fillArena());
    const { table, mask, hashes, arena } = this;
    const length = end - start;
    for (let i = spread(hash) & mask; ; i = (i + 1) & mask) {
      const entry = table[i]! - 1;
      if (entry < EMPTY) return this.insert(bytes.toString('latin1', start, end), hash, i);
      if (hashes[entry] !== hash) continue;
      const from = starts[entry]!;
      if (starts[entry + 1]! - from !== length) continue;
      let j = 0;
      while (j < length && arena[from + j] === bytes[start + j]) j++;
      if (j === length) return this.slots[entry]!;
    }
  }

  private insert(text: string, hash: number, at: number): number {
    const entry = this.texts.length;
    const own = ownString(text);
    this.texts.push(own);
    if (entry === this.hashes.length) {
      this.hashes = grown(this.hashes, entry * 2);
      this.slots = grown(this.slots, entry * 2);
    }
    const slot = this.next(own);
    this.hashes[entry] = hash;
    this.slots[entry] = slot;
    this.table[at] = entry + 1;
    if (this.starts) this.store(own, entry);
    if ((entry + 1) * 2 > this.mask) this.rehash();
    return slot;
  }

  private rehash(): void {
    const mask = (this.mask = this.mask * 2 + 1);
    const table = (this.table = new Int32Array(mask + 1));
    for (let entry = 0; entry < this.texts.length; entry++) {
      let i = spread(this.hashes[entry]!) & mask;
      while (table[i] !== EMPTY) i = (i + 1) & mask;
      table[i] = entry + 1;
    }
  }

  private fillArena(): Int32Array {
    this.starts = new Int32Array(Math.max(1024, this.texts.length + 1));
    for (const [entry, text] of this.texts.entries()) this.store(text, entry);
    return this.starts;
  }

  private store(text: string, entry: number): void {
    // Keys that are not ASCII never come as bytes: no bytes are stored, so none are equal to them.
    const bytes = Buffer.from(text, 'utf8');
    const length = bytes.length === text.length ? bytes.length : 0;
    if (this.arenaEnd + length > this.arena.length) {
      this.arena = grown(this.arena, Math.max(this.arena.length * 2, this.arenaEnd + length));
    }
    if (length > 0) this.arena.set(bytes, this.arenaEnd);
    this.arenaEnd += length;
    if (entry + 2 > this.starts!.length) this.starts = grown(this.starts!, this.starts!.length * 2);
    this.starts![entry + 1] = this.arenaEnd;
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
