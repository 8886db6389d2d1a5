/**
 * HOT PATH: a ring of bytes in shared memory, one thread writing, one reading. A message is its length (32 bits) and its
 * bytes, padded to 4; one that finds too little room passes in parts, so it may be far larger than the ring. Both ends
 * only ever move their own position; who waits and who is rung is the transport's business.
 */

/** Bytes that are copied in a loop: below it a window of an array costs more than it saves. */
const SMALL = 64;

const padded = (bytes: number): number => (bytes + 3) & ~3;

/** A message on its way into a ring; `head` and `body` follow each other. */
export class OutMessage {
  readonly length: number;
  /** Of its length word, its bytes and its padding. */
  written = 0;

  constructor(
    readonly head: Uint8Array,
    readonly body?: Uint8Array,
  ) {
    this.length = head.length + (body?.length ?? 0);
  }
}

export class RingWriter {
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly size: number;
  private readonly mask: number;
  /** Below so much room a message is not begun or continued, unless its rest is shorter: parts should pay. */
  private readonly worthwhile: number;
  private head: number;
  private tail: number;

  constructor(
    private readonly control: Int32Array,
    private readonly headWord: number,
    private readonly tailWord: number,
    memory: SharedArrayBuffer,
  ) {
    this.bytes = new Uint8Array(memory);
    this.words = new Int32Array(memory);
    this.size = memory.byteLength;
    this.mask = this.size - 1;
    this.worthwhile = this.size >> 2;
    this.head = Atomics.load(control, headWord);
    this.tail = Atomics.load(control, tailWord);
  }

  /** Whether `put` would do something with this message. */
  accepts(message: OutMessage): boolean {
    const rest = 4 + padded(message.length) - message.written;
    return this.room(Math.min(rest, this.worthwhile)) > 0;
  }

  /** Copies as much of a message as there is room for; true when all of it is in. The reader sees it by `publish`. */
  put(message: OutMessage): boolean {
    const total = 4 + padded(message.length);
    for (;;) {
      let room = this.room(Math.min(total - message.written, this.worthwhile));
      if (room === 0) return false;
      if (message.written === 0) {
        this.words[(this.head & this.mask) >> 2] = message.length;
        this.advance(message, 4);
        room -= 4;
      }
      const { head, body } = message;
      let at = message.written - 4;
      if (at < head.length) room -= this.copy(message, head, at, room);
      at = message.written - 4;
      if (body !== undefined && room > 0 && at >= head.length && at < message.length) {
        room -= this.copy(message, body, at - head.length, room);
      }
      if (message.written - 4 < message.length) continue;
      this.advance(message, total - message.written);
      return true;
    }
  }

  publish(): void {
    Atomics.store(this.control, this.headWord, this.head);
  }

  /** Bytes that can be written; 0 if it is less than `least`. */
  private room(least: number): number {
    let room = this.size - ((this.head - this.tail) | 0);
    if (room < least) {
      this.tail = Atomics.load(this.control, this.tailWord);
      room = this.size - ((this.head - this.tail) | 0);
    }
    return room < least ? 0 : room;
  }

  private copy(message: OutMessage, from: Uint8Array, start: number, room: number): number {
    const count = Math.min(room, from.length - start);
    const at = this.head & this.mask;
    const first = Math.min(count, this.size - at);
    const { bytes, mask } = this;
    if (count <= SMALL) for (let i = 0; i < count; i++) bytes[(at + i) & mask] = from[start + i]!;
    else {
      bytes.set(from.subarray(start, start + first), at);
      if (first < count) bytes.set(from.subarray(start + first, start + count), 0);
    }
    this.advance(message, count);
    return count;
  }

  private advance(message: OutMessage, count: number): void {
    message.written += count;
    this.head = (this.head + count) | 0;
  }
}

export class RingReader {
  private readonly bytes: Buffer;
  private readonly words: Int32Array;
  private readonly size: number;
  private readonly mask: number;
  private tail: number;
  private message: Buffer | undefined;
  private filled = 0;

  constructor(
    private readonly control: Int32Array,
    private readonly headWord: number,
    private readonly tailWord: number,
    memory: SharedArrayBuffer,
  ) {
    this.bytes = Buffer.from(memory);
    this.words = new Int32Array(memory);
    this.size = memory.byteLength;
    this.mask = this.size - 1;
    this.tail = Atomics.load(control, tailWord);
  }

  /** Something was written that has not been read. */
  get hasMore(): boolean {
    return Atomics.load(this.control, this.headWord) !== this.tail;
  }

  /** The room is at least half of the ring, as far as this side knows: time to ring a writer that waits for it. */
  get isHalfEmpty(): boolean {
    return ((Atomics.load(this.control, this.headWord) - this.tail) | 0) <= this.size >> 1;
  }

  /** The next message if it is complete; it belongs to the caller. */
  next(): Buffer | undefined {
    const available = (Atomics.load(this.control, this.headWord) - this.tail) | 0;
    if (available === 0) return undefined;
    let { message, tail } = this;
    let rest = available;
    if (message === undefined) {
      message = Buffer.allocUnsafe(this.words[(tail & this.mask) >> 2]!);
      this.filled = 0;
      tail = (tail + 4) | 0;
      rest -= 4;
    }
    const count = Math.min(rest, message.length - this.filled);
    const at = tail & this.mask;
    const first = Math.min(count, this.size - at);
    this.bytes.copy(message, this.filled, at, at + first);
    if (first < count) this.bytes.copy(message, this.filled + first, 0, count - first);
    this.filled += count;
    tail = (tail + count) | 0;
    const complete = this.filled === message.length;
    if (complete) tail = padded(tail) | 0;
    this.message = complete ? undefined : message;
    this.tail = tail;
    Atomics.store(this.control, this.tailWord, tail);
    return complete ? message : undefined;
  }
}
