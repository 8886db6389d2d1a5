import { MillraceError } from '../core/errors.js';
import type { CsvFormat } from '../core/graph/index.js';
import { COLLECTED, CollectSink, collectedRecords } from './collected-records.js';
import type { DataStreamSink } from './data-stream-sink.js';
import type { SinkFunction } from './functions.js';
import { required, withMethods } from './key-selector.js';
import { validPort } from './operator-settings.js';
import type { SerializationSchema } from './serialization-schema.js';
import { PrintSink, type Sink, SinkWriterFunction } from './sink.js';
import { Stream } from './stream.js';
import { WriteMode } from './write-mode.js';

/** Where a stream may end. */
export abstract class StreamSinks<T> extends Stream<T> {
  /** Writes each record as a line to the TaskManager's standard output, behind `prefix:subtask> ` where there are several. */
  print(prefix = ''): DataStreamSink<T> {
    return this.sink({ kind: 'sink.print', stderr: false, prefix }, 'Sink: Print to Std. Out', {});
  }
  /** As `print`, to standard error. */
  printToErr(prefix = ''): DataStreamSink<T> {
    return this.sink({ kind: 'sink.print', stderr: true, prefix }, 'Sink: Print to Std. Err', {});
  }

  /**
   * Writes each record as a line: to the file `path` at parallelism 1, else to files 1..N in the folder `path`. What is
   * there already is refused when the job starts, unless OVERWRITE.
   */
  writeAsText(path: string, mode: WriteMode = WriteMode.NO_OVERWRITE): DataStreamSink<T> {
    return this.fileSink(path, mode, 'writeAsText');
  }

  /**
   * Writes each tuple as its fields with a delimiter between, to files as `writeAsText` does. Fields are not quoted; the job
   * fails for a record that is no array, or has a null field.
   *
   *     counts.writeAsCsv('hdfs:///counts', WriteMode.OVERWRITE);
   */
  writeAsCsv(
    path: string,
    mode: WriteMode = WriteMode.NO_OVERWRITE,
    rowDelimiter = '\n',
    fieldDelimiter = ',',
  ): DataStreamSink<T> {
    return this.fileSink(path, mode, 'writeAsCsv', { rowDelimiter, fieldDelimiter });
  }

  /**
   * Writes what `schema` makes of each record to a TCP server, at parallelism 1, with nothing between two records. The job
   * fails if nobody listens there, or the connection is lost.
   *
   *     words.writeToSocket('localhost', 9999, word => `${word}\n`);
   */
  writeToSocket(
    host: string,
    port: number,
    schema: SerializationSchema<T> | ((value: T) => string | Uint8Array),
  ): DataStreamSink<T> {
    const spec = { kind: 'sink.socket', host, port: validPort(port) } as const;
    return this.sink(spec, 'Sink: Unnamed', { function: required(schema, 'writeToSocket') }, { parallelism: 1 });
  }

  /** Hands each record to `f`. */
  addSink(f: SinkFunction<T> | ((value: T) => void | Promise<void>)): DataStreamSink<T> {
    return this.sink({ kind: 'sink.function' }, 'Sink: Unnamed', { function: required(f, 'addSink') });
  }

  /** Hands each record to a writer of the sink's, one in each subtask. */
  sinkTo(sink: Sink<T>): DataStreamSink<T> {
    if (sink instanceof PrintSink) {
      const { prefix, stderr } = sink;
      return this.sink({ kind: 'sink.print', stderr, prefix }, `Sink: Print to Std. ${stderr ? 'Err' : 'Out'}`, {});
    }
    const given = new SinkWriterFunction<T>(withMethods(sink, 'sinkTo', 'createWriter'));
    return this.sink({ kind: 'sink.function' }, 'Sink: Writer', { function: given });
  }

  /**
   * Runs the program and gives this stream's records, in no particular order: for tests and notebooks. The records are in
   * memory all at once, at most 32 MB of them. The job has to end by itself; with a limit, records beyond it are left out.
   * Rejects as `execute` does, and with UNSERIALIZABLE_RECORD for a record that can't travel.
   *
   *     const words = await env.fromElements('to be').flatMap(s => s.split(' ')).executeAndCollect();
   */
  executeAndCollect(limit?: number): Promise<T[]>;
  executeAndCollect(jobName: string, limit?: number): Promise<T[]>;
  async executeAndCollect(first?: string | number, second?: number): Promise<T[]> {
    const [jobName, limit = Number.POSITIVE_INFINITY] =
      typeof first === 'string' ? [first, second] : [undefined, first];
    if (!(limit > 0)) {
      throw new MillraceError(
        'ILLEGAL_ARGUMENT',
        `Limit must be greater than 0: executeAndCollect got ${String(limit)}.`,
      );
    }
    const types = [...this.environment.registeredTypes];
    const sink = new CollectSink<T>(types, limit);
    const spec = { kind: 'sink.function' } as const;
    this.sink(spec, 'Data stream collect sink', { function: sink }, { parallelism: 1 });
    const result = await this.environment.execute(jobName ?? 'DataStream Collect');
    return collectedRecords<T>(result.getAccumulatorResult(COLLECTED), types);
  }

  private fileSink(path: string, mode: WriteMode, method: string, csv?: CsvFormat): DataStreamSink<T> {
    if (typeof path !== 'string' || path === '') {
      throw new MillraceError('ILLEGAL_ARGUMENT', `${method} needs a path.`);
    }
    const overwrite = mode === WriteMode.OVERWRITE;
    return this.sink({ kind: 'sink.text-file', path, overwrite, ...(csv && { csv }) }, 'Sink: Unnamed', {});
  }
}
