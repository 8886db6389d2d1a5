/** HOT PATH */
import { MillraceError } from '../../core/errors.js';
import { type OperatorFunctions, subtaskOfKey } from '../../core/graph/index.js';
import type { ResultPartitionDescriptor } from '../../core/protocol/index.js';

/** Which of a producer's subpartitions gets a record; ALL: each of them. */
export type ChannelSelector = (record: unknown) => number;
export const ALL = -1;

export interface SelectorContext {
  descriptor: ResultPartitionDescriptor;
  producerSubtask: number;
  /** Of the operator that the edge leads to: its key selector routes `hash`, its partitioner routes `custom`. */
  target: OperatorFunctions | undefined;
  random: () => number;
}

export function channelSelectorOf(context: SelectorContext): ChannelSelector {
  const { descriptor, producerSubtask, random } = context;
  const { partitioner } = descriptor.edge;
  const n = descriptor.consumers.length;
  switch (partitioner) {
    case 'forward':
    case 'global':
      return () => 0;
    case 'broadcast':
      return () => ALL;
    case 'rebalance':
    case 'rescale':
      return roundRobin(n, producerSubtask % Math.max(1, n));
    case 'shuffle':
      return () => Math.floor(random() * n);
    case 'hash':
      return byKey(context);
    case 'custom':
      return byAuthor(context);
  }
}

/** Producers begin at different consumers, so that few records spread too. */
function roundRobin(n: number, first: number): ChannelSelector {
  let next = first;
  return () => {
    const channel = next;
    next = channel + 1 === n ? 0 : channel + 1;
    return channel;
  };
}

function byKey({ descriptor, target }: SelectorContext): ChannelSelector {
  const keyOf = target?.keySelectors?.[descriptor.edge.inputIndex];
  if (!keyOf) throw noFunction(descriptor, 'a key selector');
  const { consumerMaxParallelism: max, consumerParallelism: parallelism } = descriptor;
  const channelOf = channelsBySubtask(descriptor);
  return record => channelOf[subtaskOfKey(keyOf(record), parallelism, max)]!;
}

function byAuthor({ descriptor, target }: SelectorContext): ChannelSelector {
  const keyOf = target?.keySelectors?.[descriptor.edge.inputIndex] ?? ((record: unknown) => record);
  const partition = target?.partitioner;
  if (!partition) throw noFunction(descriptor, 'a partitioner');
  const n = descriptor.consumerParallelism;
  const channelOf = channelsBySubtask(descriptor);
  return record => {
    const chosen = partition(keyOf(record), n);
    const channel = channelOf[chosen];
    if (channel === undefined) {
      throw new MillraceError(
        'TASK_FAILED',
        `The partitioner returned ${String(chosen)}; a whole number from 0 to ${n - 1} is needed.`,
      );
    }
    return channel;
  };
}

function channelsBySubtask({ consumers }: ResultPartitionDescriptor): number[] {
  const channels: number[] = [];
  for (const [channel, { subtask }] of consumers.entries()) channels[subtask] = channel;
  return channels;
}

function noFunction({ edge }: ResultPartitionDescriptor, what: string): MillraceError {
  return new MillraceError('INVALID_PROGRAM', `Edge ${edge.id} (${edge.partitioner}) has no ${what}.`, {
    domain: 'internal',
  });
}
