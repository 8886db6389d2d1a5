import type { HexId } from '../ids.js';

/** Goes from a source through all operators after it, in band: how old it is when it arrives is how long a record takes. */
export interface LatencyMarker {
  /** Epoch milliseconds at the source. */
  markedAt: number;
  /** Of the source. */
  operatorId: HexId;
  subtaskIndex: number;
}

/** Milliseconds, of the last markers of a source that an operator has seen; names are those of Flink's histograms. */
export interface LatencyFigures {
  min: number;
  max: number;
  mean: number;
  median: number;
  stddev: number;
  p75: number;
  p90: number;
  p95: number;
  p98: number;
  p99: number;
  p999: number;
}
