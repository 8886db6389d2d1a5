/** HOT PATH */
import { cloneFunction } from '../slots/clone-functions.js';

/** A deep copy, of whatever classes the parts are; quick for flat objects and arrays, as accumulators most often are. */
export function copyAccumulator(accumulator: unknown): unknown {
  if (typeof accumulator !== 'object' || accumulator === null) return accumulator;
  const prototype: unknown = Object.getPrototypeOf(accumulator);
  if (prototype === Object.prototype) {
    const copy: Record<string, unknown> = {};
    for (const key in accumulator) {
      const part = (accumulator as Record<string, unknown>)[key];
      if (typeof part === 'object' && part !== null) return cloneFunction(accumulator);
      copy[key] = part;
    }
    return copy;
  }
  if (prototype === Array.prototype && !(accumulator as unknown[]).some(part => typeof part === 'object')) {
    return (accumulator as unknown[]).slice();
  }
  return cloneFunction(accumulator);
}
