/**
 * The records of every benchmark: pure functions of (seed, index), in 32-bit integers that wrap. The Java jobs in
 * ../flink have the same, bit for bit.
 */
const VOCABULARY = 10_000;
const WORDS_PER_LINE = 10;
export const LINES = 16_384;
export const PAYLOADS = 1_024;
const PAYLOAD_LENGTH = 100;

/** What each table draws its randomness by. */
const SALT = { lines: 1, payloads: 2 } as const;

/** The finalizer of MurmurHash3. */
export function mix(x: number): number {
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** Draw `i` of the stream `salt` under `seed`: any 32-bit integer. */
export function draw(seed: number, salt: number, i: number): number {
  return mix((mix((i + Math.imul(seed, 0x9e3779b9)) | 0) + Math.imul(salt, 0x7f4a7c15)) | 0);
}

/** `w` and five digits. */
const word = (rank: number): string => `w${10_000 + rank}`;

/** Skewed as words of a text are: few of them are most of it. */
export function rank(drawn: number): number {
  const u = (drawn >>> 0) / 2 ** 32;
  return Math.floor(VOCABULARY * (u * u * u));
}

/** Lines of ten words; record i is `lines[i & (LINES - 1)]`. */
export function lines(seed: number): string[] {
  return Array.from({ length: LINES }, (_, line) =>
    Array.from({ length: WORDS_PER_LINE }, (_, w) =>
      word(rank(draw(seed, SALT.lines, line * WORDS_PER_LINE + w))),
    ).join(' '),
  );
}

/** Strings of 100 small letters; record i has `payloads[i & (PAYLOADS - 1)]`. */
export function payloads(seed: number): string[] {
  return Array.from({ length: PAYLOADS }, (_, p) =>
    Array.from({ length: PAYLOAD_LENGTH }, (_, j) =>
      String.fromCharCode(97 + ((draw(seed, SALT.payloads, p * PAYLOAD_LENGTH + j) >>> 8) % 26)),
    ).join(''),
  );
}
