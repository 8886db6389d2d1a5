/** HOT PATH */
import { countOf, NO_TIMESTAMP, type RecordBatch, rowsOf, type TypeRegistry } from '../../core/types/index.js';
import { MergedCursor, type SortedCursor } from './sorted-cursor.js';
import { type KeyOf, RecordBuffer, RunCursor, RunWriter, type StoredRun } from './sorted-runs.js';
import { SpillFile } from './spill-file.js';

export interface RecordSorterOptions {
  keyOf: KeyOf;
  /** Of the local file with what finds no room. */
  folder: string;
  /** Bytes that records may take in memory. */
  memory: number;
  /** Classes whose instances may come. */
  types: TypeRegistry | undefined;
}

/** Of a record in memory beside its own bytes: its object, key and places in arrays. */
const RECORD_OVERHEAD = 120;
/** Strings may be twice as long as they are counted. */
const BYTES_FACTOR = 2;
/** Runs that are read at a time: each has a batch in memory. */
const MAX_RUNS = 64;
/** Records between two looks at the clock. */
const LOOK_AFTER = 1024;

/**
 * Sorts records by key, and within a key by time, then arrival; more than its memory holds by sorted runs in a file, and a
 * merge of these.
 */
export class RecordSorter {
  private readonly buffer: RecordBuffer;
  private buffered = 0;
  private runs: StoredRun[] = [];
  private readonly files = new Set<SpillFile>();
  private open: SpillFile | undefined;
  private merge: { cursor: MergedCursor; writer: RunWriter; runs: StoredRun[] } | undefined;

  constructor(private readonly options: RecordSorterOptions) {
    this.buffer = new RecordBuffer(options.keyOf);
  }

  /** Bytes that are in files. */
  get spilled(): number {
    let bytes = 0;
    for (const file of this.files) bytes += file.size;
    return bytes;
  }

  add(batch: RecordBatch): void {
    const { buffer, options } = this;
    const rows = batch.layout === undefined ? batch.records : rowsOf(batch);
    if (batch.layout === undefined && batch.typed) options.types?.revive(batch.records);
    const { timestamps } = batch;
    for (let i = 0; i < rows.length; i++) buffer.add(rows[i], timestamps === undefined ? NO_TIMESTAMP : timestamps[i]!);
    this.buffered += batch.bytes * BYTES_FACTOR + countOf(batch) * RECORD_OVERHEAD;
    if (batch.layout !== undefined) batch.recycle?.();
    if (this.buffered >= options.memory) this.spill();
  }

  /**
   * All records were added: makes few enough runs of many. Works until `deadline` (by performance.now()); false if it has
   * to be called again before `sorted`.
   */
  prepare(deadline: number): boolean {
    while (this.runs.length > MAX_RUNS || this.merge) {
      if (!this.mergeUntil(deadline)) return false;
    }
    return true;
  }

  /** All records in order. Once, after `prepare`. */
  sorted(): SortedCursor {
    const last = this.buffer.sorted();
    if (this.runs.length === 0) return last;
    return new MergedCursor([...this.runs.map(run => this.read(run)), last]);
  }

  /** Its records are not needed any more. Idempotent. */
  close(): void {
    for (const file of this.files) file.close();
    this.files.clear();
    this.runs = [];
    this.merge = undefined;
    this.buffer.clear();
  }

  private spill(): void {
    const writer = new RunWriter((this.open ??= this.newFile()), this.options.types);
    const cursor = this.buffer.sorted();
    while (cursor.advance()) writer.add(cursor.record, cursor.timestamp);
    this.runs.push(writer.end());
    this.buffer.clear();
    this.buffered = 0;
  }

  /** The first runs become one in their place, since those of equal records that came first stay first. */
  private mergeUntil(deadline: number): boolean {
    if (this.merge === undefined) {
      const runs = this.runs.slice(0, MAX_RUNS);
      const writer = new RunWriter(this.newFile(), this.options.types);
      this.merge = { cursor: new MergedCursor(runs.map(run => this.read(run))), writer, runs };
    }
    const { cursor, writer, runs } = this.merge;
    for (let n = 1; cursor.advance(); n++) {
      writer.add(cursor.record, cursor.timestamp);
      if (n % LOOK_AFTER === 0 && performance.now() > deadline) return false;
    }
    this.runs = [writer.end(), ...this.runs.slice(runs.length)];
    this.merge = undefined;
    for (const { file } of runs) {
      if (this.runs.some(run => run.file === file)) continue;
      file.close();
      this.files.delete(file);
    }
    return true;
  }

  private read(run: StoredRun): SortedCursor {
    return new RunCursor(run, this.options.keyOf, this.options.types);
  }

  private newFile(): SpillFile {
    const file = new SpillFile(this.options.folder);
    this.files.add(file);
    return file;
  }
}
