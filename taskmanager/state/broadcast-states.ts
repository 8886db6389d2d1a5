import type { BroadcastState, MapStateDescriptor, ReadOnlyBroadcastState } from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import { ValueMap } from './heap-map-state.js';
import { ownValue } from './own-value.js';

/** A broadcast state of one subtask: a map in memory. */
class HeapBroadcastState<K, V> implements BroadcastState<K, V> {
  private map = new ValueMap<K, V>();

  get(key: K): V | null {
    return this.map.get(key) ?? null;
  }

  contains(key: K): boolean {
    return this.map.get(key) !== undefined;
  }

  put(key: K, value: V): void {
    if (value === undefined) {
      throw new MillraceError('ILLEGAL_ARGUMENT', 'put of a broadcast state: undefined is no value.', {
        domain: 'user',
      });
    }
    this.map.set(key, ownValue(value));
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of [...entries]) this.put(key, value);
  }

  remove(key: K): void {
    this.map.delete(key);
  }

  entries(): Iterable<[K, V]> {
    return this.map.entries();
  }

  immutableEntries(): Iterable<readonly [K, V]> {
    return this.map.entries();
  }

  clear(): void {
    this.map = new ValueMap<K, V>();
  }
}

/** What reads only: who has it finds no way to write. */
class ReadOnlyView<K, V> implements ReadOnlyBroadcastState<K, V> {
  constructor(private readonly state: BroadcastState<K, V>) {}

  get(key: K): V | null {
    return this.state.get(key);
  }

  contains(key: K): boolean {
    return this.state.contains(key);
  }

  immutableEntries(): Iterable<readonly [K, V]> {
    return this.state.immutableEntries();
  }
}

/** The broadcast states of one operator, by the names that the program gave to `broadcast`. */
export class BroadcastStates {
  private readonly states: ReadonlyMap<string, { state: BroadcastState<never, never>; view: object }>;

  constructor(names: readonly string[]) {
    this.states = new Map(
      names.map(name => {
        const state = new HeapBroadcastState<never, never>();
        return [name, { state, view: new ReadOnlyView(state) }];
      }),
    );
  }

  state<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    return this.find(descriptor).state;
  }

  readOnly<K, V>(descriptor: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V> {
    return this.find(descriptor).view as ReadOnlyBroadcastState<K, V>;
  }

  private find(descriptor: { getName(): string }): { state: BroadcastState<never, never>; view: object } {
    const name = descriptor?.getName?.();
    const found = this.states.get(name);
    if (found) return found;
    throw new MillraceError(
      'ILLEGAL_ARGUMENT',
      `The requested state does not exist: '${String(name)}'. Check for typos in your state descriptor, or specify the state ` +
        'descriptor in the broadcast(...) call if you forgot to register it.',
      { domain: 'user' },
    );
  }
}
