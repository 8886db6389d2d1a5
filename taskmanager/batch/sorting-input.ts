/** HOT PATH */
import { countOf, hasTimestamp, RowBatch, type TypeRegistry } from '../../core/types/index.js';
import type { GateBatch, TaskInput } from '../network/input-gate.js';
import type { Collector, Operator } from '../operators/operator.js';
import { RecordSorter } from './record-sorter.js';
import { isOfKey, MergedCursor } from './sorted-cursor.js';
import type { KeyOf } from './sorted-runs.js';

export interface SortingInputOptions {
  gate: TaskInput;
  /** By input: the key that it is sorted by. Undefined for one that comes first, as it comes. */
  keys: ReadonlyArray<KeyOf | undefined>;
  /** Hears when keys have had all of their records. */
  head: Pick<Operator, 'endKeys' | 'endsKeysTogether'>;
  folder: string;
  /** Bytes, for all inputs. */
  memory: number;
  types: TypeRegistry | undefined;
}

const BATCH_RECORDS = 1024;
/** Where keys may end together, a batch with so many records ends with the next key. */
const FULL_ENOUGH = 512;
/** How long it takes in or merges before others have their turn. */
const TURN_MS = 2;

/**
 * In batch mode, the input of a task that works by key: takes all of it in first, then gives it sorted by key and tells the
 * head of the chain after the last record of each key, so that state is there for the current keys only. An input without a key
 * (the broadcast one) is given at once, so it has come before the others begin. The one watermark follows the last record.
 */
export class SortingInput implements TaskInput {
  isBusy = false;
  isFinished = false;
  private readonly sorters: Array<RecordSorter | undefined>;
  private inputs: readonly Collector[] = [];
  private cursor: MergedCursor | undefined;
  /** The cursor stands at a record that was not given yet. */
  private hasRecord = false;
  private keysEnd = false;
  private bytesTaken = 0;
  private recordsTaken = 0;

  constructor(private readonly options: SortingInputOptions) {
    const { keys, folder, types } = options;
    const memory = options.memory / keys.filter(Boolean).length;
    this.sorters = keys.map(keyOf => keyOf && new RecordSorter({ keyOf, folder, memory, types }));
  }

  get batchesInFlight(): number {
    return this.options.gate.batchesInFlight;
  }

  limitBatches(records: number): void {
    this.options.gate.limitBatches(records);
  }

  start(inputs: readonly Collector[]): void {
    this.inputs = inputs;
    this.options.gate.start(inputs.map(timeless));
  }

  next(): GateBatch | undefined {
    this.isBusy = false;
    if (this.cursor === undefined) {
      const first = this.takeIn();
      if (first !== undefined || this.cursor === undefined) return first;
    }
    if (this.keysEnd) {
      this.keysEnd = false;
      this.options.head.endKeys?.();
      // What follows the last keys waits for what they left pending.
      if (!this.hasRecord) return this.later();
    }
    if (this.hasRecord) return this.nextBatch(this.cursor);
    this.isFinished = true;
    this.closeSorters();
    for (const input of this.inputs) input.emitWatermark(Number.MAX_SAFE_INTEGER);
    return undefined;
  }

  close(): void {
    this.options.gate.close();
    this.closeSorters();
  }

  /** What comes, into the sorters; a batch if it is of an input that is not sorted. */
  private takeIn(): GateBatch | undefined {
    const { gate } = this.options;
    const deadline = performance.now() + TURN_MS;
    while (!gate.isFinished) {
      const next = gate.next();
      if (next !== undefined) {
        const sorter = this.sorters[next.input];
        if (sorter === undefined) return next;
        this.bytesTaken += next.batch.bytes;
        this.recordsTaken += countOf(next.batch);
        sorter.add(next.batch);
      } else if (!gate.isFinished) return undefined;
      if (performance.now() > deadline) return this.later();
    }
    for (const sorter of this.sorters) if (sorter && !sorter.prepare(deadline)) return this.later();
    this.cursor = new MergedCursor(this.sorters.map(sorter => sorter?.sorted() ?? NOTHING));
    this.hasRecord = this.cursor.advance();
    return undefined;
  }

  private later(): undefined {
    this.isBusy = true;
    return undefined;
  }

  private nextBatch(cursor: MergedCursor): GateBatch {
    const together = this.options.head.endsKeysTogether === true;
    const input = cursor.source;
    const records: unknown[] = [];
    let times: Float64Array | undefined;
    let { hash, key } = cursor;
    while (records.length < BATCH_RECORDS) {
      const at = records.push(cursor.record) - 1;
      if (times === undefined && hasTimestamp(cursor.timestamp))
        times = new Float64Array(BATCH_RECORDS).fill(Number.NaN);
      if (times !== undefined) times[at] = cursor.timestamp;
      this.hasRecord = cursor.advance();
      const isNext = !this.hasRecord || !isOfKey(cursor, hash, key);
      if (isNext && (!this.hasRecord || !together || records.length >= FULL_ENOUGH)) {
        this.keysEnd = true;
        break;
      }
      if (cursor.source !== input) break;
      if (isNext) ({ hash, key } = cursor);
    }
    return { input, batch: new RowBatch(records, times, Math.round(records.length * this.bytesPerRecord)) };
  }

  private get bytesPerRecord(): number {
    return this.bytesTaken / this.recordsTaken;
  }

  private closeSorters(): void {
    for (const sorter of this.sorters) sorter?.close();
  }
}

const NOTHING = { hash: 0, key: undefined, timestamp: Number.NaN, record: undefined, advance: () => false };

/** An input of the head, to which no time comes yet. */
const timeless = (input: Collector): Collector => ({
  collect: (record, timestamp) => input.collect(record, timestamp),
  emitWatermark: () => {},
  emitStatus: () => {},
  emitLatencyMarker: marker => input.emitLatencyMarker(marker),
});
