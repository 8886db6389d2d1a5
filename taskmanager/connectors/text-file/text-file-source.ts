import type { Readable } from 'node:stream';
import type { FileSystem } from '../../../core/fs/index.js';
import { NO_TIMESTAMP } from '../../../core/types/index.js';
import type { OperatorContext, Output, SourceOperator, SourceState } from '../../operators/operator.js';
import { LineReader } from './line-reader.js';
import { inputFiles, splitsOf, type TextSplit } from './splits.js';

/**
 * readTextFile: the lines of this subtask's splits. One chunk is read ahead while the lines of the one before are
 * worked on; nobody asks for more while downstream is full, so memory stays bounded whatever the file's size.
 */
export class TextFileSource implements SourceOperator {
  private readonly output: Output;
  private fs!: FileSystem;
  private splits: TextSplit[] = [];
  private reader: LineReader | undefined;
  private stream: Readable | undefined;
  private chunks: AsyncIterator<Buffer> | undefined;
  private ahead: Buffer | 'end' | undefined;
  private reading = false;
  private failure: { error: unknown } | undefined;
  private closed = false;

  constructor(
    private readonly context: OperatorContext,
    private readonly path: string,
  ) {
    this.output = context.output;
  }

  async open(): Promise<void> {
    const { fileSystems, subtaskIndex, vertex } = this.context.task;
    this.fs = await fileSystems.forPath(this.path);
    this.splits = splitsOf(await inputFiles(this.fs, this.path), subtaskIndex, vertex.parallelism);
  }

  poll(budget: number): SourceState {
    if (this.failure) throw this.failure.error;
    for (let emitted = 0; emitted < budget; ) {
      const reader = this.reader ?? this.nextSplit();
      if (!reader) return 'end';
      const line = reader.next();
      if (line !== undefined) {
        this.output.collect(line, NO_TIMESTAMP);
        emitted++;
      } else if (reader.done) this.endSplit();
      else if (this.ahead === undefined) return this.readAhead();
      else if (this.ahead === 'end') {
        const last = reader.last();
        if (last !== undefined) this.output.collect(last, NO_TIMESTAMP);
        this.endSplit();
      } else {
        reader.feed(this.ahead);
        this.ahead = undefined;
        this.readAhead();
      }
    }
    return 'more';
  }

  cancel(): void {
    this.closed = true;
    this.endSplit();
  }

  close(): void {
    this.cancel();
  }

  private nextSplit(): LineReader | undefined {
    const split = this.splits.shift();
    if (!split) return undefined;
    this.reader = new LineReader(split.start, split.end);
    this.reading = true;
    this.fs
      .open(split.path, { offset: LineReader.firstByte(split.start) })
      .then(stream => this.begin(stream))
      .catch((error: unknown) => this.failed(error));
    return this.reader;
  }

  private begin(stream: Readable): void {
    // A stream that is given up must not throw at the process.
    stream.on('error', () => {});
    if (this.closed) {
      stream.destroy();
      return;
    }
    this.stream = stream;
    this.chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.reading = false;
    this.readAhead();
  }

  private readAhead(): 'idle' {
    const chunks = this.chunks;
    if (this.reading || !chunks) return 'idle';
    this.reading = true;
    chunks.next().then(
      ({ value, done }) => {
        if (chunks !== this.chunks) return;
        this.reading = false;
        this.ahead = done ? 'end' : value;
        this.context.task.wake();
      },
      (error: unknown) => {
        if (chunks === this.chunks) this.failed(error);
      },
    );
    return 'idle';
  }

  private failed(error: unknown): void {
    if (this.closed) return;
    this.failure = { error };
    this.context.task.wake();
  }

  private endSplit(): void {
    this.stream?.destroy();
    this.stream = undefined;
    this.chunks = undefined;
    this.ahead = undefined;
    this.reading = false;
    this.reader = undefined;
  }
}
