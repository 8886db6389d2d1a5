import { MillraceError } from '../core/errors.js';
import type { AggregateFunction, ReduceFunction } from './functions.js';
import type { AggregatingState, ListState, MapState, ReducingState, State, ValueState } from './state.js';
import type { StateTtlConfig } from './state-ttl-config.js';
import type { TypeInformation } from './type-information.js';

/** The kinds of keyed state. */
export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating';

/** Names a state: within an operator the same name is the same state. */
export abstract class StateDescriptor<S extends State> {
  declare protected readonly stateType: S;
  /** @internal */
  abstract readonly kind: StateKind;
  private readonly name: string;
  private ttl: StateTtlConfig | undefined;

  constructor(name: string) {
    if (typeof name !== 'string' || name === '') {
      throw new MillraceError('ILLEGAL_ARGUMENT', 'A state needs a name.', { domain: 'user' });
    }
    this.name = name;
  }

  getName(): string {
    return this.name;
  }

  /** What is older than the configuration allows is gone. */
  enableTimeToLive(config: StateTtlConfig): void {
    this.ttl = config;
  }
  /** Undefined: what is kept stays until it is removed. */
  getTtlConfig(): StateTtlConfig | undefined {
    return this.ttl;
  }
}

// Types are TypeScript's; a TypeInformation that Flink wants is taken and not looked at.

/** One value by key. */
export class ValueStateDescriptor<T> extends StateDescriptor<ValueState<T>> {
  readonly kind = 'value';

  /** `value()` gives a copy of the default where there is none. */
  constructor(
    name: string,
    _type?: TypeInformation<T>,
    private readonly defaultValue: T | null = null,
  ) {
    super(name);
  }

  getDefaultValue(): T | null {
    return this.defaultValue;
  }
}

/** A list by key. */
export class ListStateDescriptor<T> extends StateDescriptor<ListState<T>> {
  readonly kind = 'list';

  constructor(name: string, _elementType?: TypeInformation<T>) {
    super(name);
  }
}

/** A map by key; also what `broadcast` takes. */
export class MapStateDescriptor<K, V> extends StateDescriptor<MapState<K, V>> {
  readonly kind = 'map';

  constructor(name: string, _keyType?: TypeInformation<K>, _valueType?: TypeInformation<V>) {
    super(name);
  }
}

/** One value by key, which a function combines with each that is added. */
export class ReducingStateDescriptor<T> extends StateDescriptor<ReducingState<T>> {
  readonly kind = 'reducing';

  constructor(
    name: string,
    private readonly reduceFunction: ReduceFunction<T> | ((a: T, b: T) => T),
    _type?: TypeInformation<T>,
  ) {
    super(name);
    requireFunction(
      name,
      typeof reduceFunction === 'function' || typeof reduceFunction?.reduce === 'function',
      'reduce',
    );
  }

  getReduceFunction(): ReduceFunction<T> {
    const given = this.reduceFunction;
    return typeof given === 'function' ? { reduce: given } : given;
  }
}

/** An accumulator by key, which takes each value that is added. */
export class AggregatingStateDescriptor<IN, ACC, OUT> extends StateDescriptor<AggregatingState<IN, OUT>> {
  readonly kind = 'aggregating';

  constructor(
    name: string,
    private readonly aggregateFunction: AggregateFunction<IN, ACC, OUT>,
    _accumulatorType?: TypeInformation<ACC>,
  ) {
    super(name);
    requireFunction(
      name,
      typeof aggregateFunction?.createAccumulator === 'function',
      'createAccumulator, add, getResult',
    );
  }

  getAggregateFunction(): AggregateFunction<IN, ACC, OUT> {
    return this.aggregateFunction;
  }
}

function requireFunction(name: string, isThere: boolean, methods: string): void {
  if (isThere) return;
  throw new MillraceError('ILLEGAL_ARGUMENT', `State '${name}' needs a function with ${methods}.`, { domain: 'user' });
}
