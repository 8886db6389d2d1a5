/** HOT PATH */
import { MillraceError } from '../../core/errors.js';
import {
  hashDoubleKey,
  hashKey,
  keyGroupOf,
  type OperatorFunctions,
  subtaskOfKeyGroup,
} from '../../core/graph/index.js';
import type { ResultPartitionDescriptor } from '../../core/protocol/index.js';

/** Which of a producer's subpartitions gets a record; ALL: each of them. */
export type ChannelSelector = (record: unknown) => number;
export const ALL = -1;

/** How an edge routes: a function for any record, and what generated text needs to do the same in place. */
export interface Routing {
  readonly select: ChannelSelector;
  /** Always channel 0. */
  readonly single?: true;
  /** `select` gives one channel, never ALL, and nothing below says how. */
  readonly selected?: true;
  /** One channel after the other. */
  readonly turn?: { next: number; readonly count: number };
  /** By key group of the key's hash. */
  readonly hash?: {
    readonly keyOf: (record: unknown) => unknown;
    readonly hashOf: (key: unknown) => number;
    readonly maxParallelism: number;
    /** Channel by key group. */
    readonly channels: Int32Array;
  };
}

export interface SelectorContext {
  descriptor: ResultPartitionDescriptor;
  producerSubtask: number;
  /** Of the operator that the edge leads to: functions of the edge are among them. */
  target: OperatorFunctions | undefined;
  random: () => number;
}

export function routingOf(context: SelectorContext): Routing {
  const { descriptor, producerSubtask, random } = context;
  const { partitioner } = descriptor.edge;
  const n = descriptor.consumers.length;
  switch (partitioner) {
    case 'forward':
    case 'global':
      return { single: true, select: () => 0 };
    case 'broadcast':
      return n === 1 ? { single: true, select: () => 0 } : { select: () => ALL };
    case 'rebalance':
      return roundRobin(n, producerSubtask % Math.max(1, n));
    case 'rescale':
      return roundRobin(n, 0);
    case 'shuffle':
      return { selected: true, select: () => Math.floor(random() * n) };
    case 'hash':
      return byKey(context);
    case 'custom':
      return { selected: true, select: byAuthor(context) };
  }
}

/** Rebalancing producers begin at different consumers, so that few records spread too. */
function roundRobin(count: number, first: number): Routing {
  const turn = { next: first, count };
  return {
    turn,
    select: () => {
      const channel = turn.next;
      turn.next = channel + 1 === count ? 0 : channel + 1;
      return channel;
    },
  };
}

function byKey({ descriptor, target }: SelectorContext): Routing {
  const { ordinal, keyType } = descriptor.edge;
  const keyOf = target?.edges?.[ordinal]?.keySelector;
  if (!keyOf) throw noFunction(descriptor, 'a key selector');
  const { consumerMaxParallelism: maxParallelism, consumerParallelism: parallelism } = descriptor;
  const hashOf = keyType === 'double' ? hashDoubleKey : hashKey;
  const channelOf = channelsBySubtask(descriptor);
  const channels = Int32Array.from(
    { length: maxParallelism },
    (_, group) => channelOf[subtaskOfKeyGroup(group, parallelism, maxParallelism)]!,
  );
  return {
    hash: { keyOf, hashOf, maxParallelism, channels },
    select: record => channels[keyGroupOf(hashOf(keyOf(record)), maxParallelism)]!,
  };
}

function byAuthor({ descriptor, target }: SelectorContext): ChannelSelector {
  const { keySelector: keyOf = (record: unknown) => record, partitioner: partition } =
    target?.edges?.[descriptor.edge.ordinal] ?? {};
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
