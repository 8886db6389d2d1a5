import { EventEmitter } from 'node:events';
import type { OperatorFunctions } from '../../core/graph/index.js';
import { hasPrivateFields } from '../../core/types/index.js';

/**
 * Fresh function objects for one subtask, where program and tasks share a process (MiniCluster) and the functions can't
 * come from another run of `main`. Function objects and what their fields hold are copied, classes kept: a counter or a
 * buffer in a field belongs to one subtask. Shared are lambdas with all that they close over, objects of Node's own
 * classes, event emitters, and objects whose class has private `#fields`, which nobody can copy from outside.
 */
export function cloneFunctions(functions: ReadonlyMap<string, OperatorFunctions>): Map<string, OperatorFunctions> {
  return new Map([...functions].map(([id, f]) => [id, { ...f, function: cloneFunction(f.function) }]));
}

export function cloneFunction(given: unknown): unknown {
  return clone(given, new Map());
}

function clone(value: unknown, known: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (known.has(value)) return known.get(value);
  const copy = emptyCopyOf(value);
  known.set(value, copy);
  if (copy === value) return value;
  if (copy instanceof Map)
    for (const [k, v] of value as Map<unknown, unknown>) copy.set(clone(k, known), clone(v, known));
  else if (copy instanceof Set) for (const v of value as Set<unknown>) copy.add(clone(v, known));
  if (ArrayBuffer.isView(copy)) return copy;
  for (const key of Reflect.ownKeys(value)) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key)!;
    if ('value' in descriptor) descriptor.value = clone(descriptor.value as unknown, known);
    Object.defineProperty(copy, key, descriptor);
  }
  return copy;
}

/** An object of the same class without its own fields; the object itself where it must be shared. */
function emptyCopyOf(value: object): object {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (Array.isArray(value)) return prototype === Array.prototype ? [] : value;
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof Map) return prototype === Map.prototype ? new Map<unknown, unknown>() : value;
  if (value instanceof Set) return prototype === Set.prototype ? new Set<unknown>() : value;
  if (ArrayBuffer.isView(value)) return value instanceof DataView ? value : (value as Uint8Array).slice();
  if (prototype === null || prototype === Object.prototype) return Object.create(prototype) as object;
  if (value instanceof EventEmitter || !isCopyable(prototype)) return value;
  return Object.create(prototype) as object;
}

const copyable = new WeakMap<object, boolean>();

/** Whether all its classes are written in JavaScript and declare no `#fields`: their source text says so. */
function isCopyable(prototype: object): boolean {
  for (
    let at: object | null = prototype;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    let answer = copyable.get(at);
    if (answer === undefined) {
      answer = !String(at.constructor).includes('[native code]') && !hasPrivateFields(at);
      copyable.set(at, answer);
    }
    if (!answer) return false;
  }
  return true;
}
