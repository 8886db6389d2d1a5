import type { AggregateFunction, AppendingState, ValueState } from '../../api/index.js';
import { copyRecord } from '../../core/types/index.js';
import { isMerging, type MergingState } from './keyed-state-backend.js';
import type { Expiring, Lifetime, Stamped } from './lifetime.js';

export class TtlValueState<T> implements ValueState<T>, Expiring {
  constructor(
    private readonly inner: ValueState<Stamped<T>>,
    private readonly life: Lifetime,
    private readonly defaultValue: T | null,
  ) {}

  value(): T | null {
    const { inner, life } = this;
    const stamped = inner.value();
    if (stamped === null) return this.absent();
    if (life.hasExpired(stamped)) {
      inner.clear();
      return life.showsExpired ? stamped.value : this.absent();
    }
    if (life.touchesOnRead) inner.update(life.stamp(stamped.value));
    return stamped.value;
  }

  dropExpired(): void {
    const stamped = this.inner.value();
    if (stamped !== null && this.life.hasExpired(stamped)) this.inner.clear();
  }

  private absent(): T | null {
    return this.defaultValue === null ? null : copyRecord(this.defaultValue);
  }

  update(value: T | null): void {
    this.inner.update(value === null || value === undefined ? null : this.life.stamp(value));
  }

  clear(): void {
    this.inner.clear();
  }
}

/** Of reducing and aggregating states: the inner state's function knows of stamps. */
export class TtlAppendingState<IN, OUT, INNER>
  implements AppendingState<IN, OUT>, MergingState<Stamped<unknown>>, Expiring
{
  constructor(
    private readonly inner: AppendingState<INNER, Stamped<OUT>>,
    private readonly life: Lifetime,
    private readonly stamped: (value: IN) => INNER,
  ) {}

  get(): OUT | null {
    const { inner, life } = this;
    const stamped = inner.get();
    if (stamped === null) return null;
    if (life.hasExpired(stamped)) {
      inner.clear();
      return life.showsExpired ? stamped.value : null;
    }
    if (life.touchesOnRead) this.rewrite(({ value }) => life.stamp(value));
    return stamped.value;
  }

  add(value: IN): void {
    this.inner.add(this.stamped(value));
  }

  dropExpired(): void {
    let hasExpired = false;
    this.rewrite(stamped => {
      hasExpired = this.life.hasExpired(stamped);
      return stamped;
    });
    if (hasExpired) this.inner.clear();
  }

  rewrite(f: (value: Stamped<unknown>) => Stamped<unknown>): void {
    if (isMerging<Stamped<unknown>>(this.inner)) this.inner.rewrite(f);
  }

  clear(): void {
    this.inner.clear();
  }

  mergeNamespaces(target: number, sources: readonly number[]): void {
    if (isMerging(this.inner)) this.inner.mergeNamespaces(target, sources);
  }
}

/** An aggregate function whose accumulators are stamped. */
export function stampedAggregate<IN, ACC, OUT>(
  f: AggregateFunction<IN, ACC, OUT>,
  life: Lifetime,
): AggregateFunction<IN, Stamped<ACC>, Stamped<OUT>> {
  return {
    createAccumulator: () => life.stamp(f.createAccumulator()),
    add: (value, acc) => life.stamp(f.add(value, life.hasExpired(acc) ? f.createAccumulator() : acc.value)),
    getResult: acc => ({ value: f.getResult(acc.value), at: acc.at }),
    merge: (a, b) => {
      if (life.hasExpired(a)) return b;
      return life.hasExpired(b) ? a : life.stamp(f.merge(a.value, b.value));
    },
  };
}
