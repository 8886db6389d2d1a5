import type { ListState, MapState } from '../../api/index.js';
import { isMerging, type MergingState } from './keyed-state-backend.js';
import type { Expiring, Lifetime, Stamped } from './lifetime.js';

export class TtlListState<T> implements ListState<T>, MergingState<Array<Stamped<T>>>, Expiring {
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

  dropExpired(): void {
    const { inner, life } = this;
    const all = [...inner.get()];
    const alive = all.filter(e => !life.hasExpired(e));
    if (alive.length < all.length) inner.update(alive);
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

export class TtlMapState<K, V> implements MapState<K, V>, Expiring {
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

  dropExpired(): void {
    const { inner, life } = this;
    for (const [key, stamped] of inner.entries()) if (life.hasExpired(stamped)) inner.remove(key);
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
