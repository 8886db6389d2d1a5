/** The memory that joins two slots of one TaskManager. Made by its main thread, handed to both; nothing is copied. */
export interface RingMemory {
  /** Positions and flags of both sides. */
  control: SharedArrayBuffer;
  /** Producer → consumer; a power of two. */
  data: SharedArrayBuffer;
  /** Consumer → producer: it opens channels and grants credits. */
  back: SharedArrayBuffer;
}

export type RingSide = 'producer' | 'consumer';

/**
 * Words of `control`, for each side. What a side writes often has cache lines of its own (two, as neighbours are
 * fetched together).
 */
const LINE = 32;
const SIDE = 3 * LINE;
export const WORDS_OF: Record<RingSide, SideWords> = { producer: wordsAt(0), consumer: wordsAt(SIDE) };
const CONTROL_BYTES = 4 * 2 * SIDE;

export interface SideWords {
  /** Bytes it has written to its outgoing ring, modulo 2^32. */
  head: number;
  /** Bytes it has read from its incoming ring. */
  tail: number;
  /** ASLEEP: it waits here and must be rung for what is new. */
  bell: number;
  /** 1: it has more to write than there is room for. */
  wantsRoom: number;
  /** Not 0: it is gone, see `Gone`. */
  gone: number;
}

export const AWAKE = 0;
export const ASLEEP = 1;
/** Why a side is gone. */
export const Gone = { CLOSED: 1, DIED: 2 } as const;

const KB = 1024;
/** Openings and credits are small; more of them than fit wait with their sender. */
const BACK_BYTES = 4 * KB;
const LEAST_BYTES = 8 * KB;
const MOST_BYTES = 256 * KB;

export function createRingMemory(dataBytes: number): RingMemory {
  return {
    control: new SharedArrayBuffer(CONTROL_BYTES),
    data: new SharedArrayBuffer(dataBytes),
    back: new SharedArrayBuffer(BACK_BYTES),
  };
}

/** What a ring takes of its consumer's network memory. */
export function ringBytes({ data, back }: RingMemory): number {
  return data.byteLength + back.byteLength;
}

/** Bytes of a data ring where each of `slots` slots may read from all others: an eighth of a slot's share at most. */
export function dataRingBytes(networkMemory: number, slots: number): number {
  const fit = networkMemory / 8 / Math.max(1, slots - 1);
  const power = 2 ** Math.floor(Math.log2(Math.max(1, fit)));
  return Math.min(MOST_BYTES, Math.max(LEAST_BYTES, power));
}

/** Rings a side that sleeps. From any thread. */
export function ring(control: Int32Array, side: SideWords): void {
  if (Atomics.compareExchange(control, side.bell, ASLEEP, AWAKE) === ASLEEP) Atomics.notify(control, side.bell);
}

/** Says for a side that it is gone, and lets the other hear of it; the first reason stays. From any thread. */
export function leave(control: Int32Array, side: RingSide, reason: number): void {
  Atomics.compareExchange(control, WORDS_OF[side].gone, 0, reason);
  ring(control, WORDS_OF[side === 'producer' ? 'consumer' : 'producer']);
}

/** Both sides are gone: nobody reads or writes it any more. From any thread. */
export function hasEnded(control: Int32Array): boolean {
  const { producer, consumer } = WORDS_OF;
  return Atomics.load(control, producer.gone) !== 0 && Atomics.load(control, consumer.gone) !== 0;
}

function wordsAt(base: number): SideWords {
  return {
    head: base,
    tail: base + LINE,
    bell: base + 2 * LINE,
    wantsRoom: base + 2 * LINE + 1,
    gone: base + 2 * LINE + 2,
  };
}
