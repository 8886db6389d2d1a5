/** HOT PATH */
import type {
  AggregateFunction,
  AggregatingState,
  ListState,
  ReducingState,
  State,
  ValueState,
} from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import { copyRecord } from '../../core/types/index.js';
import type { HeapTable } from './heap-table.js';
import type { MergingState } from './keyed-state-backend.js';
import { ownValue } from './own-value.js';
import type { StateScope } from './state-scope.js';

/** A state by slot and namespace; what its subclasses say of "the value" is that of the scope's key and namespace. */
abstract class HeapState<V> implements State {
  constructor(
    protected readonly name: string,
    protected readonly table: HeapTable<V>,
    protected readonly scope: StateScope,
  ) {}

  clear(): void {
    this.table.remove(this.scope.slot, this.scope.namespace);
  }

  protected current(): V | undefined {
    return this.table.get(this.scope.slot, this.scope.namespace);
  }

  protected put(value: V): void {
    this.table.set(this.scope.slot, this.scope.namespace, value);
  }

  protected refuseNull(value: unknown, method: string): void {
    if (value !== null && value !== undefined) return;
    throw new MillraceError('ILLEGAL_ARGUMENT', `${method} of state '${this.name}': null can't be added.`, {
      domain: 'user',
    });
  }
}

export class HeapValueState<T> extends HeapState<T> implements ValueState<T> {
  constructor(
    name: string,
    table: HeapTable<T>,
    scope: StateScope,
    private readonly defaultValue: T | null,
  ) {
    super(name, table, scope);
  }

  value(): T | null {
    const value = this.current();
    if (value !== undefined) return value;
    return this.defaultValue === null ? null : copyRecord(this.defaultValue);
  }

  update(value: T | null): void {
    if (value === null || value === undefined) this.clear();
    else this.put(ownValue(value));
  }
}

/** States whose values of several namespaces can become one. */
abstract class HeapMergingState<V> extends HeapState<V> implements MergingState<V> {
  /** Both in one; may change and give `a`. */
  protected abstract merged(a: V, b: V): V;

  rewrite(f: (value: V) => V): void {
    const value = this.current();
    if (value !== undefined) this.put(f(value));
  }

  mergeNamespaces(target: number, sources: readonly number[]): void {
    const { slot } = this.scope;
    let value = this.table.get(slot, target);
    for (const source of sources) {
      if (source === target) continue;
      const other = this.table.get(slot, source);
      if (other === undefined) continue;
      this.table.remove(slot, source);
      value = value === undefined ? other : this.merged(value, other);
    }
    if (value !== undefined) this.table.set(slot, target, value);
  }
}

const NOTHING: never[] = [];

export class HeapListState<T> extends HeapMergingState<T[]> implements ListState<T> {
  get(): Iterable<T> {
    return this.current() ?? NOTHING;
  }

  add(value: T): void {
    this.refuseNull(value, 'add');
    const list = this.current();
    if (list === undefined) this.put([ownValue(value)]);
    else list.push(ownValue(value));
  }

  addAll(values: Iterable<T>): void {
    // It may be what `get` gave, which grows as it is added to.
    for (const value of [...values]) this.add(value);
  }

  update(values: Iterable<T>): void {
    const list = [...values];
    for (const value of list) this.refuseNull(value, 'update');
    if (list.length === 0) this.clear();
    else this.put(list.map(ownValue));
  }

  protected merged(a: T[], b: T[]): T[] {
    for (const value of b) a.push(value);
    return a;
  }
}

export class HeapReducingState<T> extends HeapMergingState<T> implements ReducingState<T> {
  constructor(
    name: string,
    table: HeapTable<T>,
    scope: StateScope,
    private readonly reduce: (a: T, b: T) => T,
  ) {
    super(name, table, scope);
  }

  get(): T | null {
    return this.current() ?? null;
  }

  add(value: T): void {
    this.refuseNull(value, 'add');
    const before = this.current();
    this.put(ownValue(before === undefined ? value : this.merged(before, value)));
  }

  protected merged(a: T, b: T): T {
    return settled(this.reduce(a, b), this.name);
  }
}

export class HeapAggregatingState<IN, ACC, OUT> extends HeapMergingState<ACC> implements AggregatingState<IN, OUT> {
  constructor(
    name: string,
    table: HeapTable<ACC>,
    scope: StateScope,
    private readonly aggregate: AggregateFunction<IN, ACC, OUT>,
  ) {
    super(name, table, scope);
  }

  get(): OUT | null {
    const accumulator = this.current();
    return accumulator === undefined ? null : this.aggregate.getResult(accumulator);
  }

  add(value: IN): void {
    const accumulator = this.current() ?? this.aggregate.createAccumulator();
    this.put(ownValue(settled(this.aggregate.add(value, accumulator), this.name)));
  }

  protected merged(a: ACC, b: ACC): ACC {
    return settled(this.aggregate.merge(a, b), this.name);
  }
}

/** A result that is there: state is not waited for. */
export function settled<T>(result: T, name: string): T {
  const isThere = result !== undefined && result !== null;
  if (isThere && typeof (result as { then?: unknown }).then !== 'function') return result;
  throw new MillraceError(
    'TASK_FAILED',
    `The function of state '${name}' gave ${isThere ? 'a promise: it has to return its result at once' : String(result)}.`,
    { domain: 'user' },
  );
}
