/** HOT PATH: once per batch. */
import { type Column, ColumnBatch, type Field, LayoutProbe, type RecordLayout } from '../../core/types/index.js';
import { ColumnSet, columnName, newColumn } from '../state/column-set.js';
import type { NetworkMemory } from './network-memory.js';
import type { Subpartition } from './subpartition.js';

/** Records that are looked at before a layout is believed. */
const PROBED_RECORDS = 256;
/** Sets of arrays that wait for their next batch. */
const POOL_SIZE = 8;

/** The open batch of one consumer; generated text fills it. */
export class ColumnWriter extends ColumnSet {
  /** Records in it. */
  n = 0;
  /** Bytes of its strings. */
  bytes = 0;
  /** At so many records `onLimit` is called: `maxRecords`, but 0 while there are none, so that the first is noticed. */
  limit = 0;
  /** It is sent when it has so many records, or so many bytes of strings. */
  maxRecords = 0;
  maxBytes = 0;
}

/**
 * The columns of a partition: finds the layout of what is sent, keeps an open batch for each consumer, and hands batches
 * to the subpartitions. Who writes is the compiled task (see task/partition-text.ts); what does not fit the layout comes
 * to `misfit` and travels as a row.
 */
export class ColumnOutput {
  /** What the compiled task may write; changes with records that do not fit. */
  layout: RecordLayout | undefined;
  readonly writers: ColumnWriter[] = [];
  /** Of the batches that were handed on. */
  bytesOut = 0;
  private recordsSent = 0;
  private readonly probe = new LayoutProbe();
  private readonly pool: ColumnSet[] = [];
  /** Length of the arrays. */
  private capacity = 0;

  constructor(
    private readonly subpartitions: Subpartition[],
    private readonly memory: NetworkMemory,
    /** False: all travels as rows. */
    private readonly enabled: boolean,
    private readonly onLayoutChanged: () => void,
    /** A batch has its first record. */
    private readonly onOpened: (channel: number) => void,
  ) {}

  /** What is sent is still being looked at. */
  get isProbing(): boolean {
    return this.enabled && this.probe.count < PROBED_RECORDS;
  }

  observe(record: unknown, timestamp: number, key: unknown): void {
    this.probe.observe(record, timestamp, key);
    if (!this.isProbing) this.adopt();
  }

  /** A record that the layout does not hold: there will be another layout, or none. */
  misfit(record: unknown, timestamp: number, key: unknown): void {
    this.flush();
    this.probe.observe(record, timestamp, key);
    this.adopt();
  }

  /** Open batches included. */
  get recordsOut(): number {
    return this.writers.reduce((records, writer) => records + writer.n, this.recordsSent);
  }

  isEmpty(channel: number): boolean {
    return (this.writers[channel]?.n ?? 0) === 0;
  }

  flush(): void {
    for (let channel = 0; channel < this.writers.length; channel++) this.flushChannel(channel);
  }

  /** A batch has as many records as its limit says, or bytes enough. */
  onLimit(channel: number): void {
    const writer = this.writers[channel]!;
    if (writer.limit === 0) {
      writer.limit = writer.maxRecords;
      this.onOpened(channel);
      if (writer.n < writer.maxRecords && writer.bytes < writer.maxBytes) return;
    }
    this.flushChannel(channel);
  }

  flushChannel(channel: number): void {
    const writer = this.writers[channel];
    if (writer === undefined || writer.n === 0) return;
    const layout = this.layout!;
    const filled = this.swap(writer);
    const bytes = writer.n * bytesPerRecord(layout) + writer.bytes;
    const subpartition = this.subpartitions[channel]!;
    this.recordsSent += writer.n;
    this.bytesOut += bytes;
    const columns: Column[] = [];
    for (let i = 0; i < layout.fields.length; i++) columns.push(filled.column(i)!);
    subpartition.addBatch(
      new ColumnBatch(layout, writer.n, columns, filled.t, filled.h, bytes, () => {
        if (this.layout === layout && this.pool.length < POOL_SIZE) this.pool.push(filled);
      }),
    );
    writer.n = 0;
    writer.bytes = 0;
    writer.limit = 0;
    this.limit(writer, layout, subpartition);
  }

  /** What is open is of no use to anybody any more. */
  drop(): void {
    this.layout = undefined;
    this.writers.length = 0;
    this.pool.length = 0;
  }

  private adopt(): void {
    this.layout = this.probe.layout();
    this.pool.length = 0;
    this.writers.length = 0;
    if (this.layout) {
      this.capacity = this.recordsPerBatch(this.layout);
      for (const subpartition of this.subpartitions) {
        const writer = this.fill(new ColumnWriter());
        this.limit(writer, this.layout, subpartition);
        this.writers.push(writer);
      }
    }
    this.onLayoutChanged();
  }

  /** As the slot's memory says now: it asks for smaller batches when the process is short of it; as a slow consumer does. */
  private limit(writer: ColumnWriter, layout: RecordLayout, { batchRecords }: Subpartition): void {
    writer.maxRecords = Math.min(this.capacity, this.recordsPerBatch(layout), batchRecords);
    writer.maxBytes = Math.max(512, this.memory.batchBytes - writer.maxRecords * bytesPerRecord(layout));
  }

  private recordsPerBatch(layout: RecordLayout): number {
    const { batchBytes, batchRecords } = this.memory;
    return Math.min(batchRecords, Math.max(16, Math.floor(batchBytes / (2 * bytesPerRecord(layout)))));
  }

  /** Takes the writer's arrays away and gives it others. */
  private swap(writer: ColumnWriter): ColumnSet {
    const filled = new ColumnSet();
    const fresh = this.pool.pop() ?? this.fill(new ColumnSet());
    for (let i = 0; i < this.layout!.fields.length; i++) {
      const name = columnName(i);
      filled[name] = writer[name];
      writer[name] = fresh[name];
    }
    filled.h = writer.h;
    writer.h = fresh.h;
    filled.t = writer.t;
    writer.t = fresh.t;
    return filled;
  }

  private fill<T extends ColumnSet>(set: T): T {
    const { fields, hashed, timed } = this.layout!;
    for (const [i, { kind }] of fields.entries()) set.setColumn(i, newColumn(kind, this.capacity));
    if (hashed) set.h = new Int32Array(this.capacity);
    if (timed) set.t = new Float64Array(this.capacity);
    return set;
  }
}

const BYTES: Record<Field['kind'], number> = { i32: 4, f64: 8, bool: 1, str: 4 };

function bytesPerRecord({ fields, hashed, timed }: RecordLayout): number {
  return fields.reduce((n, { kind }) => n + BYTES[kind], (hashed ? 4 : 0) + (timed ? 8 : 0));
}
