/**
 * Values that msgpackr would change on the way: −0 (becomes 0) and strings with half of a surrogate pair (the half
 * becomes U+FFFD). A batch that has any is rewritten before it is packed; they come back as they were.
 */
import { addExtension } from 'msgpackr';
import { TypedValue } from './registered-types.js';

class NegativeZero {}
class RawString {
  constructor(readonly text: string) {}
}

const negativeZero = new NegativeZero();

addExtension({ Class: NegativeZero, type: 0x30, pack: () => Buffer.alloc(0), unpack: () => -0 });
addExtension({
  Class: RawString,
  type: 0x31,
  pack: (value: RawString) => Buffer.from(value.text, 'utf16le'),
  unpack: (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf16le'),
});

const wellFormed = (String.prototype as unknown as { isWellFormed(): boolean }).isWellFormed;

/** No half of a surrogate pair stands alone. */
export const isWellFormed = (text: string): boolean => wellFormed.call(text);

/** The value with its odd parts wrapped; parts without any are shared with the original. */
export function wrapOddValues(value: unknown): unknown {
  if (typeof value === 'number') return Object.is(value, -0) ? negativeZero : value;
  if (typeof value === 'string') return isWellFormed(value) ? value : new RawString(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(wrapOddValues);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [wrapOddValues(k), wrapOddValues(v)]));
  if (value instanceof Set) return new Set([...value].map(wrapOddValues));
  if (value instanceof TypedValue) return new TypedValue(value.type, wrapOddValues(value.fields) as object);
  if (value instanceof Date || ArrayBuffer.isView(value)) return value;
  if (!Object.keys(value).every(isWellFormed)) return new OddFields(value);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, wrapOddValues(v)]));
}

/** An object whose field names themselves are odd travels as a list of pairs. */
class OddFields {
  readonly pairs: unknown[];
  constructor(value: object) {
    this.pairs = Object.entries(value).map(([k, v]) => [wrapOddValues(k), wrapOddValues(v)]);
  }
}

addExtension({
  Class: OddFields,
  type: 0x32,
  write: (value: OddFields) => value.pairs,
  read: (pairs: Array<[string, unknown]>) => Object.fromEntries(pairs),
} as Parameters<typeof addExtension>[0]);
