/** HOT PATH: once per batch. */
import { Packr } from 'msgpackr';
import { MillraceError } from '../errors.js';
import { COLUMNS, decodeColumns, encodeColumns } from './column-codec.js';
import { wrapOddValues } from './odd-values.js';
import { type RecordBatch, RowBatch } from './record-batch.js';

/** How the records of a batch stand in its bytes, where they are no columns. */
const ROWS = 0;

/**
 * Object shapes are written once a batch and never kept across batches, so any batch can be read by itself.
 * Map ≠ object, bigint ≠ number; typed arrays keep their type, and memory of their own.
 */
const packr = new Packr({
  useRecords: true,
  mapsAsObjects: false,
  moreTypes: true,
  int64AsType: 'bigint',
  useBigIntExtension: true,
  copyBuffers: true,
});

/** The bytes of a batch whose records a RecordGuard (or a layout) has let through. They belong to the caller. */
export function encodeBatch(batch: RecordBatch): Uint8Array {
  if (batch.layout !== undefined) return encodeColumns(batch);
  const records = batch.odd ? batch.records.map(wrapOddValues) : batch.records;
  const content: unknown[] = [ROWS, batch.bytes, batch.timestamps ?? null, records];
  if (batch.typed) content.push(true);
  return packr.pack(content);
}

export function decodeBatch(bytes: Uint8Array): RecordBatch {
  let content: unknown;
  try {
    if (bytes[0] === COLUMNS) return decodeColumns(bytes);
    content = packr.unpack(bytes);
  } catch (cause) {
    throw new MillraceError('INTERNAL', `A batch of ${bytes.length} bytes can't be decoded.`, { cause });
  }
  if (!Array.isArray(content) || content[0] !== ROWS || !Array.isArray(content[3])) {
    throw new MillraceError('INTERNAL', `A batch of ${bytes.length} bytes has no known layout.`);
  }
  const [, size, timestamps, records, typed = false] = content as [
    number,
    number,
    Float64Array | null,
    unknown[],
    true?,
  ];
  return new RowBatch(records, timestamps ?? undefined, size, false, typed);
}
