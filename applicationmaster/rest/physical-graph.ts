import { channelsTo, type JobEdge } from '../../core/graph/index.js';
import type { Execution } from '../jobmaster/execution-graph.js';
import type { JobMaster } from '../jobmaster/job-master.js';

/** How records pass: by reference within a slot, by memory that two slots of a TaskManager share, by a socket. */
type ChannelKind = 'slot' | 'ring' | 'socket';

/**
 * Layer 4 as REST shows it: which subtask runs in which slot of which TaskManager, and by what each edge passes its
 * records. Channels are counted by kind, since there may be a square of the parallelism of them. Subtasks that have no
 * slot yet have neither TaskManager nor channels. A BLOCKING edge, of a batch job, lies in local files of its producers first.
 */
export function physicalGraph({ job, graph }: JobMaster): Record<string, unknown> {
  return {
    jid: job.jobId,
    attempt: graph.attempt,
    tasks: graph.executions.map(e => ({
      id: e.id,
      'vertex-id': e.vertex.id,
      name: e.name,
      subtask: e.subtask,
      attempt: e.attempt,
      status: e.state,
      'taskmanager-id': e.slot?.taskManagerId ?? '(unassigned)',
      host: e.slot?.data.host ?? '(unassigned)',
      slot: e.slot?.slotIndex ?? -1,
    })),
    edges: job.edges.map(edge => ({
      id: edge.id,
      source: edge.source,
      target: edge.target,
      exchange: job.config.batch ? 'BLOCKING' : 'PIPELINED',
      'ship-strategy': edge.partitioner.toUpperCase(),
      channels: countChannels(edge, graph.of(edge.source), graph.of(edge.target)),
    })),
  };
}

function countChannels(
  { partitioner }: JobEdge,
  producers: Execution[],
  consumers: Execution[],
): Record<ChannelKind, number> {
  const counts = { slot: 0, ring: 0, socket: 0 };
  const exchange = { partitioner, producers: producers.length, consumers: consumers.length };
  for (const consumer of consumers) {
    for (const { producerSubtask } of channelsTo(consumer.subtask, exchange)) {
      const kind = kindOf(producers[producerSubtask]!, consumer);
      if (kind !== undefined) counts[kind]++;
    }
  }
  return counts;
}

function kindOf({ slot: from }: Execution, { slot: to }: Execution): ChannelKind | undefined {
  if (!from || !to) return undefined;
  if (from === to) return 'slot';
  return from.taskManagerId === to.taskManagerId ? 'ring' : 'socket';
}
