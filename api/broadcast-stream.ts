import { MillraceError } from '../core/errors.js';
import type { OperatorSpec } from '../core/graph/index.js';
import { BroadcastProcessFunction, KeyedBroadcastProcessFunction } from './broadcast-functions.js';
import { withMethods } from './key-selector.js';
import type { Methods } from './process-functions.js';
import { MapStateDescriptor } from './state-descriptors.js';
import { type DataStream, KeyedStream, SingleOutputStreamOperator } from './streams.js';

/** A stream that every subtask gets all records of, with the states that they may be kept in. For `connect`. */
export class BroadcastStream<T> {
  declare protected readonly recordType: (record: T) => T;

  /** @internal */
  constructor(
    /** @internal */
    readonly stream: DataStream<T>,
    /** @internal */
    readonly states: ReadonlyArray<MapStateDescriptor<unknown, unknown>>,
  ) {}
}

/** A stream, keyed or not, and a broadcast one. */
export class BroadcastConnectedStream<A, B> {
  /** @internal */
  constructor(
    private readonly first: DataStream<A>,
    private readonly second: BroadcastStream<B>,
  ) {}

  /** The stream that `connect` was called on. */
  getFirstInput(): DataStream<A> {
    return this.first;
  }

  /**
   * Hands each record to a method for its stream. A KeyedBroadcastProcessFunction needs a keyed first stream, a
   * BroadcastProcessFunction takes one that is not.
   *
   *     const alerts = readings.keyBy('sensor').connect(limits.broadcast(LIMITS)).process(new Check());
   */
  process<K, R>(
    f: Methods<KeyedBroadcastProcessFunction<K, A, B, R>, 'processElement' | 'processBroadcastElement'>,
  ): SingleOutputStreamOperator<R>;
  process<R>(
    f: Methods<BroadcastProcessFunction<A, B, R>, 'processElement' | 'processBroadcastElement'>,
  ): SingleOutputStreamOperator<R>;
  process<R>(f: object): SingleOutputStreamOperator<R> {
    const given = withMethods(f, 'process', 'processElement', 'processBroadcastElement');
    const { first, second } = this;
    const isKeyed = first instanceof KeyedStream;
    if (f instanceof (isKeyed ? BroadcastProcessFunction : KeyedBroadcastProcessFunction)) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        isKeyed
          ? 'A BroadcastProcessFunction can only be used on a non-keyed stream: this one is keyed, extend KeyedBroadcastProcessFunction.'
          : 'A KeyedBroadcastProcessFunction can only be used on a keyed stream: put a keyBy before connect.',
      );
    }
    const states = second.states.map(s => s.getName());
    const spec: OperatorSpec = { kind: isKeyed ? 'keyed-broadcast-process' : 'broadcast-process', states };
    const name = isKeyed ? 'Co-Process-Broadcast-Keyed' : 'Co-Process-Broadcast';
    const node = first.recorder.add(spec, name, [first.outlets, second.stream.outlets], { function: given });
    return new SingleOutputStreamOperator<R>(first.getExecutionEnvironment(), first.recorder, node);
  }
}

/** Refuses what is no descriptor of a map state, and two of one name. */
export function requireMapStates(
  states: ReadonlyArray<MapStateDescriptor<unknown, unknown>>,
): ReadonlyArray<MapStateDescriptor<unknown, unknown>> {
  for (const [i, state] of states.entries()) {
    if (!(state instanceof MapStateDescriptor)) {
      throw new MillraceError('INVALID_PROGRAM', `broadcast needs descriptors of map states, it got ${String(state)}.`);
    }
    const name = state.getName();
    if (states.findIndex(s => s.getName() === name) === i) continue;
    throw new MillraceError('INVALID_PROGRAM', `broadcast got two descriptors of the name '${name}'.`);
  }
  return states;
}
