import type {
  AggregatingState,
  AggregatingStateDescriptor,
  KeyedStateStore,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  ReducingState,
  ReducingStateDescriptor,
  State,
  StateDescriptor,
  StateTtlConfig,
  ValueState,
  ValueStateDescriptor,
} from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import { clash, HeapKeyedStateBackend } from './heap-backend.js';
import type { KeyContext } from './key-context.js';
import type { KeyedStateBackend } from './keyed-state-backend.js';
import { StateScope } from './state-scope.js';
import { TtlStates } from './ttl-states.js';

/**
 * The keyed state of one operator: its backend, made when the first state is asked for, and what descriptors promised so
 * far. Stores of one or more scopes give states of it.
 */
export class KeyedStates {
  private backend: KeyedStateBackend | undefined;
  private readonly ttlOf = new Map<string, StateTtlConfig | undefined>();
  private readonly ttl: TtlStates;
  private readonly users: Array<() => void> = [];

  constructor(
    readonly keys: KeyContext,
    /** Epoch milliseconds, for times to live. */
    now: () => number,
  ) {
    this.ttl = new TtlStates(now);
  }

  /** `call` is called when the first state is asked for: from then on who has the records has to set the current key. */
  whenUsed(call: () => void): void {
    if (this.isUsed) call();
    else this.users.push(call);
  }

  get isUsed(): boolean {
    return this.backend !== undefined;
  }

  state<S extends State>(descriptor: StateDescriptor<S>, scope: StateScope): S {
    const name = nameOf(descriptor);
    const ttl = descriptor.getTtlConfig();
    const config = ttl?.isEnabled() ? ttl : undefined;
    if (!this.ttlOf.has(name)) this.ttlOf.set(name, config);
    else if (!sameTtl(this.ttlOf.get(name), config)) throw clash(name, 'it has another time to live already');
    if (this.backend === undefined) {
      this.backend = new HeapKeyedStateBackend(this.keys);
      for (const call of this.users.splice(0)) call();
    }
    return config ? this.ttl.state(this.backend, descriptor, config, scope) : this.backend.state(descriptor, scope);
  }

  /** Between two slices: drops what has expired, and forgets keys by which nothing is kept. */
  sweep(): void {
    this.ttl.sweep();
    this.keys.sweep();
  }

  /** All keys and their states are gone; what descriptors promised holds. */
  clear(): void {
    this.keys.clear();
    this.backend?.clear();
  }

  /** Calls `f` with each slot that has something in a state in a namespace. */
  forEachSlot(descriptor: StateDescriptor<State>, namespace: number, f: (slot: number) => void): void {
    this.backend?.forEachSlot(descriptor, namespace, f);
  }

  /** What all keys have in a namespace that is no more, in any state. Never the void namespace. */
  dropNamespace(namespace: number): void {
    this.backend?.dropNamespace(namespace);
  }
}

/** What a function sees of it: states of one scope, each made once. */
export class ScopedStateStore implements KeyedStateStore {
  private readonly made = new Map<string, State>();

  constructor(
    private readonly states: KeyedStates,
    readonly scope: StateScope = new StateScope(states.keys),
  ) {}

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    return this.get<ValueState<T>>(descriptor);
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.get<ListState<T>>(descriptor);
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.get<MapState<K, V>>(descriptor);
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return this.get<ReducingState<T>>(descriptor);
  }

  getAggregatingState<IN, ACC, OUT>(descriptor: AggregatingStateDescriptor<IN, ACC, OUT>): AggregatingState<IN, OUT> {
    return this.get<AggregatingState<IN, OUT>>(descriptor);
  }

  /** Of whatever kind. */
  get<S extends State>(descriptor: StateDescriptor<S>): S {
    const name = nameOf(descriptor);
    // Asked each time: a descriptor that contradicts an earlier one is refused.
    let state = this.made.get(name);
    const found = this.states.state(descriptor, this.scope);
    if (!state) this.made.set(name, (state = found));
    return state as S;
  }
}

function nameOf(descriptor: StateDescriptor<State>): string {
  if (typeof descriptor?.getName === 'function') return descriptor.getName();
  throw new MillraceError(
    'ILLEGAL_ARGUMENT',
    'A state is asked for by its descriptor, as new ValueStateDescriptor(name).',
    {
      domain: 'user',
    },
  );
}

const sameTtl = (a: StateTtlConfig | undefined, b: StateTtlConfig | undefined): boolean =>
  a?.getTimeToLive().toMillis() === b?.getTimeToLive().toMillis() &&
  a?.getUpdateType() === b?.getUpdateType() &&
  a?.getStateVisibility() === b?.getStateVisibility();
