import type { ChannelPair, Exchange } from '../../../core/graph/index.js';
import { isPointwise } from '../../../core/graph/operators.js';

/** All channels of an exchange, by enumeration, as Flink's distribution patterns are written down. */
export function naiveChannels({ partitioner, producers, consumers }: Exchange): ChannelPair[] {
  const pairs: ChannelPair[] = [];
  if (!isPointwise(partitioner)) {
    for (let c = 0; c < consumers; c++) {
      for (let p = 0; p < producers; p++) pairs.push({ producerSubtask: p, subpartition: c, consumerSubtask: c });
    }
    return pairs;
  }
  if (producers >= consumers) {
    for (let c = 0; c < consumers; c++) {
      const start = Math.floor((c * producers) / consumers);
      const end = Math.floor(((c + 1) * producers) / consumers);
      for (let p = start; p < end; p++) pairs.push({ producerSubtask: p, subpartition: 0, consumerSubtask: c });
    }
    return pairs;
  }
  for (let p = 0; p < producers; p++) {
    const start = Math.floor((p * consumers + producers - 1) / producers);
    const end = Math.floor(((p + 1) * consumers + producers - 1) / producers);
    for (let c = start; c < end; c++) pairs.push({ producerSubtask: p, subpartition: c - start, consumerSubtask: c });
  }
  return pairs;
}
