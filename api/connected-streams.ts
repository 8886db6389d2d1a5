import { MillraceError } from '../core/errors.js';
import type { OperatorSpec } from '../core/graph/index.js';
import type { CoFlatMapFunction, CoMapFunction } from './co-functions.js';
import { KeyedCoProcessFunction } from './co-process-functions.js';
import type { KeySelector } from './functions.js';
import { type Field, withMethods } from './key-selector.js';
import type { Methods } from './process-functions.js';
import { type DataStream, KeyedStream, SingleOutputStreamOperator } from './streams.js';
import type { TypeInformation } from './type-information.js';

/**
 * Two streams that one operator reads, each with a method of its own: they may be of different types, and what one brings
 * may change what is done with the other. Which of them comes first is not known.
 */
export class ConnectedStreams<A, B> {
  /** @internal */
  constructor(
    private readonly first: DataStream<A>,
    private readonly second: DataStream<B>,
  ) {}

  /** The stream that `connect` was called on. */
  getFirstInput(): DataStream<A> {
    return this.first;
  }
  /** The stream that `connect` was given. */
  getSecondInput(): DataStream<B> {
    return this.second;
  }

  /**
   * Partitions both streams by key, so that records of equal keys come to the same subtask and share keyed state. Keys of
   * both streams have to be of one type.
   *
   *     const both = orders.connect(payments).keyBy(o => o.id, p => p.orderId);
   */
  keyBy<K>(first: KeySelector<A, K>, second: KeySelector<B, K>, type?: TypeInformation<K>): ConnectedStreams<A, B>;
  keyBy(first: Field<A>, second: Field<B>): ConnectedStreams<A, B>;
  keyBy<K>(
    first: Field<A> | KeySelector<A, K>,
    second: Field<B> | KeySelector<B, K>,
    type?: TypeInformation<K>,
  ): ConnectedStreams<A, B> {
    return new ConnectedStreams<A, B>(
      this.first.keyBy(first as KeySelector<A, K>, type),
      this.second.keyBy(second as KeySelector<B, K>, type),
    );
  }

  /**
   * Turns each record into another.
   *
   *     const lines = orders.connect(payments).map({ map1: o => `order ${o.id}`, map2: p => `payment of ${p.orderId}` });
   */
  map<R>(f: CoMapFunction<A, B, R>): SingleOutputStreamOperator<R> {
    return this.transform<R>({ kind: 'co-map' }, 'Co-Map', withMethods(f, 'map', 'map1', 'map2'));
  }

  /**
   * Turns each record into any number of others.
   *
   *     const known = orders.keyBy('id').connect(payments.keyBy('orderId')).flatMap(new JoinByState());
   */
  flatMap<R>(f: CoFlatMapFunction<A, B, R>): SingleOutputStreamOperator<R> {
    const given = withMethods(f, 'flatMap', 'flatMap1', 'flatMap2');
    return this.transform<R>({ kind: 'co-flat-map' }, 'Co-Flat Map', given);
  }

  /**
   * Hands each record to a method for its stream, with time, side outputs and a collector; where both streams are keyed also
   * with its key, timers and state that both share. Refuses a KeyedCoProcessFunction on streams that are not keyed.
   *
   *     const matched = orders.keyBy('id').connect(payments.keyBy('orderId')).process(new MatchWithin(Duration.ofMinutes(5)));
   */
  process<K, R>(
    f: Methods<KeyedCoProcessFunction<K, A, B, R>, 'processElement1' | 'processElement2'>,
  ): SingleOutputStreamOperator<R> {
    const given = withMethods(f, 'process', 'processElement1', 'processElement2');
    if (this.first instanceof KeyedStream && this.second instanceof KeyedStream) {
      return this.transform<R>({ kind: 'keyed-co-process' }, 'Co-Keyed-Process', given);
    }
    if (f instanceof KeyedCoProcessFunction) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        'KeyedCoProcessFunction can only be used when both input streams are of type KeyedStream: put a keyBy before or behind connect.',
      );
    }
    return this.transform<R>({ kind: 'co-process' }, 'Co-Process', given);
  }

  private transform<R>(spec: OperatorSpec, name: string, f: object): SingleOutputStreamOperator<R> {
    const { first, second } = this;
    const node = first.recorder.add(spec, name, [first.outlets, second.outlets], { function: f });
    return new SingleOutputStreamOperator<R>(first.getExecutionEnvironment(), first.recorder, node);
  }
}
