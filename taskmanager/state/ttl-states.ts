import {
  type AggregateFunction,
  AggregatingStateDescriptor,
  type AppendingState,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type State,
  type StateDescriptor,
  StateTtlConfig,
  type ValueState,
  ValueStateDescriptor,
} from '../../api/index.js';
import { copyRecord } from '../../core/types/index.js';
import { isMerging, type KeyedStateBackend, type MergingState } from './keyed-state-backend.js';
import type { StateScope } from './state-scope.js';

/** A value and when it was last touched, in epoch milliseconds. */
interface Stamped<V> {
  value: V;
  at: number;
}

/** The rules of one configuration. */
class Lifetime {
  private readonly ttl: number;
  readonly touchesOnRead: boolean;
  readonly showsExpired: boolean;

  constructor(
    config: StateTtlConfig,
    readonly now: () => number,
  ) {
    this.ttl = config.getTimeToLive().toMillis();
    this.touchesOnRead = config.getUpdateType() === StateTtlConfig.UpdateType.OnReadAndWrite;
    this.showsExpired = config.getStateVisibility() === StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp;
  }

  stamp<V>(value: V): Stamped<V> {
    return { value, at: this.now() };
  }

  hasExpired(stamped: Stamped<unknown>): boolean {
    return stamped.at + this.ttl <= this.now();
  }
}

/** States with a time to live, of any backend: they keep when each value, element or entry was last touched beside it. */
export class TtlStates {
  constructor(private readonly now: () => number) {}

  state<S extends State>(
    backend: KeyedStateBackend,
    descriptor: StateDescriptor<S>,
    config: StateTtlConfig,
    scope: StateScope,
  ): S {
    const life = new Lifetime(config, this.now);
    return make(backend, descriptor, life, scope) as unknown as S;
  }
}

function make(
  backend: KeyedStateBackend,
  descriptor: StateDescriptor<State>,
  life: Lifetime,
  scope: StateScope,
): State {
  const name = descriptor.getName();
  switch (descriptor.kind) {
    case 'value': {
      const defaultValue = (descriptor as unknown as ValueStateDescriptor<unknown>).getDefaultValue();
      const inner = backend.state(new ValueStateDescriptor<Stamped<unknown>>(name), scope);
      return new TtlValueState(inner, life, defaultValue);
    }
    case 'list':
      return new TtlListState(backend.state(new ListStateDescriptor<Stamped<unknown>>(name), scope), life);
    case 'map':
      return new TtlMapState(backend.state(new MapStateDescriptor<unknown, Stamped<unknown>>(name), scope), life);
    case 'reducing': {
      const f = (descriptor as unknown as ReducingStateDescriptor<unknown>).getReduceFunction();
      const reduce = (a: Stamped<unknown>, b: Stamped<unknown>): Stamped<unknown> =>
        life.hasExpired(a) ? b : life.stamp(f.reduce(a.value, b.value));
      const inner = backend.state(new ReducingStateDescriptor<Stamped<unknown>>(name, reduce), scope);
      return new TtlAppendingState(inner, life, value => life.stamp(value));
    }
    case 'aggregating': {
      const f = (descriptor as unknown as AggregatingStateDescriptor<unknown, unknown, unknown>).getAggregateFunction();
      const inner = backend.state(new AggregatingStateDescriptor(name, stampedAggregate(f, life)), scope);
      return new TtlAppendingState(inner, life, value => value);
    }
  }
}

function stampedAggregate<IN, ACC, OUT>(
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

class TtlValueState<T> implements ValueState<T> {
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

class TtlListState<T> implements ListState<T>, MergingState<Array<Stamped<T>>> {
  constructor(
    private readonly inner: ListState<Stamped<T>>,
    private readonly life: Lifetime,
  ) {}

  get(): Iterable<T> {
    const { inner, life } = this;
    const all = [...inner.get()];
    const alive = all.filter(e => !life.hasExpired(e));
    if (life.touchesOnRead && alive.length > 0) inner.update(alive.map(e => life.stamp(e.value)));
    else if (alive.length < all.length) inner.update(alive);
    return (life.showsExpired ? all : alive).map(e => e.value);
  }

  add(value: T): void {
    this.inner.add(stampedElement(value, this.life));
  }

  addAll(values: Iterable<T>): void {
    for (const value of [...values]) this.add(value);
  }

  update(values: Iterable<T>): void {
    this.inner.update([...values].map(value => stampedElement(value, this.life)));
  }

  clear(): void {
    this.inner.clear();
  }

  rewrite(f: (list: Array<Stamped<T>>) => Array<Stamped<T>>): void {
    if (isMerging<Array<Stamped<T>>>(this.inner)) this.inner.rewrite(f);
  }

  mergeNamespaces(target: number, sources: readonly number[]): void {
    if (isMerging(this.inner)) this.inner.mergeNamespaces(target, sources);
  }
}

/** Null stays null, so that it is refused as it is without a time to live. */
const stampedElement = <T>(value: T, life: Lifetime): Stamped<T> =>
  value === null || value === undefined ? (value as unknown as Stamped<T>) : life.stamp(value);

class TtlMapState<K, V> implements MapState<K, V> {
  constructor(
    private readonly inner: MapState<K, Stamped<V>>,
    private readonly life: Lifetime,
  ) {}

  get(key: K): V | null {
    const { inner, life } = this;
    const stamped = inner.get(key);
    if (stamped === null) return null;
    if (life.hasExpired(stamped)) {
      inner.remove(key);
      return life.showsExpired ? stamped.value : null;
    }
    if (life.touchesOnRead) inner.put(key, life.stamp(stamped.value));
    return stamped.value;
  }

  put(key: K, value: V): void {
    this.inner.put(key, value === undefined ? (value as unknown as Stamped<V>) : this.life.stamp(value));
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of [...entries]) this.put(key, value);
  }

  remove(key: K): void {
    this.inner.remove(key);
  }

  contains(key: K): boolean {
    const stamped = this.inner.get(key);
    return stamped !== null && (this.life.showsExpired || !this.life.hasExpired(stamped));
  }

  *entries(): Iterable<[K, V]> {
    const { inner, life } = this;
    for (const [key, stamped] of inner.entries()) {
      if (life.hasExpired(stamped)) {
        inner.remove(key);
        if (!life.showsExpired) continue;
      } else if (life.touchesOnRead) inner.put(key, life.stamp(stamped.value));
      yield [key, stamped.value];
    }
  }

  *keys(): Iterable<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Iterable<V> {
    for (const [, value] of this.entries()) yield value;
  }

  isEmpty(): boolean {
    for (const _ of this.entries()) return false;
    return true;
  }

  clear(): void {
    this.inner.clear();
  }
}

/** Of reducing and aggregating states: the inner state's function knows of stamps. */
class TtlAppendingState<IN, OUT, INNER> implements AppendingState<IN, OUT>, MergingState<Stamped<unknown>> {
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
