import type { LatencyMarker } from '../../core/protocol/index.js';
import type { RecordBatch } from '../../core/types/index.js';

/** In-band events of an edge, as frames carry them. Barriers will be another one. */
export type PartitionEvent =
  | { type: 'watermark'; timestamp: number }
  | { type: 'status'; idle: boolean }
  | { type: 'latencyMarker'; marker: LatencyMarker };

/** What stands in order on an edge between two subtasks. */
export type PartitionElement =
  | { kind: 'data'; batch: RecordBatch }
  | { kind: 'event'; event: PartitionEvent }
  | { kind: 'end' };

export const END: PartitionElement = { kind: 'end' };
