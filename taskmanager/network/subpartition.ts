/** HOT PATH */
import { type ColumnBatch, hasTimestamp, NO_TIMESTAMP, RowBatch } from '../../core/types/index.js';
import type { SpilledElements } from '../batch/spilled-elements.js';
import type { NetworkMemory } from './network-memory.js';
import { END, type PartitionElement, type PartitionEvent } from './partition-element.js';

/** Who takes the elements of a subpartition: a channel of the same slot, or a connection. */
export interface SubpartitionReader {
  /** Something can be polled. May come while it is being polled. */
  onAvailable(): void;
  /** The producer is gone before its end. */
  onFailed(error: unknown): void;
}

/** How its partition hears of a subpartition. */
export interface SubpartitionOwner {
  /** It went over its bound, or below it again. */
  onFull(full: boolean): void;
  /** Its reader wants batches of another size. */
  onLimit(): void;
  /** Its reader has got everything up to the end, or will never come back. */
  onConsumed(): void;
}

/** What one subtask sends to one consumer: an open batch that records are added to, and a queue that the reader polls. */
export class Subpartition {
  private records: unknown[] = [];
  /** Made with the first record that has a timestamp. */
  private timestamps: Float64Array | undefined;
  private bytes = 0;
  private odd = false;
  private typed = false;
  /** Events that leave after the open batch. */
  private readonly marks: PartitionEvent[] = [];

  private readonly queue: PartitionElement[] = [];
  private queuedBatches = 0;
  private full = false;
  private reader: SubpartitionReader | undefined;
  private failure: { error: unknown } | undefined;
  private consumed = false;
  private limit: number;

  constructor(
    private readonly memory: NetworkMemory,
    private readonly owner: SubpartitionOwner,
    /** Of a batch job: where elements wait, in place of the queue. Its reader may come when the producer is gone. */
    private readonly spilled?: SpilledElements,
  ) {
    this.limit = memory.batchRecords;
  }

  /** Records that a batch may have. */
  get batchRecords(): number {
    return this.limit;
  }

  /** Batches that may wait here, and the open one. */
  get batchesInFlight(): number {
    return this.memory.queuedBatches + 1;
  }

  /** By a reader that is slow: smaller batches, so that less is in flight. */
  limitBatches(records: number): void {
    this.limit = Math.max(1, Math.min(this.memory.batchRecords, records));
    this.owner.onLimit();
  }

  get isEmpty(): boolean {
    return this.records.length === 0;
  }

  get isConsumed(): boolean {
    return this.consumed;
  }

  get hasReader(): boolean {
    return this.reader !== undefined;
  }

  /** A record that was let through (and copied) by the guard. */
  add(record: unknown, timestamp: number, bytes: number, odd: boolean, typed: boolean): void {
    const position = this.records.push(record) - 1;
    if (this.timestamps !== undefined) this.timestamps[position] = timestamp;
    else if (hasTimestamp(timestamp)) this.beginTimestamps(position, timestamp);
    this.bytes += bytes;
    if (odd) this.odd = true;
    if (typed) this.typed = true;
    if (position + 1 >= this.limit || this.bytes >= this.memory.batchBytes) this.flush();
  }

  /** An event that leaves with the open batch, or the batch of columns that is open for this consumer, after its records. */
  mark(event: PartitionEvent): void {
    this.marks.push(event);
  }

  /** Closes the open batch, if it has any record. */
  flush(): void {
    this.flushRows();
    this.flushMarks();
  }

  private flushMarks(): void {
    if (this.marks.length > 0) for (const event of this.marks.splice(0)) this.push({ kind: 'event', event });
  }

  private flushRows(): void {
    const { records, bytes, odd, typed } = this;
    if (records.length === 0) return;
    // The array is cut to the batch's size: a slice of a kept one would pin all of it.
    const timestamps = this.timestamps?.slice(0, records.length);
    this.records = [];
    this.timestamps = undefined;
    this.bytes = 0;
    this.odd = false;
    this.typed = false;
    this.queuedBatches++;
    this.memory.take(bytes);
    this.push({ kind: 'data', batch: new RowBatch(records, timestamps, bytes, odd, typed) });
  }

  /** A batch of columns, after all records that were added before it. */
  addBatch(batch: ColumnBatch): void {
    this.flushRows();
    this.queuedBatches++;
    this.memory.take(batch.bytes);
    this.push({ kind: 'data', batch });
    this.flushMarks();
  }

  /** After all records that were added before it. */
  event(event: PartitionEvent): void {
    this.flush();
    this.push({ kind: 'event', event });
  }

  end(): void {
    this.flush();
    this.push(END);
  }

  /** The next element; who gets a batch owns it. */
  poll(): PartitionElement | undefined {
    if (this.spilled !== undefined) return this.spilled.shift();
    const element = this.queue.shift();
    if (element?.kind === 'data') {
      this.queuedBatches--;
      this.memory.give(element.batch.bytes);
      this.checkFull();
    }
    return element;
  }

  /** The next batch as it travels, if it lies in a file; else `poll` has to be called. */
  pollBytes(): Uint8Array | undefined {
    return this.spilled?.shiftBytes();
  }

  /** Whether `poll` would give a batch, an event, the end, or nothing. */
  peek(): PartitionElement['kind'] | undefined {
    return this.spilled === undefined ? this.queue[0]?.kind : this.spilled.peek();
  }

  attach(reader: SubpartitionReader): void {
    this.reader = reader;
    if (this.failure) reader.onFailed(this.failure.error);
    else if (this.peek() !== undefined) reader.onAvailable();
  }

  /** By the reader: everything arrived, or it gives up. What still comes is dropped. */
  release(): void {
    if (this.consumed) return;
    this.consumed = true;
    this.reader = undefined;
    this.clear();
    this.owner.onConsumed();
  }

  /** By the producer: there will be no end. */
  fail(error: unknown): void {
    if (this.consumed || this.failure) return;
    this.failure = { error };
    this.clear();
    this.reader?.onFailed(error);
  }

  private push(element: PartitionElement): void {
    if (this.consumed || this.failure) {
      if (element.kind === 'data') {
        this.queuedBatches--;
        this.memory.give(element.batch.bytes);
      }
      return;
    }
    if (this.spilled !== undefined) {
      this.spill(element, this.spilled);
      return;
    }
    this.queue.push(element);
    this.checkFull();
    this.reader?.onAvailable();
    if (element.kind === 'data') this.memory.check();
  }

  private spill(element: PartitionElement, spilled: SpilledElements): void {
    if (element.kind === 'data') {
      this.queuedBatches--;
      this.memory.give(element.batch.bytes);
    }
    spilled.push(element);
    this.reader?.onAvailable();
  }

  private clear(): void {
    this.spilled?.clear();
    for (const element of this.queue.splice(0)) if (element.kind === 'data') this.memory.give(element.batch.bytes);
    this.queuedBatches = 0;
    this.marks.length = 0;
    this.records = [];
    this.timestamps = undefined;
    this.bytes = 0;
    this.checkFull();
  }

  private checkFull(): void {
    const full = this.queuedBatches >= this.memory.queuedBatches;
    if (full === this.full) return;
    this.full = full;
    this.owner.onFull(full);
  }

  private beginTimestamps(position: number, timestamp: number): void {
    this.timestamps = new Float64Array(this.memory.batchRecords).fill(NO_TIMESTAMP, 0, position);
    this.timestamps[position] = timestamp;
  }
}
