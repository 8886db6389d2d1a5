import type { State, StateDescriptor } from '../../api/index.js';
import type { StateScope } from './state-scope.js';

/** State that is added to: what other parts of the runtime need of it beside. */
export interface MergingState<V = unknown> {
  /** Puts another value, or accumulator, in place of the current one, if there is one. */
  rewrite(f: (value: V) => V): void;
  /** For namespaces that become one, as session windows do. Of the scope's current key: what the sources have goes to the target; they are empty then. */
  mergeNamespaces(target: number, sources: readonly number[]): void;
}

export const isMerging = <V>(state: object): state is MergingState<V> => 'mergeNamespaces' in state;

/**
 * Where the keyed state of one operator lies. Two descriptors of one name mean the same state; one that can't be the same
 * (of another kind, with another time to live) is refused.
 */
export interface KeyedStateBackend {
  /** The state of a descriptor, for the keys and namespaces that the scope is at whenever it is used. */
  state<S extends State>(descriptor: StateDescriptor<S>, scope: StateScope): S;
  /** Calls `f` for each slot that has something in a state in a namespace; `f` may change the state. */
  forEachSlot(descriptor: StateDescriptor<State>, namespace: number, f: (slot: number) => void): void;
  /**
   * The same in parts, in the void namespace: looks at about `count` keys from a place on, 0 being the first; gives the
   * next place.
   */
  scan(descriptor: StateDescriptor<State>, from: number, count: number, f: (slot: number) => void): number;
  /** What all keys have in a namespace that is no more, in any state. Never the void namespace. */
  dropNamespace(namespace: number): void;
  /** Forgets what all keys and namespaces have. */
  clear(): void;
}
