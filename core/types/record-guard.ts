/** HOT PATH: `admit` runs once per record on every edge that is not chained. */
import { MillraceError } from '../errors.js';
import { isWellFormed } from './odd-values.js';
import { TypedValue, type TypeRegistry } from './registered-types.js';
import { describeOffence, isPlainPrototype, type Offence, typedArrayPrototypes } from './travel-rules.js';

/** Deeper is taken for a cycle. */
const MAX_DEPTH = 128;

/**
 * Lets a record onto an edge between tasks: what can't travel is refused with the field's path, whether the other side
 * is the same slot or another machine; what may is copied, so that the author may change the object afterwards (object
 * reuse is about chained operators; what was sent was sent). Counts the bytes of what it let through.
 */
export class RecordGuard {
  /** Estimated bytes of the records since the last `reset`. */
  bytes = 0;
  /** Some value since the last `reset` needs care on the wire. */
  odd = false;
  /** Some value since the last `reset` stands for an instance of a registered class. */
  typed = false;
  /** Classes whose instances may travel. */
  types: TypeRegistry | undefined;
  private refused = false;

  /** `edge` names sender and receiver in the refusal, as in `from 'Map' to 'Reduce'`. */
  constructor(private readonly edge: string) {}

  /** The record that may be kept and sent. Throws UNSERIALIZABLE_RECORD. */
  admit(record: unknown): unknown {
    const out = this.value(record, 0);
    if (this.refused) {
      this.refused = false;
      throw this.refusal(record);
    }
    return out;
  }

  reset(): void {
    this.bytes = 0;
    this.odd = false;
    this.typed = false;
  }

  private value(v: unknown, depth: number): unknown {
    switch (typeof v) {
      case 'string':
        this.bytes += v.length + 2;
        if (!isWellFormed(v)) this.odd = true;
        return v;
      case 'number':
        this.bytes += 9;
        if (v === 0 && 1 / v < 0) this.odd = true;
        return v;
      case 'boolean':
      case 'undefined':
        this.bytes += 1;
        return v;
      case 'bigint':
        this.bytes += 10;
        return v;
      case 'object':
        return v === null ? v : this.object(v, depth);
      default:
        this.refused = true;
        return v;
    }
  }

  private object(v: object, depth: number): unknown {
    this.bytes += 3;
    if (depth >= MAX_DEPTH) {
      this.refused = true;
      return v;
    }
    const prototype = Object.getPrototypeOf(v) as object | null;
    if (prototype === Array.prototype) return this.array(v as unknown[], depth + 1);
    if (prototype === Object.prototype || prototype === null) return this.fields(v as Fields, depth + 1);
    return this.special(v, prototype, depth + 1);
  }

  private array(v: unknown[], depth: number): unknown[] {
    const n = v.length;
    const out: unknown[] = [];
    for (let i = 0; i < n; i++) out.push(this.value(v[i], depth));
    return out;
  }

  private fields(v: Fields, depth: number): Fields {
    const out: Fields = {};
    for (const key in v) {
      this.bytes += key.length;
      if (!isWellFormed(key)) this.odd = true;
      if (key === '__proto__') this.refused = true;
      else out[key] = this.value(v[key], depth);
    }
    return out;
  }

  private special(v: object, prototype: object, depth: number): unknown {
    if (prototype === Date.prototype) {
      this.bytes += 10;
      return new Date((v as Date).getTime());
    }
    if (prototype === Map.prototype) {
      const out = new Map<unknown, unknown>();
      for (const [key, value] of v as Map<unknown, unknown>) out.set(this.value(key, depth), this.value(value, depth));
      return out;
    }
    if (prototype === Set.prototype) {
      const out = new Set<unknown>();
      for (const item of v as Set<unknown>) out.add(this.value(item, depth));
      return out;
    }
    if (typedArrayPrototypes.has(prototype)) {
      this.bytes += (v as Uint8Array).byteLength;
      return copyBytes(v as Uint8Array);
    }
    // Plain values of another realm (a vm context) are as good as ours.
    if (Array.isArray(v) && isPlainPrototype(prototype, 'Array')) return this.array(v, depth);
    if (isPlainPrototype(prototype, 'Object')) return this.fields(v as Fields, depth);
    const type = this.types?.numberOf(prototype);
    if (type !== undefined) {
      this.typed = true;
      return new TypedValue(type, this.ownFields(v as Fields, depth));
    }
    this.refused = true;
    return v;
  }

