/** HOT PATH. Keys → key groups → subtasks, exactly as Flink assigns them (KeyGroupRangeAssignment, MathUtils). */
import { MillraceError } from '../errors.js';

const scratch = new DataView(new ArrayBuffer(8));

/** Java's hashCode of a String. */
export function hashString(s: string): number {
  let h = 0;
  for (let i = 0; i < s.length; i++) h = (Math.imul(h, 31) + s.charCodeAt(i)) | 0;
  return h;
}

function hashDouble(value: number): number {
  if (Number.isNaN(value)) return 2146959360;
  scratch.setFloat64(0, value === 0 ? 0 : value);
  return scratch.getInt32(0) ^ scratch.getInt32(4);
}

/** As hashKey, of keys that are doubles even where they are whole: Java's hashCode of a Double. */
export function hashDoubleKey(key: unknown): number {
  if (typeof key === 'number') return hashDouble(key);
  throw new MillraceError(
    'ILLEGAL_ARGUMENT',
    `A key of Types.DOUBLE must be a number, this one is ${key === null ? 'null' : `a ${typeof key}`}.`,
    { domain: 'user' },
  );
}

function hashLong(value: bigint): number {
  const v = BigInt.asIntN(64, value);
  return Number(BigInt.asIntN(32, v ^ (BigInt.asUintN(64, v) >> 32n)));
}

/**
 * Java's hashCode by JavaScript type: number is an Integer if whole and of 32 bits, else a Double; bigint and Date are
 * Longs; arrays are tuples; objects are tuples of their fields in sorted order. null and undefined are no keys.
 */
export function hashKey(key: unknown): number {
  switch (typeof key) {
    case 'string':
      return hashString(key);
    case 'number':
      if ((key | 0) === key) return key | 0;
      return hashDouble(key);
    case 'boolean':
      return key ? 1231 : 1237;
    case 'bigint':
      return hashLong(key);
    case 'object':
      if (key !== null) return hashObject(key);
  }
  throw noKey(key === null || key === undefined ? String(key) : `a ${typeof key}`);
}

function noKey(what: string): MillraceError {
  return new MillraceError(
    'ILLEGAL_ARGUMENT',
    `A key can't be ${what}: keys are strings, numbers, booleans, bigints, Dates, or arrays and objects of them.`,
    { domain: 'user' },
  );
}

function hashObject(key: object): number {
  if (key instanceof Date) {
    if (Number.isNaN(key.getTime())) throw noKey('an invalid Date');
    return hashLong(BigInt(key.getTime()));
  }
  const parts = Array.isArray(key)
    ? key
    : Object.keys(key)
        .sort()
        .map(f => (key as Record<string, unknown>)[f]);
  let h = parts.length === 0 ? 0 : hashKey(parts[0]);
  for (let i = 1; i < parts.length; i++) h = (Math.imul(31, h) + hashKey(parts[i])) | 0;
  return h;
}

/** Flink's murmur of a hash code: 0 to 2^31 − 1. */
function murmur(hash: number): number {
  let x = Math.imul(hash, 0xcc9e2d51);
  x = (x << 15) | (x >>> 17);
  x = Math.imul(x, 0x1b873593);
  x = (x << 13) | (x >>> 19);
  x = (Math.imul(x, 5) + 0xe6546b64) | 0;
  x ^= 4;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  x ^= x >>> 16;
  return x >= 0 ? x : x === -2147483648 ? 0 : -x;
}

export function keyGroupOf(hash: number, maxParallelism: number): number {
  return murmur(hash) % maxParallelism;
}

export function subtaskOfKeyGroup(keyGroup: number, parallelism: number, maxParallelism: number): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism);
}

/** The subtask that owns a key. */
export function subtaskOfKey(key: unknown, parallelism: number, maxParallelism: number): number {
  return subtaskOfKeyGroup(keyGroupOf(hashKey(key), maxParallelism), parallelism, maxParallelism);
}

export const UPPER_BOUND_MAX_PARALLELISM = 1 << 15;

/** Flink's default number of key groups: the next power of two of 1.5 × parallelism, 128 to 32,768. */
export function defaultMaxParallelism(parallelism: number): number {
  const wanted = parallelism + Math.floor(parallelism / 2);
  let power = 128;
  while (power < wanted) power *= 2;
  return Math.min(power, UPPER_BOUND_MAX_PARALLELISM);
}
