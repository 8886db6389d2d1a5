/** What a keyed function keeps from record to record, for the current key. Access is synchronous. */
export interface State {
  /** Removes what is there for the current key. */
  clear(): void;
}

/** One value. */
export interface ValueState<T> extends State {
  /** Null if there is none. */
  value(): T | null;
  /** Null removes it. */
  update(value: T | null): void;
}

/** Values that are added. */
export interface AppendingState<IN, OUT> extends State {
  /** Null if nothing was added. */
  get(): OUT | null;
  add(value: IN): void;
}

/** A list of values, in the order in which they were added. */
export interface ListState<T> extends State {
  /** Empty if there are none. */
  get(): Iterable<T>;
  /** Null is refused. */
  add(value: T): void;
  addAll(values: Iterable<T>): void;
  /** In place of what is there. */
  update(values: Iterable<T>): void;
}

/** Values by keys of their own; keys are equal by value, as those of `keyBy`. */
export interface MapState<K, V> extends State {
  /** Null if there is none. */
  get(key: K): V | null;
  put(key: K, value: V): void;
  putAll(entries: Iterable<readonly [K, V]>): void;
  remove(key: K): void;
  contains(key: K): boolean;
  entries(): Iterable<[K, V]>;
  keys(): Iterable<K>;
  values(): Iterable<V>;
  isEmpty(): boolean;
}

/** Values that a function combines into one as they are added. */
export interface ReducingState<T> extends AppendingState<T, T> {}

/** Values that an aggregate function takes into its accumulator as they are added; `get` gives its result. */
export interface AggregatingState<IN, OUT> extends AppendingState<IN, OUT> {}
