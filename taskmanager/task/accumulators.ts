import { MillraceError } from '../../core/errors.js';
import type { AccumulatorValue } from '../../core/graph/index.js';

/** What an author registers: Flink's Accumulator, as far as the runtime needs it. */
export interface Accumulator {
  add(value: never): void;
  getLocalValue(): unknown;
  merge?(other: never): void;
}

/** The accumulators of one subtask, by name. */
export class TaskAccumulators {
  private readonly byName = new Map<string, Accumulator>();

  add(name: string, accumulator: Accumulator): void {
    if (this.byName.has(name)) {
      throw new MillraceError(
        'ILLEGAL_STATE',
        `The accumulator '${name}' already exists in this task; names must differ.`,
        {
          domain: 'user',
        },
      );
    }
    this.byName.set(name, accumulator);
  }

  get(name: string): Accumulator | undefined {
    return this.byName.get(name);
  }

  /** As they stand now. */
  snapshot(): Record<string, AccumulatorValue> | undefined {
    if (this.byName.size === 0) return undefined;
    return Object.fromEntries([...this.byName].map(([name, a]) => [name, { type: typeOf(a), value: plain(a) }]));
  }
}

function typeOf(accumulator: Accumulator): string {
  const named = (accumulator as { accumulatorType?: unknown }).accumulatorType;
  return typeof named === 'string' ? named : accumulator.constructor.name;
}

function plain(accumulator: Accumulator): AccumulatorValue['value'] {
  const value = accumulator.getLocalValue();
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  return typeof value === 'string' ? value : String(value);
}
