/** HOT PATH */
import {
  type AggregateFunction,
  AggregatingStateDescriptor,
  type AppendingState,
  type ListState,
  ListStateDescriptor,
  ReducingStateDescriptor,
  type State,
  type WindowFunctions,
} from '../../api/index.js';
import type { WindowSpec } from '../../core/graph/index.js';
import { combinerOf } from '../operators/aggregate-field.js';
import type { MergingState } from '../state/keyed-state-backend.js';
import type { ScopedStateStore } from '../state/keyed-states.js';

const NAME = 'window-contents';

/** What is kept of a window's records: those of the current key, in the namespace of the store's scope. */
export interface WindowContents {
  add(record: unknown, timestamp: number): void;
  /** What the window function is given; undefined if there is nothing. */
  get(): Iterable<unknown> | undefined;
  clear(): void;
  merge(target: number, sources: readonly number[]): void;
}

export function contentsOf(
  spec: WindowSpec,
  functions: WindowFunctions,
  store: ScopedStateStore,
  operator: string,
): WindowContents {
  switch (spec.contents) {
    case 'list':
      return new RecordList(store.get(new ListStateDescriptor<unknown>(NAME)));
    case 'reduce':
      return new OneValue(store.get(new ReducingStateDescriptor<unknown>(NAME, functions.reduce!)));
    case 'aggregate':
    case 'field':
      return new OneValue(store.get(new AggregatingStateDescriptor(NAME, aggregateOf(spec, functions, operator))));
  }
}

/** As an aggregate function, whatever combines the records; undefined for a list. An accumulator may be undefined at first. */
export function aggregateOf(
  spec: WindowSpec,
  functions: WindowFunctions,
  operator: string,
): AggregateFunction<unknown, unknown, unknown> {
  if (spec.contents === 'aggregate') return functions.aggregate!;
  const combine = spec.contents === 'field' ? combinerOf(spec.field!, operator) : firstOr(reducerOf(functions.reduce!));
  return {
    createAccumulator: () => undefined,
    add: (record, accumulator) => combine(accumulator, record),
    getResult: accumulator => accumulator,
    merge: combine,
  };
}

type Combine = (accumulated: unknown, record: unknown) => unknown;

const reducerOf = (given: NonNullable<WindowFunctions['reduce']>): Combine =>
  typeof given === 'function' ? given : (a, b) => given.reduce(a, b);

const firstOr =
  (reduce: Combine): Combine =>
  (accumulated, record) =>
    accumulated === undefined ? record : reduce(accumulated, record);

abstract class Contents<S extends State> implements WindowContents {
  constructor(protected readonly state: S) {}

  abstract add(record: unknown, timestamp: number): void;
  abstract get(): Iterable<unknown> | undefined;

  clear(): void {
    this.state.clear();
  }

  merge(target: number, sources: readonly number[]): void {
    (this.state as unknown as MergingState).mergeNamespaces(target, sources);
  }
}

class RecordList extends Contents<ListState<unknown>> {
  add(record: unknown): void {
    this.state.add(record);
  }

  get(): Iterable<unknown> | undefined {
    const records = this.state.get();
    for (const _ of records) return records;
    return undefined;
  }
}

class OneValue extends Contents<AppendingState<unknown, unknown>> {
  add(record: unknown): void {
    this.state.add(record);
  }

  get(): Iterable<unknown> | undefined {
    const value = this.state.get();
    return value === null || value === undefined ? undefined : [value];
  }
}
