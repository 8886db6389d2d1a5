/** What a function sees of broadcast state while it handles records that are not broadcast. */
export interface ReadOnlyBroadcastState<K, V> {
  /** Null if there is none. */
  get(key: K): V | null;
  contains(key: K): boolean;
  /** In the order in which keys came. Values must not be changed. */
  immutableEntries(): Iterable<readonly [K, V]>;
}

/**
 * A map that is the same in all subtasks, since each of them puts into it what it makes of the same broadcast records. Keys
 * are equal by value.
 */
export interface BroadcastState<K, V> extends ReadOnlyBroadcastState<K, V> {
  put(key: K, value: V): void;
  putAll(entries: Iterable<readonly [K, V]>): void;
  remove(key: K): void;
  /** Whoever goes through them may remove what they gave. */
  entries(): Iterable<[K, V]>;
  clear(): void;
}