  /** Of an instance: what old-fashioned classes have on their prototypes is not its own. */
  private ownFields(v: Fields, depth: number): Fields {
    const out: Fields = {};
    for (const key of Object.keys(v)) {
      this.bytes += key.length;
      if (!isWellFormed(key)) this.odd = true;
      if (key === '__proto__') this.refused = true;
      else out[key] = this.value(v[key], depth);
    }
    return out;
  }

  private refusal(record: unknown): MillraceError {
    const offence = findUntravellable(record, this.types) ?? { path: '', what: 'a value that can not travel' };
    return new MillraceError(
      'UNSERIALIZABLE_RECORD',
      `A record sent ${this.edge} can't travel: ${describeOffence(offence)}`,
      { context: { path: offence.path } },
    );
  }
}

type Fields = Record<string, unknown>;

/** Buffers stay Buffers; a copy has memory of its own, without the pool that the original may be a window of. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  if (!Buffer.isBuffer(bytes)) return bytes.slice();
  const out = Buffer.allocUnsafeSlow(bytes.length);
  out.set(bytes);
  return out;
}

/** Where in a record something lies that can't travel, and what it is; undefined if all of it may. */
export function findUntravellable(value: unknown, types?: TypeRegistry, path = '', depth = 0): Offence | undefined {
  if (typeof value === 'function') return { path, what: `a function${value.name ? ` (${value.name})` : ''}` };
  if (typeof value === 'symbol') return { path, what: 'a symbol' };
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= MAX_DEPTH) return { path: shorten(path), what: `nested deeper than ${MAX_DEPTH}, or a cycle` };
  const find = (part: unknown, at: string): Offence | undefined => findUntravellable(part, types, at, depth + 1);
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (Array.isArray(value) && (prototype === Array.prototype || isPlainPrototype(prototype, 'Array'))) {
    return firstOf(value.entries(), ([i, v]) => find(v, `${path}[${i}]`));
  }
  if (prototype === Map.prototype) {
    return firstOf(
      value as Map<unknown, unknown>,
      ([k, v]) => find(k, `${path}.<key of the Map>`) ?? find(v, `${path}.get(${describeKey(k)})`),
    );
  }
  if (prototype === Set.prototype) {
    return firstOf(value as Set<unknown>, v => find(v, `${path}.<item of the Set>`));
  }
  if (prototype === Date.prototype || (prototype && typedArrayPrototypes.has(prototype))) return undefined;
  const isKnown =
    prototype === null || isPlainPrototype(prototype, 'Object') || types?.numberOf(prototype) !== undefined;
  if (isKnown) {
    return firstOf(Object.keys(value), key =>
      key === '__proto__'
        ? { path, what: 'an object with an own field named __proto__' }
        : find((value as Fields)[key], path === '' ? key : `${path}.${key}`),
    );
  }
  return { path, what: `an instance of ${classNameOf(prototype)}, a class that is not registered` };
}

function firstOf<T>(items: Iterable<T>, find: (item: T) => Offence | undefined): Offence | undefined {
  for (const item of items) {
    const found = find(item);
    if (found) return found;
  }
  return undefined;
}

function classNameOf(prototype: object | null): string {
  const name: unknown = (prototype as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'a class without a name';
}

/** Of objects nothing is said: their own toString may do anything. */
const describeKey = (key: unknown): string => {
  if (typeof key === 'string') return JSON.stringify(key);
  return typeof key === 'object' && key !== null ? '<an object>' : String(key);
};
const shorten = (path: string): string => (path.length > 60 ? `${path.slice(0, 60)}…` : path);
