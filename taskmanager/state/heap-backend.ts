import type {
  AggregatingStateDescriptor,
  ReducingStateDescriptor,
  State,
  StateDescriptor,
  StateKind,
  ValueStateDescriptor,
} from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import { HeapMapState, type ValueMap } from './heap-map-state.js';
import { HeapAggregatingState, HeapListState, HeapReducingState, HeapValueState } from './heap-states.js';
import { HeapTable } from './heap-table.js';
import type { KeyContext } from './key-context.js';
import type { KeyedStateBackend } from './keyed-state-backend.js';
import type { StateScope } from './state-scope.js';

interface Registered {
  kind: StateKind;
  table: HeapTable<never>;
}

/** Keyed state as objects in memory. Each subtask's operator has its own; what it holds is shared with nobody. */
export class HeapKeyedStateBackend implements KeyedStateBackend {
  private readonly states = new Map<string, Registered>();

  constructor(private readonly keys: KeyContext) {}

  state<S extends State>(descriptor: StateDescriptor<S>, scope: StateScope): S {
    const { table } = this.registered(descriptor);
    return make(descriptor, table, scope) as unknown as S;
  }

  forEachSlot(descriptor: StateDescriptor<State>, namespace: number, f: (slot: number) => void): void {
    this.registered(descriptor).table.forEachSlot(namespace, f);
  }

  scan(descriptor: StateDescriptor<State>, from: number, count: number, f: (slot: number) => void): number {
    return this.registered(descriptor).table.scan(from, count, f);
  }

  dropNamespace(namespace: number): void {
    for (const { table } of this.states.values()) table.removeNamespace(namespace);
  }

  clear(): void {
    for (const { table } of this.states.values()) table.clear();
  }

  private registered(descriptor: StateDescriptor<State>): Registered {
    const name = descriptor.getName();
    const { kind } = descriptor;
    let state = this.states.get(name);
    if (!state) this.states.set(name, (state = { kind, table: new HeapTable(this.keys) }));
    else if (state.kind !== kind)
      throw clash(name, `it is a ${state.kind} state already, and can't be a ${kind} state too`);
    return state;
  }
}

/** A descriptor that contradicts an earlier one of its name. */
export const clash = (name: string, why: string): MillraceError =>
  new MillraceError('ILLEGAL_ARGUMENT', `State '${name}': ${why}. Give one of them another name.`, { domain: 'user' });

function make(descriptor: StateDescriptor<State>, table: HeapTable<never>, scope: StateScope): State {
  const name = descriptor.getName();
  switch (descriptor.kind) {
    case 'value': {
      const { getDefaultValue } = descriptor as unknown as ValueStateDescriptor<never>;
      return new HeapValueState(name, table, scope, getDefaultValue.call(descriptor));
    }
    case 'list':
      return new HeapListState(name, table as HeapTable<never[]>, scope);
    case 'map':
      return new HeapMapState(name, table as HeapTable<ValueMap<never, never>>, scope);
    case 'reducing': {
      const f = (descriptor as unknown as ReducingStateDescriptor<never>).getReduceFunction();
      return new HeapReducingState(name, table, scope, (a, b) => f.reduce(a, b) as never);
    }
    case 'aggregating': {
      const { getAggregateFunction } = descriptor as unknown as AggregatingStateDescriptor<never, never, never>;
      return new HeapAggregatingState(name, table, scope, getAggregateFunction.call(descriptor));
    }
  }
}
