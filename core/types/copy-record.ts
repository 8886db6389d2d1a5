/** HOT PATH: per record where two consumers share it. */
import { copyBytes } from './record-guard.js';
import { isRegistered, setField, TypedValue } from './registered-types.js';
import { isPlainPrototype, typedArrayPrototypes } from './travel-rules.js';

/**
 * A deep copy of a record's plain parts. Within one task anything may be a record: what has no plain copy (functions,
 * instances of classes that are not registered) is shared, as it is where records pass by direct call.
 */
export function copyRecord<T>(record: T): T {
  if (typeof record !== 'object' || record === null) return record;
  return copyObject(record, 0) as T;
}

const MAX_DEPTH = 128;

function copyValue(value: unknown, depth: number): unknown {
  return typeof value === 'object' && value !== null ? copyObject(value, depth) : value;
}

function copyObject(value: object, depth: number): unknown {
  if (depth >= MAX_DEPTH) return value;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Array.prototype) {
    const out: unknown[] = [];
    const source = value as unknown[];
    for (let i = 0; i < source.length; i++) out.push(copyValue(source[i], depth + 1));
    return out;
  }
  if (prototype === Object.prototype || prototype === null || isPlainPrototype(prototype, 'Object')) {
    const out: Record<string, unknown> = {};
    for (const key in value) {
      const copy = copyValue((value as Record<string, unknown>)[key], depth + 1);
      if (key === '__proto__') Object.defineProperty(out, key, { value: copy, enumerable: true, writable: true });
      else out[key] = copy;
    }
    return out;
  }
  if (prototype === Date.prototype) return new Date((value as Date).getTime());
  if (prototype === Map.prototype) {
    const out = new Map<unknown, unknown>();
    for (const [k, v] of value as Map<unknown, unknown>) out.set(copyValue(k, depth + 1), copyValue(v, depth + 1));
    return out;
  }
  if (prototype === Set.prototype) {
    const out = new Set<unknown>();
    for (const v of value as Set<unknown>) out.add(copyValue(v, depth + 1));
    return out;
  }
  if (typedArrayPrototypes.has(prototype)) return copyBytes(value as Uint8Array);
  if (value instanceof TypedValue) return new TypedValue(value.type, copyObject(value.fields, depth + 1) as object);
  return isRegistered(prototype) ? copyInstance(value, prototype, depth) : value;
}

function copyInstance(value: object, prototype: object, depth: number): object {
  const out = Object.create(prototype) as object;
  for (const key of Object.keys(value)) {
    setField(out, key, copyValue((value as Record<string, unknown>)[key], depth + 1));
  }
  return out;
}
