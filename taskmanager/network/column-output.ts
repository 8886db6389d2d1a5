/** HOT PATH: once per batch. */
import { type Column, ColumnBatch, type Field, LayoutProbe, type RecordLayout } from '../../core/types/index.js';
import { ColumnSet, newColumn } from '../state/column-set.js';
import type { NetworkMemory } from './network-memory.js';
import type { Subpartition } from './subpartition.js';

/** Records that are looked at before a layout is believed. */
const PROBED_RECORDS = 256;
/** Writers that wait for their next batch. */
const POOL_SIZE = 8;

/** The open batch of one consumer; generated text fills it. It is the batch's until that is given back. */
export class ColumnWriter extends ColumnSet {
  /** The same arrays by field. */
  readonly columns: readonly Column[];
  /** Records in it. */
  n = 0;
  /** Bytes of its strings. */
  bytes = 0;
  /** At so many records `onLimit` is called: `maxRecords`, but 0 while there are none, so that the first is noticed. */
  limit = 0;
  /** It is sent when it has so many records, or so many bytes of strings. */
  maxRecords = 0;
  maxBytes = 0;

  constructor(
    { fields, hashed, timed }: RecordLayout,
    capacity: number,
    /** Takes it back, empty. */
    readonly recycle: () => void,
  ) {
    super();
    const columns: Column[] = [];
    for (const [i, { kind }] of fields.entries()) {
      const column = newColumn(kind, capacity);
      columns.push(column);
      this.setColumn(i, column);
    }
    this.columns = columns;
    if (hashed) this.h = new Int32Array(capacity);
    if (timed) this.t = new Float64Array(capacity);
  }
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
  private readonly pool: ColumnWriter[] = [];
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
    const bytes = writer.n * bytesPerRecord(layout) + writer.bytes;
    const subpartition = this.subpartitions[channel]!;
    this.recordsSent += writer.n;
    this.bytesOut += bytes;
    this.open(channel, layout);
    subpartition.addBatch(new ColumnBatch(layout, writer.n, writer.columns, writer.t, writer.h, bytes, writer.recycle));
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
      for (let channel = 0; channel < this.subpartitions.length; channel++) this.open(channel, this.layout);
    }
    this.onLayoutChanged();
  }

  private open(channel: number, layout: RecordLayout): void {
    const writer = this.pool.pop() ?? this.newWriter(layout);
    this.limit(writer, layout, this.subpartitions[channel]!);
    this.writers[channel] = writer;
  }

  private newWriter(layout: RecordLayout): ColumnWriter {
    const writer = new ColumnWriter(layout, this.capacity, () => {
      if (this.layout !== layout || this.pool.length >= POOL_SIZE) return;
      writer.n = 0;
      writer.bytes = 0;
      writer.limit = 0;
      this.pool.push(writer);
    });
    return writer;
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
}

const BYTES: Record<Field['kind'], number> = { i32: 4, f64: 8, bool: 1, str: 4 };

function bytesPerRecord({ fields, hashed, timed }: RecordLayout): number {
  return fields.reduce((n, { kind }) => n + BYTES[kind], (hashed ? 4 : 0) + (timed ? 8 : 0));
}
