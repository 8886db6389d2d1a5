/** HOT PATH */
import { type FileWriter, joinPath } from '../../../core/fs/index.js';
import type { LatencyMarker } from '../../../core/protocol/index.js';
import type { OneInputOperator, OperatorContext, TaskEnd } from '../../operators/operator.js';
import { lineOf } from './record-lines.js';

const CHUNK = 65_536;

/**
 * writeAsText and writeAsCsv: a record a line; one file at parallelism 1, else a folder with files named 1 to N. The file appears
 * under its name when the task ends, in one step, in place of what an earlier attempt left there; also when the job is
 * canceled (what was written so far), not when it fails. That nothing stood there before the job is checked by who
 * starts the job.
 */
export class TextFileSink implements OneInputOperator {
  readonly takesCopies = true;
  private writer: FileWriter | undefined;
  private lines = '';
  /** The write under way; the task waits for it before it takes more input. */
  private writing: Promise<void> | undefined;

  constructor(
    private readonly context: OperatorContext,
    private readonly path: string,
    private readonly textOf: (record: unknown) => string = lineOf,
  ) {}

  async open(): Promise<void> {
    const { fileSystems, vertex, subtaskIndex } = this.context.task;
    const fs = await fileSystems.forPath(this.path);
    const alone = vertex.parallelism === 1;
    if (!alone) await fs.mkdirs(this.path);
    const file = alone ? this.path : joinPath(this.path, String(subtaskIndex + 1));
    this.writer = await fs.create(file, { overwrite: true });
  }

  collect(record: unknown): void {
    this.lines += this.textOf(record);
    if (this.lines.length >= CHUNK && this.writing === undefined) this.write();
  }

  emitWatermark(): void {}
  emitStatus(): void {}

  emitLatencyMarker(marker: LatencyMarker): void {
    this.context.task.onLatencyMarker(this.context.index, marker);
  }

  async close(end: TaskEnd): Promise<void> {
    if (!this.writer) return;
    const writer = this.writer;
    this.writer = undefined;
    if (end === 'failed') {
      await writer.abort();
      return;
    }
    try {
      await this.writing;
      if (this.lines !== '') await writer.write(Buffer.from(this.lines));
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  private write(): void {
    const bytes = Buffer.from(this.lines);
    this.lines = '';
    const writing = this.writer!.write(bytes);
    this.writing = writing;
    this.context.task.suspend(this.context.index, writing, () => {
      this.writing = undefined;
      if (this.lines.length >= CHUNK) this.write();
    });
  }
}
