import { MillraceError } from '../core/errors.js';
import { COLLECTED_RECORDS, type RegisteredClass } from '../core/graph/index.js';
import { decodeBatch, encodeBatch, RecordGuard, RowBatch, TypeRegistry } from '../core/types/index.js';
import type { Accumulator } from './accumulators.js';
import { RichSinkFunction } from './functions.js';

/** Under this name the records come back with the job's result. */
export const COLLECTED = 'collected records';
/** They are in memory of the task, of the JobManager and of the client at once. */
const MOST_BYTES = 32 * 1024 ** 2;

/** Records of one subtask, as text that an accumulator may be. */
class Records implements Accumulator<unknown, string> {
  readonly accumulatorType = COLLECTED_RECORDS;
  private readonly guard = new RecordGuard('to executeAndCollect');
  private records: unknown[] = [];

  constructor(types: TypeRegistry | undefined) {
    this.guard.types = types;
  }

  get count(): number {
    return this.records.length;
  }

  add(record: unknown): void {
    this.records.push(this.guard.admit(record));
    if (this.guard.bytes <= MOST_BYTES) return;
    throw new MillraceError(
      'TASK_FAILED',
      `executeAndCollect has ${this.count} records of more than ${MOST_BYTES / 1024 ** 2} MB: ` +
        'they would have to be in memory all at once. Give it a limit, or write them to a file.',
      { domain: 'user' },
    );
  }
  getLocalValue(): string {
    const { bytes, odd, typed } = this.guard;
    const batch = encodeBatch(new RowBatch(this.records, undefined, bytes, odd, typed));
    return Buffer.from(batch).toString('base64');
  }
  resetLocal(): void {
    this.records = [];
    this.guard.reset();
  }
  merge(): void {
    throw new MillraceError('INTERNAL', 'Records are collected by one subtask.');
  }
}

/** Keeps the records of a bounded stream until the job ends. For parallelism 1. */
export class CollectSink<T> extends RichSinkFunction<T> {
  private records: Records | undefined;

  constructor(
    private readonly types: readonly RegisteredClass[],
    private readonly limit: number,
  ) {
    super();
  }

  override open(): void {
    this.records = new Records(this.types.length > 0 ? new TypeRegistry(this.types) : undefined);
    this.getRuntimeContext().addAccumulator(COLLECTED, this.records);
  }
  invoke(record: T): void {
    if (this.records!.count < this.limit) this.records!.add(record);
  }
}

/** What a CollectSink kept, from the results of its job. Throws ILLEGAL_STATE if they are not there: the job is detached. */
export function collectedRecords<T>(value: unknown, types: readonly RegisteredClass[]): T[] {
  if (typeof value !== 'string') {
    throw new MillraceError(
      'ILLEGAL_STATE',
      'executeAndCollect has got no records: it needs the end of its job, so it works attached only (flink run without -d).',
      { domain: 'user' },
    );
  }
  const { records } = decodeBatch(Buffer.from(value, 'base64')) as RowBatch;
  const registry = types.length > 0 ? new TypeRegistry(types) : undefined;
  return (registry ? registry.revive(records) : records) as T[];
}
