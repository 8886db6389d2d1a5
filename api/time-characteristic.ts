import type { TimeCharacteristicName } from '../core/graph/index.js';

/** Whose clock a program goes by; see `env.setStreamTimeCharacteristic`. */
export enum TimeCharacteristic {
  /** The clock of the machine that processes a record: records have no timestamps, sources emit no watermarks. */
  ProcessingTime = 'processing',
  /** The clock of the source: each record gets the time at which it left there, watermarks follow it. */
  IngestionTime = 'ingestion',
  /** The records' own time: timestamps and watermarks come from sources or `assignTimestampsAndWatermarks`. The default. */
  EventTime = 'event',
}

/** By the text that stands in the job's graph. */
export const characteristicOf = (name: TimeCharacteristicName | undefined): TimeCharacteristic =>
  Object.values(TimeCharacteristic).find(c => c === (name ?? 'event'))!;
