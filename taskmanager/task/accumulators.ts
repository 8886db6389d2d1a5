import { MillraceError } from '../../core/errors.js';
import type { AccumulatorValue } from '../../core/graph/index.js';

/** What an author registers, as far as the runtime needs it: the API's Accumulator. */
export interface Accumulator {
  getLocalValue(): unknown;
}

/** The accumulators of one subtask, by operator and name. */
export class TaskAccumulators {
  private readonly byOperator = new Map<string, Map<string, Accumulator>>();

  add(operatorId: string, name: string, accumulator: Accumulator): void {
    const own = this.byOperator.get(operatorId) ?? new Map<string, Accumulator>();
    if (own.has(name)) {
      throw new MillraceError('ILLEGAL_STATE', `The accumulator '${name}' already exists and cannot be added.`, {
        domain: 'user',
      });
    }
    const type = typeOf(accumulator);
    for (const others of this.byOperator.values()) {
      const other = others.get(name);
      if (other && typeOf(other) !== type) {
        throw new MillraceError(
          'ILLEGAL_STATE',
          `The accumulator '${name}' is a ${typeOf(other)} in another function, and a ${type} here.`,
          {
            domain: 'user',
          },
        );
      }
    }
    this.byOperator.set(operatorId, own.set(name, accumulator));
  }

  get(operatorId: string, name: string): Accumulator | undefined {
    return this.byOperator.get(operatorId)?.get(name);
  }

  /** As they stand now; those of one name in several operators of the chain are added up. */
  snapshot(): Record<string, AccumulatorValue> | undefined {
    const merged: Record<string, AccumulatorValue> = {};
    for (const accumulators of this.byOperator.values()) {
      for (const [name, accumulator] of accumulators) {
        const value = currentValue(accumulator);
        merged[name] = merged[name] ? add(merged[name], value) : value;
      }
    }
    return Object.keys(merged).length > 0 ? merged : undefined;
  }
}

function currentValue(accumulator: Accumulator): AccumulatorValue {
  const value = accumulator.getLocalValue();
  const plain = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string';
  return { type: typeOf(accumulator), value: plain ? value : String(value) };
}

function typeOf(accumulator: Accumulator): string {
  const named = (accumulator as { accumulatorType?: unknown }).accumulatorType;
  return typeof named === 'string' ? named : accumulator.constructor.name;
}

function add(a: AccumulatorValue, b: AccumulatorValue): AccumulatorValue {
  if (typeof a.value === 'number' && typeof b.value === 'number') return { type: a.type, value: a.value + b.value };
  if (typeof a.value === 'bigint' && typeof b.value === 'bigint') return { type: a.type, value: a.value + b.value };
  return { type: a.type, value: `${a.value}${b.value}` };
}
