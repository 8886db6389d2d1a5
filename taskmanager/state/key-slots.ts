/** HOT PATH */
import { MillraceError } from '../../core/errors.js';
import { hashString } from '../../core/graph/index.js';
import { StringSlots } from './string-slots.js';

/**
 * Keys by value → dense slots 0, 1, 2 …: state is kept in arrays by slot. Equal are numbers that are equal (−0 is 0,
 * NaN is one key), arrays and objects with equal parts (whatever the order of an object's fields), Dates of one time. A key
 * may be forgotten; the next new one gets its slot.
 */
export class KeySlots {
  /** By slot; undefined where the key was forgotten. */
  readonly keys: unknown[] = [];
  /** Slots of keys that were forgotten. */
  private readonly free: number[] = [];
  /** What generated text asks for strings. */
  readonly strings: StringSlots;
  private readonly simple = new Map<unknown, number>();
  private readonly composed = new Map<string, number>();
  /** The text of composed keys by slot: the author may change the object. */
  private readonly names = new Map<number, string>();

  /** `onNew` is told of each new key's slot. */
  constructor(private readonly onNew?: (slot: number) => void) {
    this.strings = new StringSlots(this.keys, this.free, onNew);
  }

  /** Keys that are known. */
  get size(): number {
    return this.keys.length - this.free.length;
  }

  /** Of a key that is known, where `onNew` was given. Who has something by this slot must have dropped it. */
  forget(slot: number): void {
    const key = this.keys[slot];
    if (typeof key === 'string') this.strings.remove(key, hashString(key), slot);
    else if (typeof key === 'object') {
      this.composed.delete(this.names.get(slot)!);
      this.names.delete(slot);
    } else this.simple.delete(key);
    this.keys[slot] = undefined;
    this.free.push(slot);
  }

  /** Forgets all keys; slots begin with 0 again. */
  clear(): void {
    this.keys.length = 0;
    this.free.length = 0;
    this.names.clear();
    this.strings.clear();
    this.simple.clear();
    this.composed.clear();
  }

  /** The slot of a key, a new one if it was not seen before. Throws ILLEGAL_ARGUMENT if it is no key. */
  slotOf(key: unknown): number {
    if (typeof key === 'string') return this.strings.slotOf(key, hashString(key));
    if (typeof key === 'number') return this.slotOfNumber(key);
    if (typeof key === 'boolean' || typeof key === 'bigint') return this.slotIn(this.simple, key, key);
    const name = canonicalKey(key, '');
    const slot = this.slotIn(this.composed, name, key);
    if (this.onNew && !this.names.has(slot)) this.names.set(slot, name);
    return slot;
  }

  slotOfNumber(key: number): number {
    return this.slotIn(this.simple, key, key);
  }

  private slotIn<K>(slots: Map<K, number>, name: K, key: unknown): number {
    let slot = slots.get(name);
    if (slot !== undefined) return slot;
    slot = this.free.pop() ?? this.keys.length;
    this.keys[slot] = key;
    slots.set(name, slot);
    this.onNew?.(slot);
    return slot;
  }
}

/** Text that is equal for equal keys only. */
export function canonicalKey(key: unknown, path: string): string {
  switch (typeof key) {
    case 'string':
      return JSON.stringify(key);
    case 'number':
      return String(key === 0 ? 0 : key);
    case 'boolean':
      return String(key);
    case 'bigint':
      return `${key}n`;
    case 'object':
      if (key !== null) return canonicalObject(key, path);
  }
  throw noKey(key, path);
}

function canonicalObject(key: object, path: string): string {
  if (Array.isArray(key)) return `[${key.map((v, i) => canonicalKey(v, `${path}[${i}]`)).join(',')}]`;
  if (key instanceof Date) return `@${key.getTime()}`;
  const prototype: unknown = Object.getPrototypeOf(key);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw noKey(key, path);
  const fields = Object.keys(key).sort();
  return `{${fields.map(f => `${JSON.stringify(f)}:${canonicalKey((key as Record<string, unknown>)[f], `${path}.${f}`)}`).join(',')}}`;
}

function noKey(key: unknown, path: string): MillraceError {
  const what =
    key === null || key === undefined
      ? String(key)
      : typeof key === 'object'
        ? `an instance of ${(key.constructor as { name?: string } | undefined)?.name ?? 'a class'}`
        : `a ${typeof key}`;
  return new MillraceError(
    'ILLEGAL_ARGUMENT',
    `A key can't be ${what}${path && ` (at ${path.replace(/^\./, '')})`}: keys are strings, numbers, booleans, bigints, Dates, or arrays and objects of them.`,
    { domain: 'user' },
  );
}
