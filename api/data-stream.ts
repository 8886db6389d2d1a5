import { MillraceError } from '../core/errors.js';
import type {
  FieldReference,
  OperatorFunctions,
  OperatorSpec,
  Partitioner as PartitionerKind,
} from '../core/graph/index.js';
import { DataStreamSink } from './data-stream-sink.js';
import type { StreamExecutionEnvironment } from './environment.js';
import type {
  Collector,
  FilterFunction,
  FlatMapFunction,
  KeySelector,
  MapFunction,
  Partitioner,
  ReduceFunction,
  SinkFunction,
} from './functions.js';
import type { GraphRecorder, Outlet, RecordedNode } from './graph-recorder.js';
import { nonEmpty, setParallelismOf, validBufferTimeout, validMaxParallelism } from './operator-settings.js';

/** A field of an object, or a position of a tuple that has it. */
export type Field<T> = T extends readonly unknown[]
  ? number extends T['length']
    ? number
    : PositionsOf<T>
  : keyof T & (string | number);
type PositionsOf<T> = Extract<keyof T, `${number}`> extends `${infer N extends number}` ? N : never;
/** The type of that field. */
export type FieldValue<T, F> = F extends keyof T ? T[F] : never;

/** What `writeAsText` does where something is already: refuse, or replace it. */
export enum WriteMode {
  NO_OVERWRITE = 'NO_OVERWRITE',
  OVERWRITE = 'OVERWRITE',
}

/**
 * A stream of records of type T. Each method adds to the program's graph and returns at once; nothing runs before
 * `env.execute()`.
 */
export class DataStream<T> {
  declare protected readonly recordType: (record: T) => T;

  constructor(
    protected readonly environment: StreamExecutionEnvironment,
    protected readonly recorder: GraphRecorder,
    /** @internal */
    readonly outlets: readonly Outlet[],
  ) {}

  /** The environment that the stream was made with. */
  getExecutionEnvironment(): StreamExecutionEnvironment {
    return this.environment;
  }

  /**
   * Turns each record into another.
   *
   *     const lengths = words.map(w => w.length);
   */
  map<R>(f: MapFunction<T, R> | ((value: T) => R | Promise<R>)): SingleOutputStreamOperator<R> {
    return this.transform<R>({ kind: 'map' }, 'Map', { function: required(f, 'map') });
  }

  /**
   * Turns each record into any number of others: collect them, or return an iterable.
   *
   *     const words = lines.flatMap((line, out: Collector<string>) => { for (const w of line.split(' ')) out.collect(w); });
   *     const same = lines.flatMap(line => line.split(' '));
   */
  flatMap<R>(
    f: FlatMapFunction<T, R> | ((value: T, out: Collector<R>) => Iterable<R> | void | Promise<Iterable<R> | void>),
  ): SingleOutputStreamOperator<R> {
    return this.transform<R>({ kind: 'flat-map' }, 'Flat Map', { function: required(f, 'flatMap') });
  }

  /**
   * Keeps the records for which `f` is true.
   *
   *     const long = words.filter(w => w.length > 10);
   */
  filter(f: FilterFunction<T> | ((value: T) => boolean | Promise<boolean>)): SingleOutputStreamOperator<T> {
    return this.transform<T>({ kind: 'filter' }, 'Filter', { function: required(f, 'filter') });
  }

  /**
   * Partitions by key: all records of a key go to the same subtask. The key is a field's name, a tuple's position, or what
   * a function gives; keys are equal by value.
   *
   *     const byWord = counts.keyBy(pair => pair[0]);   // or keyBy(0)
   */
  keyBy<F extends Field<T>>(field: F): KeyedStream<T, FieldValue<T, F>>;
  keyBy<K>(selector: KeySelector<T, K>): KeyedStream<T, K>;
  keyBy<K>(key: Field<T> | KeySelector<T, K>): KeyedStream<T, K> {
    const keySelector = selectorOf(key as never, 'keyBy');
    return new KeyedStream<T, K>(
      this.environment,
      this.recorder,
      this.outlets.map(o => ({ ...o, partitioner: 'hash' as const, keySelector })),
    );
  }

