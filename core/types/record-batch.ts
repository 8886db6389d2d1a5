import type { RecordLayout } from './record-layout.js';
import type { StringColumn } from './string-column.js';

/** The timestamp of a record that has none: NaN, so that it can lie in a Float64Array beside real ones. */
export const NO_TIMESTAMP = Number.NaN;

export const hasTimestamp = (timestamp: number): boolean => !Number.isNaN(timestamp);

/**
 * What passes between tasks: some records in order, their timestamps beside them, never wrapped around them. As columns
 * where all records have one layout, else as rows. Who gets a batch owns it.
 *
 * Classes, so that batches are of one hidden class whoever made them: a task that has seen one is not compiled anew for
 * those that come from elsewhere. Arrays in them are filled by `push`: what `map` makes is of another kind once V8 has
 * compiled who calls it.
 */
export type RecordBatch = RowBatch | ColumnBatch;

export class RowBatch {
  readonly layout = undefined;

  constructor(
    readonly records: unknown[],
    /** By position; undefined when no record has one. */
    readonly timestamps: Float64Array | undefined,
    /** Roughly its size as bytes; what buffers and credits are counted by. */
    readonly bytes: number,
    /** Some value needs care on the wire (see odd-values.ts). */
    readonly odd = false,
    /** Some values stand for instances of registered classes, which the consumer makes (see registered-types.ts). */
    readonly typed = false,
  ) {}
}

/** Strings as an array where they never left the thread, else as their text (see string-column.ts). Booleans are 0 and 1. */
export type Column = Int32Array | Float64Array | Uint8Array | string[] | StringColumn;

export class ColumnBatch {
  constructor(
    readonly layout: RecordLayout,
    readonly count: number,
    /** By field; arrays may be longer than `count`. */
    readonly columns: readonly Column[],
    readonly timestamps: Float64Array | undefined,
    /** Of the keys, if the layout is `hashed`. */
    readonly hashes: Int32Array | undefined,
    readonly bytes: number,
    /** Gives the arrays back to whoever filled them; nothing of the batch may be read afterwards. */
    readonly recycle?: () => void,
  ) {}
}

export const countOf = (batch: RecordBatch): number =>
  batch.layout === undefined ? batch.records.length : batch.count;
