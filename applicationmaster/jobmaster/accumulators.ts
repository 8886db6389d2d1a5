import type { AccumulatorValue } from '../../core/graph/index.js';

/** Merges what the subtasks of a job counted: counters of one name are added. */
export function mergeAccumulators(parts: Iterable<Record<string, AccumulatorValue>>): Record<string, AccumulatorValue> {
  const merged: Record<string, AccumulatorValue> = {};
  for (const part of parts) {
    for (const [name, { type, value }] of Object.entries(part)) {
      const known = merged[name];
      merged[name] = { type, value: known ? add(known.value, value) : value };
    }
  }
  return merged;
}

function add(a: AccumulatorValue['value'], b: AccumulatorValue['value']): AccumulatorValue['value'] {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a + b;
  return `${a}${b}`;
}