  /** All records of this stream and of the others, in no particular order. A stream may be given more than once. */
  union<US extends unknown[]>(...others: { [I in keyof US]: DataStream<US[I]> }): DataStream<T | US[number]> {
    const all = [this as DataStream<unknown>, ...(others as DataStream<unknown>[])];
    for (const other of all) {
      if (other.recorder !== this.recorder) {
        throw new MillraceError('INVALID_PROGRAM', 'Cannot union streams of different execution environments.');
      }
    }
    return new DataStream<T | US[number]>(
      this.environment,
      this.recorder,
      all.flatMap(s => s.outlets),
    );
  }

  /** Round robin over all subtasks of the next operator. */
  rebalance(): DataStream<T> {
    return this.partition('rebalance');
  }
  /** Round robin over neighbouring subtasks only. */
  rescale(): DataStream<T> {
    return this.partition('rescale');
  }
  /** At random. */
  shuffle(): DataStream<T> {
    return this.partition('shuffle');
  }
  /** Every record to the first subtask. */
  global(): DataStream<T> {
    return this.partition('global');
  }
  /** Every record to every subtask. */
  broadcast(): DataStream<T> {
    return this.partition('broadcast');
  }
  /** Each subtask to the one of the same index; refused at `execute` if the parallelisms differ. */
  forward(): DataStream<T> {
    return this.partition('forward');
  }

  /** The subtask of a record is what `partitioner` gives for its key. */
  partitionCustom<F extends Field<T>>(
    partitioner: Partitioner<FieldValue<T, F>> | ((key: FieldValue<T, F>, numPartitions: number) => number),
    field: F,
  ): DataStream<T>;
  partitionCustom<K>(
    partitioner: Partitioner<K> | ((key: K, numPartitions: number) => number),
    selector: KeySelector<T, K>,
  ): DataStream<T>;
  partitionCustom(partitioner: unknown, key: unknown): DataStream<T> {
    const given = required(partitioner, 'partitionCustom') as
      | Partitioner<unknown>
      | ((key: unknown, numPartitions: number) => number);
    const customPartitioner = typeof given === 'function' ? given : given.partition.bind(given);
    const keySelector = selectorOf(key as never, 'partitionCustom');
    return new DataStream<T>(
      this.environment,
      this.recorder,
      this.outlets.map(o => ({ ...o, partitioner: 'custom' as const, keySelector, customPartitioner })),
    );
  }

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
    if (typeof path !== 'string' || path === '') {
      throw new MillraceError('ILLEGAL_ARGUMENT', 'writeAsText needs a path.');
    }
    const spec: OperatorSpec = { kind: 'sink.text-file', path, overwrite: mode === WriteMode.OVERWRITE };
    return this.sink(spec, 'Sink: Unnamed', {});
  }

  /** Hands each record to `f`. */
  addSink(f: SinkFunction<T> | ((value: T) => void | Promise<void>)): DataStreamSink<T> {
    return this.sink({ kind: 'sink.function' }, 'Sink: Unnamed', { function: required(f, 'addSink') });
  }

  protected transform<R>(
    spec: OperatorSpec,
    name: string,
    functions: OperatorFunctions,
  ): SingleOutputStreamOperator<R> {
    const node = this.recorder.add(spec, name, [this.outlets], functions);
    return new SingleOutputStreamOperator<R>(this.environment, this.recorder, node);
  }

  private partition(partitioner: PartitionerKind): DataStream<T> {
    const outlets = this.outlets.map(({ node, sideOutput }) => ({
      node,
      partitioner,
      ...(sideOutput !== undefined && { sideOutput }),
    }));
    return new DataStream<T>(this.environment, this.recorder, outlets);
  }

  private sink(spec: OperatorSpec, name: string, functions: OperatorFunctions): DataStreamSink<T> {
    return new DataStreamSink<T>(this.recorder.add(spec, name, [this.outlets], functions));
  }
}

/** A stream that is the result of an operator, which can be named and configured. */
export class SingleOutputStreamOperator<T> extends DataStream<T> {
  constructor(
    environment: StreamExecutionEnvironment,
    recorder: GraphRecorder,
    protected readonly node: RecordedNode,
  ) {
    super(environment, recorder, [{ node: node.id, partitioner: 'default' }]);
  }

