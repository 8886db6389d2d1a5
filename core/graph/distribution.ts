import { isPointwise, type Partitioner } from './operators.js';

/** One channel of an exchange: which subpartition of which producing subtask, and who reads it. */
export interface ChannelPair {
  producerSubtask: number;
  subpartition: number;
  consumerSubtask: number;
}

/** An exchange, and how many subtasks stand on either side of it. */
export interface Exchange {
  partitioner: Partitioner;
  producers: number;
  consumers: number;
}

/**
 * What one consuming subtask reads, as Flink joins them: every producer (the subpartition is the consumer's index), or
 * pointwise neighbours, where the side with more subtasks is split evenly over the other.
 */
export function channelsTo(consumer: number, { partitioner, producers, consumers }: Exchange): ChannelPair[] {
  if (!isPointwise(partitioner)) return range(0, producers, p => pair(p, consumer, consumer));
  if (producers >= consumers) {
    return range(firstOf(consumer, producers, consumers), firstOf(consumer + 1, producers, consumers), p =>
      pair(p, 0, consumer),
    );
  }
  const producer = Math.floor((consumer * producers) / consumers);
  return [pair(producer, consumer - firstReader(producer, consumers, producers), consumer)];
}

/** What one producing subtask is read by, in the order of its subpartitions. */
export function channelsFrom(producer: number, { partitioner, producers, consumers }: Exchange): ChannelPair[] {
  if (!isPointwise(partitioner)) return range(0, consumers, c => pair(producer, c, c));
  if (producers >= consumers) {
    const consumer = Math.ceil(((producer + 1) * consumers) / producers) - 1;
    return [pair(producer, 0, consumer)];
  }
  const first = firstReader(producer, consumers, producers);
  return range(first, firstReader(producer + 1, consumers, producers), c => pair(producer, c - first, c));
}

const pair = (producerSubtask: number, subpartition: number, consumerSubtask: number): ChannelPair => ({
  producerSubtask,
  subpartition,
  consumerSubtask,
});

const range = (from: number, to: number, of: (i: number) => ChannelPair): ChannelPair[] =>
  Array.from({ length: to - from }, (_, i) => of(from + i));

/** Of the producers, of which there are more, the first that a consumer reads. */
const firstOf = (consumer: number, producers: number, consumers: number): number =>
  Math.floor((consumer * producers) / consumers);

/** Of the consumers, of which there are more, the first that reads a producer. */
const firstReader = (producer: number, consumers: number, producers: number): number =>
  Math.floor((producer * consumers + producers - 1) / producers);
