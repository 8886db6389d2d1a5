/**
 * A value that every subtask adds to and that is merged when the job ends.
 *
 *     open() { this.lines = new LongCounter(); this.getRuntimeContext().addAccumulator('lines', this.lines); }
 *     map(line) { this.lines.add(1); return line; }
 *
 * `result.getAccumulatorResult('lines')` is then the sum over all subtasks.
 */
export interface Accumulator<V, R> {
  add(value: V): void;
  /** What this subtask has so far. */
  getLocalValue(): R;
  resetLocal(): void;
  /** Takes in the value of another subtask. */
  merge(other: Accumulator<V, R>): void;
}

abstract class NumberCounter implements Accumulator<number, number> {
  protected value = 0;

  add(value: number): void {
    this.value += value;
  }
  getLocalValue(): number {
    return this.value;
  }
  resetLocal(): void {
    this.value = 0;
  }
  merge(other: Accumulator<number, number>): void {
    this.value += other.getLocalValue();
  }
}

/** Sum of whole numbers. Exact to 2^53. */
export class LongCounter extends NumberCounter {
  readonly accumulatorType = 'LongCounter';
}
/** Sum of whole numbers. */
export class IntCounter extends NumberCounter {
  readonly accumulatorType = 'IntCounter';
}
/** Sum of doubles. */
export class DoubleCounter extends NumberCounter {
  readonly accumulatorType = 'DoubleCounter';
}