  /** How the operator is called in lists, logs and metrics. */
  name(name: string): this {
    this.node.name = nonEmpty(name, 'name');
    return this;
  }
  /** Ties the operator's state to an id that survives changes of the program. Unique in the job. */
  uid(uid: string): this {
    this.node.uid = nonEmpty(uid, 'uid');
    return this;
  }
  /** Stronger than the environment's and `-p`. */
  setParallelism(parallelism: number): this {
    setParallelismOf(this.node, parallelism);
    return this;
  }
  /** What is known while the graph is built: the operator's own, else the environment's. */
  getParallelism(): number {
    return this.node.parallelism > 0 ? this.node.parallelism : this.environment.getParallelism();
  }
  /** Number of key groups: the greatest parallelism that the operator can ever have. */
  setMaxParallelism(maxParallelism: number): this {
    this.node.maxParallelism = validMaxParallelism(maxParallelism);
    return this;
  }
  /** Operators of one group may share a slot. Inherited from the inputs if they agree, else `default`. */
  slotSharingGroup(group: string): this {
    this.node.slotSharingGroup = nonEmpty(group, 'slotSharingGroup');
    return this;
  }
  /** This operator begins a chain of its own. */
  startNewChain(): this {
    this.node.chaining = 'HEAD';
    return this;
  }
  /** This operator is a task of its own. */
  disableChaining(): this {
    this.node.chaining = 'NEVER';
    return this;
  }
  /** Milliseconds that a record may wait in its batch; 0 sends each at once, -1 full batches only. */
  setBufferTimeout(timeoutMs: number): this {
    this.node.bufferTimeout = validBufferTimeout(timeoutMs);
    return this;
  }
  /** Does nothing: types are TypeScript's. */
  returns(_type: unknown): this {
    return this;
  }
}

/** A stream partitioned by key. */
export class KeyedStream<T, K> extends DataStream<T> {
  declare protected readonly keyType: K;

  /**
   * Combines each record with the value that its key has so far, and emits the new value.
   *
   *     const counts = pairs.keyBy(0).reduce((a, b) => [a[0], a[1] + b[1]]);
   */
  reduce(f: ReduceFunction<T> | ((a: T, b: T) => T | Promise<T>)): SingleOutputStreamOperator<T> {
    return this.transform<T>({ kind: 'reduce' }, 'Keyed Reduce', { function: required(f, 'reduce') });
  }

  /** Running sum of a field by key; the other fields are those of the key's first record. */
  sum(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.aggregate('sum', field);
  }
  /** Running minimum of a field by key; the other fields are those of the key's first record. */
  min(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.aggregate('min', field);
  }
  /** Running maximum of a field by key; the other fields are those of the key's first record. */
  max(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.aggregate('max', field);
  }
  /** The whole record with the smallest field so far by key; of equal ones the first. */
  minBy(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.aggregate('min-by', field);
  }
  /** The whole record with the greatest field so far by key; of equal ones the first. */
  maxBy(field?: Field<T>): SingleOutputStreamOperator<T> {
    return this.aggregate('max-by', field);
  }

  private aggregate(
    aggregate: 'sum' | 'min' | 'max' | 'min-by' | 'max-by',
    field: Field<T> | undefined,
  ): SingleOutputStreamOperator<T> {
    const spec: OperatorSpec = { kind: 'aggregate-field', aggregate, field: (field ?? null) as FieldReference };
    return this.transform<T>(spec, 'Keyed Aggregation', {});
  }
}

function required<F>(f: F, method: string): F {
  if (typeof f === 'function' || (typeof f === 'object' && f !== null)) return f;
  throw new MillraceError('INVALID_PROGRAM', `${method} needs a function, it got ${f === null ? 'null' : typeof f}.`);
}

function selectorOf(
  key: string | number | KeySelector<unknown, unknown>,
  method: string,
): (record: unknown) => unknown {
  if (typeof key === 'string' || typeof key === 'number') {
    return record => (record as Record<string | number, unknown>)[key];
  }
  const given = required(key, method);
  return typeof given === 'function' ? given : record => given.getKey(record);
}
