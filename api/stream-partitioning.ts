import type { Partitioner as PartitionerKind } from '../core/graph/index.js';
import type { KeySelector, Partitioner } from './functions.js';
import { type Field, type FieldValue, required, selectorOf } from './key-selector.js';
import { StreamSinks } from './stream-sinks.js';
import { DataStream } from './streams.js';

/** How the records of a stream find the subtasks of its next operator. */
export abstract class StreamPartitioning<T> extends StreamSinks<T> {
  /** Round robin over all subtasks of the next operator. */
  rebalance(): DataStream<T> {
    return this.partition('rebalance');
  }
  /** Round robin over neighbouring subtasks only. */
  rescale(): DataStream<T> {
    return this.partition('rescale');
  }
  /** At random. */
  shuffle(): DataStream<T> {
    return this.partition('shuffle');
  }
  /** Every record to the first subtask. */
  global(): DataStream<T> {
    return this.partition('global');
  }
  /** Every record to every subtask. */
  broadcast(): DataStream<T> {
    return this.partition('broadcast');
  }
  /** Each subtask to the one of the same index; refused at `execute` if the parallelisms differ. */
  forward(): DataStream<T> {
    return this.partition('forward');
  }

  /** The subtask of a record is what `partitioner` gives for its key. */
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
    return new DataStream<T>(
      this.environment,
      this.recorder,
      this.outlets.map(o => ({ ...o, partitioner: 'custom' as const, keySelector, customPartitioner })),
    );
  }

  private partition(partitioner: PartitionerKind): DataStream<T> {
    const outlets = this.outlets.map(({ node, sideOutput }) => ({
      node,
      partitioner,
      ...(sideOutput !== undefined && { sideOutput }),
    }));
    return new DataStream<T>(this.environment, this.recorder, outlets);
  }
}
