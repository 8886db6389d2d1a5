import { BroadcastStream, requireMapStates } from './broadcast-stream.js';
import type { KeySelector, Partitioner } from './functions.js';
import { type Field, type FieldValue, required, selectorOf } from './key-selector.js';
import type { MapStateDescriptor } from './state-descriptors.js';
import { StreamSinks } from './stream-sinks.js';
import { DataStream } from './streams.js';

/** How the records of a stream find the subtasks of its next operator. */
export abstract class StreamPartitioning<T> extends StreamSinks<T> {
  /** Round robin over all subtasks of the next operator. */
  rebalance(): DataStream<T> {
    return this.partition({ partitioner: 'rebalance' });
  }
  /** Round robin over neighbouring subtasks only: with twice as many behind, each subtask has two of its own. */
  rescale(): DataStream<T> {
    return this.partition({ partitioner: 'rescale' });
  }
  /** At random. */
  shuffle(): DataStream<T> {
    return this.partition({ partitioner: 'shuffle' });
  }
  /** Every record to the first subtask. */
  global(): DataStream<T> {
    return this.partition({ partitioner: 'global' });
  }
  /**
   * Every record to every subtask. With descriptors of the states that the records may be kept in: what `connect` takes for
   * a BroadcastProcessFunction.
   *
   *     const RULES = new MapStateDescriptor<string, Rule>('rules');
   *     const alerts = events.keyBy('user').connect(rules.broadcast(RULES)).process(new Apply());
   */
  broadcast(): DataStream<T>;
  broadcast(
    first: MapStateDescriptor<unknown, unknown>,
    ...more: MapStateDescriptor<unknown, unknown>[]
  ): BroadcastStream<T>;
  broadcast(...states: MapStateDescriptor<unknown, unknown>[]): DataStream<T> | BroadcastStream<T> {
    const stream = this.partition({ partitioner: 'broadcast' });
    return states.length === 0 ? stream : new BroadcastStream<T>(stream, requireMapStates(states));
  }
  /** Each subtask to the one of the same index; refused at `execute` if the parallelisms differ. */
  forward(): DataStream<T> {
    return this.partition({ partitioner: 'forward' });
  }

  /**
   * The subtask of a record is what `partitioner` gives for its key: a whole number below the number of subtasks, else the
   * job fails.
   *
   *     const byRegion = orders.partitionCustom((region, n) => region.length % n, 'region');
   */
  partitionCustom<F extends Field<T>>(
    partitioner: Partitioner<FieldValue<T, F>> | ((key: FieldValue<T, F>, numPartitions: number) => number),
    field: F,
  ): DataStream<T>;
  partitionCustom<K>(
    partitioner: Partitioner<K> | ((key: K, numPartitions: number) => number),
    selector: KeySelector<T, K>,
  ): DataStream<T>;
  partitionCustom(partitioner: unknown, key: unknown): DataStream<T> {
    const given = required(partitioner, 'partitionCustom') as
      | Partitioner<unknown>
      | ((key: unknown, numPartitions: number) => number);
    const customPartitioner = typeof given === 'function' ? given : given.partition.bind(given);
    const keySelector = selectorOf(key as never, 'partitionCustom');
    return this.partition({ partitioner: 'custom', keySelector, customPartitioner });
  }

  /** Refused where a stream's partitioning is what it is for. */
  protected partition(how: Parameters<typeof this.outletsBy>[0]): DataStream<T> {
    return new DataStream<T>(this.environment, this.recorder, this.outletsBy(how));
  }
}
