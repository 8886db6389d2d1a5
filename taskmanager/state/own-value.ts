/** HOT PATH */
import { ownString } from '../../core/types/index.js';

const MAX_DEPTH = 8;

/**
 * A value for keeping: its strings may be windows of a whole batch's text (see StringColumn), and are replaced by strings in
 * memory of their own. The value stays the same object.
 */
export function ownValue<T>(value: T): T {
  if (typeof value === 'string') return ownString(value) as T;
  if (typeof value === 'object' && value !== null) ownParts(value, 0);
  return value;
}

function ownParts(value: object, depth: number): void {
  if (depth >= MAX_DEPTH || Object.isFrozen(value)) return;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== Object.prototype && prototype !== Array.prototype) return;
  const parts = value as Record<string, unknown>;
  for (const key in parts) {
    const part = parts[key];
    if (typeof part === 'string') {
      if (part.length >= 13) parts[key] = ownString(part);
    } else if (typeof part === 'object' && part !== null) ownParts(part, depth + 1);
  }
}
