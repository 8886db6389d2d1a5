/** The timestamp of a record that has none: NaN, so that it can lie in a Float64Array beside real ones. */
export const NO_TIMESTAMP = Number.NaN;

export const hasTimestamp = (timestamp: number): boolean => !Number.isNaN(timestamp);

/**
 * What passes between tasks: some records in order, their timestamps beside them, never wrapped around them.
 * Who gets a batch owns it.
 */
export interface RecordBatch {
  readonly records: unknown[];
  /** By position; undefined when no record has one. */
  readonly timestamps: Float64Array | undefined;
  /** Roughly its size as bytes; what buffers and credits are counted by. */
  readonly bytes: number;
  /** Some value needs care on the wire (see odd-values.ts). */
  readonly odd: boolean;
}
