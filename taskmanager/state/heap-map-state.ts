/** HOT PATH */
import type { MapState } from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import { ownString } from '../../core/types/index.js';
import type { HeapTable } from './heap-table.js';
import { canonicalKey } from './key-slots.js';
import { ownValue } from './own-value.js';
import type { StateScope } from './state-scope.js';

/** A map whose keys are equal by value: those that are no primitives go by their text. */
export class ValueMap<K, V> {
  private readonly simple = new Map<K, V>();
  private composed: Map<string, [K, V]> | undefined;

  get size(): number {
    return this.simple.size + (this.composed?.size ?? 0);
  }

  get(key: K): V | undefined {
    if (isSimple(key)) return this.simple.get(key);
    return this.composed?.get(canonicalKey(key, ''))?.[1];
  }

  set(key: K, value: V): void {
    if (typeof key === 'string') this.simple.set(ownString(key) as K, value);
    else if (isSimple(key)) this.simple.set(key, value);
    else (this.composed ??= new Map()).set(canonicalKey(key, ''), [key, value]);
  }

  delete(key: K): void {
    if (isSimple(key)) this.simple.delete(key);
    else this.composed?.delete(canonicalKey(key, ''));
  }

  *entries(): Generator<[K, V]> {
    yield* this.simple.entries();
    if (this.composed) for (const [key, value] of this.composed.values()) yield [key, value];
  }
}

const isSimple = (key: unknown): boolean =>
  typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean' || typeof key === 'bigint';

export class HeapMapState<K, V> implements MapState<K, V> {
  constructor(
    private readonly name: string,
    private readonly table: HeapTable<ValueMap<K, V>>,
    private readonly scope: StateScope,
  ) {}

  get(key: K): V | null {
    return this.current()?.get(key) ?? null;
  }

  put(key: K, value: V): void {
    if (value === undefined) {
      throw new MillraceError('ILLEGAL_ARGUMENT', `put of state '${this.name}': undefined is no value.`, {
        domain: 'user',
      });
    }
    let map = this.current();
    if (map === undefined) {
      map = new ValueMap<K, V>();
      map.set(key, ownValue(value));
      this.table.set(this.scope.slot, this.scope.namespace, map);
    } else map.set(key, ownValue(value));
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of [...entries]) this.put(key, value);
  }

  remove(key: K): void {
    const map = this.current();
    map?.delete(key);
    if (map?.size === 0) this.clear();
  }

  contains(key: K): boolean {
    return this.current()?.get(key) !== undefined;
  }

  /** Whoever goes through it may remove what it gave. */
  entries(): Iterable<[K, V]> {
    return this.current()?.entries() ?? [];
  }

  *keys(): Iterable<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Iterable<V> {
    for (const [, value] of this.entries()) yield value;
  }

  isEmpty(): boolean {
    return this.current() === undefined;
  }

  clear(): void {
    this.table.remove(this.scope.slot, this.scope.namespace);
  }

  private current(): ValueMap<K, V> | undefined {
    return this.table.get(this.scope.slot, this.scope.namespace);
  }
}
