import type { OperatorFunctions } from '../../core/graph/index.js';
import { copyRecord } from '../../core/types/index.js';

/**
 * Fresh function objects for one subtask, where program and tasks share a process (MiniCluster) and the functions can't
 * come from another run of `main`. An object with methods becomes a new one of the same class, its own fields copied
 * where they are plain data and shared where they are not. Lambdas are shared, with all that they close over.
 */
export function cloneFunctions(functions: ReadonlyMap<string, OperatorFunctions>): Map<string, OperatorFunctions> {
  return new Map([...functions].map(([id, f]) => [id, { ...f, function: cloneFunction(f.function) }]));
}

export function cloneFunction(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const clone = Object.create(Object.getPrototypeOf(given) as object | null) as object;
  for (const key of Reflect.ownKeys(given)) {
    const descriptor = Object.getOwnPropertyDescriptor(given, key)!;
    if ('value' in descriptor) descriptor.value = copyRecord(descriptor.value as unknown);
    Object.defineProperty(clone, key, descriptor);
  }
  return clone;
}
