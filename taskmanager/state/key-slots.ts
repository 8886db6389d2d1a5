/** HOT PATH */
import { MillraceError } from '../../core/errors.js';

/**
 * Keys by value → dense slots 0, 1, 2 …: state is kept in arrays by slot. Equal are numbers that are equal (−0 is 0,
 * NaN is one key), arrays and objects with equal parts (whatever the order of an object's fields), Dates of one time.
 */
export class KeySlots {
  private readonly simple = new Map<unknown, number>();
  private readonly composed = new Map<string, number>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** The slot of a key, a new one if it was not seen before. Throws ILLEGAL_ARGUMENT if it is no key. */
  slotOf(key: unknown): number {
    if (typeof key === 'string' || typeof key === 'number') {
      const known = this.simple.get(key);
      if (known !== undefined) return known;
      this.simple.set(key, this.count);
      return this.count++;
    }
    return this.slotOfRare(key);
  }

  private slotOfRare(key: unknown): number {
    if (typeof key === 'boolean' || typeof key === 'bigint') return slotIn(this.simple, key, this.next);
    return slotIn(this.composed, canonicalKey(key, ''), this.next);
  }

  private readonly next = (): number => this.count++;
}

function slotIn<K>(slots: Map<K, number>, key: K, next: () => number): number {
  let slot = slots.get(key);
  if (slot === undefined) slots.set(key, (slot = next()));
  return slot;
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
