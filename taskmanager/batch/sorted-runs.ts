/** HOT PATH */
import { hashKey } from '../../core/graph/index.js';
import {
  decodeBatch,
  encodeBatch,
  NO_TIMESTAMP,
  RecordGuard,
  RowBatch,
  type TypeRegistry,
} from '../../core/types/index.js';
import { grown } from '../state/string-slots.js';
import { compareKeys, compareTimes, type SortedCursor } from './sorted-cursor.js';
import type { SpillFile } from './spill-file.js';

export type KeyOf = (record: unknown) => unknown;

const FIRST_CAPACITY = 1024;
/** A run is read back in batches: small ones, since one of each run is in memory. */
const BATCH_RECORDS = 256;
const BATCH_BYTES = 32 * 1024;

/** Records in memory, with what they are sorted by. */
export class RecordBuffer {
  count = 0;
  private records: unknown[] = [];
  private keys: unknown[] = [];
  private hashes = new Int32Array(FIRST_CAPACITY);
  private times = new Float64Array(FIRST_CAPACITY);

  constructor(private readonly keyOf: KeyOf) {}

  add(record: unknown, timestamp: number): void {
    const at = this.count;
    const key = this.keyOf(record);
    if (at === this.hashes.length) {
      this.hashes = grown(this.hashes, at * 2);
      this.times = grown(this.times, at * 2);
    }
    this.hashes[at] = hashKey(key);
    this.times[at] = timestamp;
    this.records.push(record);
    this.keys.push(key);
    this.count++;
  }

  clear(): void {
    this.count = 0;
    this.records = [];
    this.keys = [];
  }

  /** In the order of keys and times, and of arrival where these are equal. Valid until the next `add`. */
  sorted(): SortedCursor {
    const { records, keys, hashes, times } = this;
    const order = Uint32Array.from({ length: this.count }, (_, i) => i).sort((a, b) => {
      const [x, y] = [hashes[a]!, hashes[b]!];
      return x !== y ? (x < y ? -1 : 1) : compareKeys(keys[a], keys[b]) || compareTimes(times[a]!, times[b]!) || a - b;
    });
    return new BufferCursor(records, keys, hashes, times, order);
  }
}

class BufferCursor implements SortedCursor {
  hash = 0;
  key: unknown = undefined;
  timestamp = NO_TIMESTAMP;
  record: unknown = undefined;
  private next = 0;

  constructor(
    private readonly records: readonly unknown[],
    private readonly keys: readonly unknown[],
    private readonly hashes: Int32Array,
    private readonly times: Float64Array,
    private readonly order: Uint32Array,
  ) {}

  advance(): boolean {
    if (this.next === this.order.length) return false;
    const at = this.order[this.next++]!;
    this.hash = this.hashes[at]!;
    this.key = this.keys[at];
    this.timestamp = this.times[at]!;
    this.record = this.records[at];
    return true;
  }
}

/** Writes records that come in order to a file; `end` gives the run. */
export class RunWriter {
  private readonly places: number[] = [];
  private readonly guard: RecordGuard;
  private records: unknown[] = [];
  private times: number[] = [];

  constructor(
    private readonly file: SpillFile,
    types: TypeRegistry | undefined,
  ) {
    this.guard = new RecordGuard('to a local file');
    this.guard.types = types;
  }

  add(record: unknown, timestamp: number): void {
    this.records.push(this.guard.admit(record));
    this.times.push(timestamp);
    if (this.records.length >= BATCH_RECORDS || this.guard.bytes >= BATCH_BYTES) this.flush();
  }

  end(): StoredRun {
    this.flush();
    return { file: this.file, places: this.places };
  }

  private flush(): void {
    const { records, guard, times } = this;
    if (records.length === 0) return;
    const batch = new RowBatch(records, Float64Array.from(times), guard.bytes, guard.odd, guard.typed);
    const bytes = encodeBatch(batch);
    this.places.push(this.file.append(bytes), bytes.length);
    guard.reset();
    this.records = [];
    this.times = [];
  }
}

/** Records in order, in batches whose places are these, by twos: start and length. */
export interface StoredRun {
  readonly file: SpillFile;
  readonly places: readonly number[];
}

/** Reads a run back, a batch at a time. */
export class RunCursor implements SortedCursor {
  hash = 0;
  key: unknown = undefined;
  timestamp = NO_TIMESTAMP;
  record: unknown = undefined;
  private records: unknown[] = [];
  private times: Float64Array | undefined;
  private next = 0;
  private place = 0;

  constructor(
    private readonly run: StoredRun,
    private readonly keyOf: KeyOf,
    private readonly types: TypeRegistry | undefined,
  ) {}

  advance(): boolean {
    if (this.next === this.records.length && !this.load()) return false;
    const at = this.next++;
    this.record = this.records[at];
    this.timestamp = this.times![at]!;
    this.key = this.keyOf(this.record);
    this.hash = hashKey(this.key);
    return true;
  }

  private load(): boolean {
    const { file, places } = this.run;
    this.next = 0;
    this.records = [];
    if (this.place === places.length) return false;
    const batch = decodeBatch(file.read(places[this.place]!, places[this.place + 1]!)) as RowBatch;
    this.place += 2;
    if (batch.typed) this.types?.revive(batch.records);
    this.records = batch.records;
    this.times = batch.timestamps;
    return true;
  }
}
