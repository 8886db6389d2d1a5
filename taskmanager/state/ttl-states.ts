import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type State,
  type StateDescriptor,
  type StateTtlConfig,
  ValueStateDescriptor,
} from '../../api/index.js';
import type { KeyedStateBackend } from './keyed-state-backend.js';
import { type Expiring, Lifetime, type Stamped } from './lifetime.js';
import { StateScope } from './state-scope.js';
import { TtlListState, TtlMapState } from './ttl-collection-states.js';
import { stampedAggregate, TtlAppendingState, TtlValueState } from './ttl-value-states.js';

/** Keys of a state that are looked at between two slices. */
const SWEEP_KEYS = 256;

/** Goes round the keys of one state, some at a time. */
interface Sweeper {
  backend: KeyedStateBackend;
  descriptor: StateDescriptor<State>;
  /** Stands for whichever key is looked at. */
  at: { slot: number };
  state: Expiring;
  next: number;
}

/**
 * States with a time to live, of any backend: they keep when each value, element or entry was last touched beside it. What
 * nobody asks for any more is found by going round the keys.
 */
export class TtlStates {
  private readonly sweepers = new Map<string, Sweeper>();

  constructor(private readonly now: () => number) {}

  /** Between two slices: drops what has expired by the next few keys of each state. */
  sweep(): void {
    for (const sweeper of this.sweepers.values()) {
      const { backend, descriptor, at, state } = sweeper;
      sweeper.next = backend.scan(descriptor, sweeper.next, SWEEP_KEYS, slot => {
        at.slot = slot;
        state.dropExpired();
      });
    }
  }

  state<S extends State>(
    backend: KeyedStateBackend,
    descriptor: StateDescriptor<S>,
    config: StateTtlConfig,
    scope: StateScope,
  ): S {
    const life = new Lifetime(config, this.now);
    const name = descriptor.getName();
    if (config.isCleanupInBackground() && !this.sweepers.has(name)) {
      const at = { slot: 0 };
      const state = make(backend, descriptor, life, new StateScope(at));
      this.sweepers.set(name, { backend, descriptor, at, state, next: 0 });
    }
    return make(backend, descriptor, life, scope) as unknown as S;
  }
}

function make(
  backend: KeyedStateBackend,
  descriptor: StateDescriptor<State>,
  life: Lifetime,
  scope: StateScope,
): Expiring {
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
