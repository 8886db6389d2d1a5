import { MillraceError } from '../core/errors.js';
import { currentExecutor, type JobHandle, type PipelineExecutor } from '../core/executor.js';
import type {
  AccumulatorValue,
  JobConfig,
  JobResultData,
  OperatorSpec,
  RegisteredClass,
  StreamGraph,
} from '../core/graph/index.js';
import {
  checkRegistrable,
  describeOffence,
  encodeBatch,
  findUntravellable,
  RecordGuard,
  RowBatch,
  TypeRegistry,
} from '../core/types/index.js';
import { ExecutionConfig, type RestartStrategy } from './execution-config.js';
import { ParallelSourceFunction, RichParallelSourceFunction, type SourceFunction } from './functions.js';
import { GraphRecorder } from './graph-recorder.js';
import { loadLocalExecutor } from './local-executor.js';
import { validBufferTimeout, validMaxParallelism, validParallelism, validPort } from './operator-settings.js';
import { type RuntimeExecutionMode, runtimeModeOf } from './runtime-execution-mode.js';
import { SingleOutputStreamOperator } from './streams.js';
import { characteristicOf, TimeCharacteristic } from './time-characteristic.js';

/** A stream right behind its source. */
export class DataStreamSource<T> extends SingleOutputStreamOperator<T> {}

/** What a finished job gives back. */
export class JobExecutionResult {
  constructor(private readonly data: JobResultData) {}

  /** 32 hexadecimal digits, as `flink list` shows them. */
  getJobID(): string {
    return this.data.jobId;
  }
  /** Milliseconds that the job ran. */
  getNetRuntime(): number {
    return this.data.netRuntimeMs;
  }
  /** The merged value of an accumulator, undefined if no function added one of that name. */
  getAccumulatorResult<V = unknown>(name: string): V | undefined {
    return this.data.accumulators[name]?.value as V | undefined;
  }
  /** All accumulators' merged values by name. */
  getAllAccumulatorResults(): Record<string, AccumulatorValue['value']> {
    return Object.fromEntries(Object.entries(this.data.accumulators).map(([k, v]) => [k, v.value]));
  }
}

/** A job that runs. */
export class JobClient {
  constructor(private readonly handle: JobHandle) {}

  /** 32 hexadecimal digits, as `flink list` shows them. */
  getJobID(): string {
    return this.handle.jobId;
  }
  /** Resolves at the job's end. Rejects with JOB_FAILED (root cause as `cause`) or JOB_CANCELED. */
  async getJobExecutionResult(): Promise<JobExecutionResult> {
    return new JobExecutionResult(await this.handle.result());
  }
  /** Resolves when nothing of the job runs any more. */
  cancel(): Promise<void> {
    return this.handle.cancel();
  }
}

/**
 * Where a program begins: makes streams from sources, and runs what was built.
 *
 *     const env = StreamExecutionEnvironment.getExecutionEnvironment();
 *     env.fromElements('to be', 'or not').flatMap(s => s.split(' ')).print();
 *     await env.execute('words');
 */
export class StreamExecutionEnvironment {
  private readonly recorder = new GraphRecorder();
  private readonly jobConfig: JobConfig = {};
  private readonly executionConfig = new ExecutionConfig(this.jobConfig);
  private readonly types: RegisteredClass[] = [];

  private constructor(private readonly executor?: () => Promise<PipelineExecutor>) {}

  /** The cluster that the program was submitted to; a local one in this process under plain `node job.js`. */
  static getExecutionEnvironment(): StreamExecutionEnvironment {
    return new StreamExecutionEnvironment();
  }

  /** A cluster in this process, whatever the program was started with. */
  static createLocalEnvironment(parallelism?: number): StreamExecutionEnvironment {
    const env = new StreamExecutionEnvironment(loadLocalExecutor);
    return parallelism === undefined ? env : env.setParallelism(parallelism);
  }

