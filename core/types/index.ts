export { decodeBatch, encodeBatch } from './batch-codec.js';
export { rowsOf } from './column-rows.js';
export { copyRecord } from './copy-record.js';
export { formatRecord } from './format-record.js';
export {
  type Column,
  ColumnBatch,
  countOf,
  hasTimestamp,
  NO_TIMESTAMP,
  type RecordBatch,
  RowBatch,
} from './record-batch.js';
export { findUntravellable, RecordGuard } from './record-guard.js';
export { type Field, hasShape, isInt32, LayoutProbe, MAX_FIELDS, type RecordLayout } from './record-layout.js';
export { checkRegistrable, hasPrivateFields, TypeRegistry } from './registered-types.js';
export { ownString, StringColumn } from './string-column.js';
export { describeOffence } from './travel-rules.js';
