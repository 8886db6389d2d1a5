export { decodeBatch, encodeBatch } from './batch-codec.js';
export { copyRecord } from './copy-record.js';
export { formatRecord } from './format-record.js';
export { hasTimestamp, NO_TIMESTAMP, type RecordBatch } from './record-batch.js';
export { findUntravellable, RecordGuard } from './record-guard.js';
export { describeOffence } from './travel-rules.js';