  /** Default of operators that set none; stronger than `-p`. */
  setParallelism(parallelism: number): this {
    this.jobConfig.parallelism = validParallelism(parallelism);
    return this;
  }
  /** What the program set, else 1: what `-p` says is known only when the job is submitted. */
  getParallelism(): number {
    return this.jobConfig.parallelism ?? 1;
  }
  /** Default number of key groups of operators that set none: the greatest parallelism that they can ever have. */
  setMaxParallelism(maxParallelism: number): this {
    this.jobConfig.maxParallelism = validMaxParallelism(maxParallelism);
    return this;
  }
  /** Milliseconds that a record may wait in its batch; 0 sends each at once, -1 full batches only. */
  setBufferTimeout(timeoutMs: number): this {
    this.jobConfig.bufferTimeout = validBufferTimeout(timeoutMs);
    return this;
  }
  /**
   * Whether results follow their input (STREAMING, the default) or come once, when all input is known (BATCH), where all
   * sources have to be bounded and there may be no iteration; AUTOMATIC is BATCH where that is so. Stronger than
   * execution.runtime-mode. In BATCH there are no watermarks but the last one, timers fire when their key has had all of its
   * records, and reduce, sum and the like emit one value for each key. Throws INVALID_PROGRAM for another mode.
   *
   *     env.setRuntimeMode(RuntimeExecutionMode.BATCH);
   */
  setRuntimeMode(mode: RuntimeExecutionMode): this {
    const known = runtimeModeOf(mode);
    if (known === undefined) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        `setRuntimeMode(${String(mode)}): one of RuntimeExecutionMode.STREAMING, BATCH and AUTOMATIC is needed.`,
      );
    }
    this.jobConfig.runtimeMode = known;
    return this;
  }
  /**
   * Whose clock the program goes by: that of its records (the default), of its sources, or of the machines. Also sets the
   * interval of periodic watermarks as Flink does, to 0 for processing time, else to 200 ms.
   */
  setStreamTimeCharacteristic(characteristic: TimeCharacteristic): this {
    this.jobConfig.timeCharacteristic = characteristic;
    this.jobConfig.autoWatermarkInterval = characteristic === TimeCharacteristic.ProcessingTime ? 0 : 200;
    return this;
  }
  /** Event time unless the program has set another. */
  getStreamTimeCharacteristic(): TimeCharacteristic {
    return characteristicOf(this.jobConfig.timeCharacteristic);
  }
  /** Every operator becomes a task of its own: for debugging and profiling. */
  disableOperatorChaining(): this {
    this.jobConfig.chaining = false;
    return this;
  }
  /**
   * What happens after a failure; without one the configuration's `restart-strategy` holds.
   *
   *     env.setRestartStrategy(RestartStrategies.fixedDelayRestart(3, Duration.ofSeconds(1)));
   */
  setRestartStrategy(strategy: RestartStrategy): this {
    this.jobConfig.restartStrategy = strategy;
    return this;
  }
  /**
   * Lets instances of a class travel between tasks: they come out as instances of that class, with copies of their fields,
   * without a call of the constructor. Before elements of it are given to fromElements. Throws INVALID_PROGRAM for a class
   * with `#private` fields, or one that extends a built-in.
   *
   *     env.registerType(Money);
   */
  registerType(type: RegisteredClass): this {
    checkRegistrable(type);
    if (!this.types.includes(type)) this.types.push(type);
    return this;
  }
  /** @internal Classes given to `registerType`, in order. */
  get registeredTypes(): readonly RegisteredClass[] {
    return this.types;
  }
  /** Settings that are about no one operator. */
  getConfig(): ExecutionConfig {
    return this.executionConfig;
  }

  /** A bounded stream of the given records, parallelism 1. They travel with the job: for small inputs. */
  fromElements<T>(...elements: T[]): DataStreamSource<T> {
    return this.collection(elements, 'fromElements');
  }
  /**
   * A bounded stream of what an array, a Set or another iterable holds now, parallelism 1. It travels with the job: for
   * small inputs. Throws UNSERIALIZABLE_RECORD for an element that can't travel, with the field's path.
   */
  fromCollection<T>(elements: Iterable<T>): DataStreamSource<T> {
    return this.collection(elements, 'fromCollection');
  }

  private collection<T>(elements: Iterable<T>, method: string): DataStreamSource<T> {
    if (elements === null || elements === undefined || typeof elements[Symbol.iterator] !== 'function') {
      throw new MillraceError('ILLEGAL_ARGUMENT', `${method} needs an iterable, it got ${String(elements)}.`);
    }
    const records: unknown[] = [...elements];
    const types = this.types.length > 0 ? new TypeRegistry(this.types) : undefined;
    for (const [index, record] of records.entries()) {
      const offence = findUntravellable(record, types);
      if (offence === undefined) continue;
      throw new MillraceError(
        'UNSERIALIZABLE_RECORD',
        `Element ${index} of ${method} can't travel: ${describeOffence(offence)}`,
      );
    }
    const spec: OperatorSpec = {
      kind: 'source.collection',
      ...(types ? withInstances(records, types) : { elements: records }),
    };
    return this.source(spec, 'Source: Collection Source', {}, 1);
  }
  /** Whole numbers from `from` to `to`, both included, split over the subtasks. */
  fromSequence(from: number, to: number): DataStreamSource<number> {
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from > to) {
      throw new MillraceError('ILLEGAL_ARGUMENT', `fromSequence needs whole numbers, from <= to: ${from}, ${to}.`);
    }
    return this.source({ kind: 'source.sequence', from, to }, 'Source: Sequence Source', {});
  }
  /** Flink's older name of fromSequence. */
  generateSequence(from: number, to: number): DataStreamSource<number> {
    return this.fromSequence(from, to);
  }
  /** Lines of a text file or of the files in a folder (UTF-8), split over the subtasks. `hdfs:` and `file:` paths. */
  readTextFile(path: string): DataStreamSource<string> {
    if (typeof path !== 'string' || path === '') {
      throw new MillraceError('ILLEGAL_ARGUMENT', 'The file path must not be null or blank.');
    }
    return this.source({ kind: 'source.text-file', path }, `Source: Text File ${path}`, {});
  }
  /**
   * Text from a socket, a record per line, parallelism 1. A lost connection is tried again `maxRetries` times, a second
   * apart; -1 for ever. The stream ends when the other side closes and no retry is left.
   */
  socketTextStream(host: string, port: number, delimiter = '\n', maxRetries = 0): DataStreamSource<string> {
    const spec: OperatorSpec = { kind: 'source.socket', host, port: validPort(port), delimiter, maxRetries };
    return this.source(spec, 'Source: Socket Stream', {}, 1);
  }
  /** Records that a function emits; parallelism 1 unless it is a ParallelSourceFunction. */
  addSource<T>(source: SourceFunction<T>, name = 'Custom Source'): DataStreamSource<T> {
    const parallel = source instanceof ParallelSourceFunction || source instanceof RichParallelSourceFunction;
    return this.source(
      { kind: 'source.function', parallel },
      `Source: ${name}`,
      { function: source },
      parallel ? -1 : 1,
    );
  }

  /** Runs what was built and waits for its end. Rejects with JOB_FAILED (root cause as `cause`) or JOB_CANCELED. */
  async execute(jobName = 'Flink Streaming Job'): Promise<JobExecutionResult> {
    return (await this.executeAsync(jobName)).getJobExecutionResult();
  }

  /** Runs what was built; resolves when the job was accepted. */
  async executeAsync(jobName = 'Flink Streaming Job'): Promise<JobClient> {
    const graph = this.getStreamGraph(jobName);
    const executor = this.executor ? await this.executor() : await currentExecutor(loadLocalExecutor);
    return new JobClient(await executor.execute(graph));
  }

  /** What was built since the last `execute`, with all that it reads; the next graph begins after it. */
  getStreamGraph(jobName = 'Flink Streaming Job'): StreamGraph {
    return this.recorder.build(jobName, this.jobConfig, [...this.types]);
  }

  private source<T>(
    spec: OperatorSpec,
    name: string,
    functions: { function?: unknown },
    parallelism = -1,
  ): DataStreamSource<T> {
    const node = this.recorder.add(spec, name, [], functions, { parallelism });
    return new DataStreamSource<T>(this, this.recorder, node);
  }
}

/** Elements that may hold instances of registered classes. */
function withInstances(records: unknown[], types: TypeRegistry): { elements: unknown[]; encoded?: Uint8Array } {
  const guard = new RecordGuard('from a collection');
  guard.types = types;
  const admitted = records.map(record => guard.admit(record));
  const { bytes, odd, typed } = guard;
  if (!typed) return { elements: records };
  return { elements: [], encoded: encodeBatch(new RowBatch(admitted, undefined, bytes, odd, typed)) };
}
