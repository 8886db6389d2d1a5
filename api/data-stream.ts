import { MillraceError } from '../core/errors.js';
import type { OperatorSpec } from '../core/graph/index.js';
import { BroadcastConnectedStream, BroadcastStream } from './broadcast-stream.js';
import { CoGroupedStreams, JoinedStreams } from './co-grouped-streams.js';
import { ConnectedStreams } from './connected-streams.js';
import { type Duration, millisOf } from './duration.js';
import type { Collector, FilterFunction, FlatMapFunction, KeySelector, MapFunction } from './functions.js';
import { type Field, type FieldValue, required, selectorOf } from './key-selector.js';
import type { Methods, ProcessFunction } from './process-functions.js';
import type { OutputSelector } from './split-stream.js';
import { StreamPartitioning } from './stream-partitioning.js';
import { IterativeStream, KeyedStream, type SingleOutputStreamOperator, SplitStream } from './streams.js';
import {
  type AssignerWithPeriodicWatermarks,
  type AssignerWithPunctuatedWatermarks,
  strategyOf,
} from './timestamp-extractors.js';
import type { TypeInformation } from './type-information.js';
import type { WatermarkStrategy } from './watermark-strategy.js';
import {
  type AllWindowedStream,
  CountEvictor,
  CountTrigger,
  type GlobalWindow,
  GlobalWindows,
  PurgingTrigger,
  type TimeWindow,
  type Window,
  type WindowAssigner,
} from './windowing/index.js';
import { timeWindows } from './windowing/time-windows-by-characteristic.js';
import { windowAll } from './windowing/window-all.js';

/**
 * A stream of records of type T. Each method adds to the program's graph and returns at once; nothing runs before
 * `env.execute()`.
 */
export class DataStream<T> extends StreamPartitioning<T> {
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
   * Tuples of some fields of each record, in the order given: positions of a tuple, or names of an object's fields.
   *
   *     const priced = orders.project('name', 'price');   // records are [string, number]
   */
  project<const F extends readonly [Field<T>, ...Field<T>[]]>(
    ...fields: F
  ): SingleOutputStreamOperator<{ -readonly [I in keyof F]: FieldValue<T, F[I]> }> {
    if (fields.length === 0) throw new MillraceError('INVALID_PROGRAM', 'project needs at least one field to project.');
    const project = (record: T): unknown[] => fields.map(field => (record as Record<string | number, unknown>)[field]);
    return this.transform({ kind: 'map' }, 'Projection', { function: project });
  }

  /**
   * Partitions by key: all records of a key go to the same subtask. The key is a field's name, a tuple's position, or what
   * a function gives; keys are equal by value. `Types.DOUBLE` is for numbers that Flink knows as doubles: they go to the
   * subtasks that Flink sends them to also where they are whole.
   *
   *     const byWord = counts.keyBy(pair => pair[0]);   // or keyBy(0)
   */
  keyBy<F extends Field<T>>(field: F): KeyedStream<T, FieldValue<T, F>>;
  keyBy<K>(selector: KeySelector<T, K>, type?: TypeInformation<K>): KeyedStream<T, K>;
  keyBy<K>(key: Field<T> | KeySelector<T, K>, type?: TypeInformation<K>): KeyedStream<T, K> {
    const keySelector = selectorOf(key as never, 'keyBy');
    const keyType = type?.keyType;
    const outlets = this.outletsBy({ partitioner: 'hash', keySelector, ...(keyType !== undefined && { keyType }) });
    return new KeyedStream<T, K>(this.environment, this.recorder, outlets);
  }

  /**
   * Gives each record names, by which `select` takes records out of the stream that results. A record may have several.
   * Side outputs of a process function do the same for records of other types.
   *
   *     const even = numbers.split(n => [n % 2 === 0 ? 'even' : 'odd']).select('even');
   */
  split(selector: OutputSelector<T> | ((value: T) => Iterable<string>)): SplitStream<T> {
    const f = { function: required(selector, 'split') };
    return new SplitStream<T>(
      this.environment,
      this.recorder,
      this.recorder.add({ kind: 'split' }, 'Split', [this.outlets], f),
    );
  }

  /**
   * Begins an iteration: see `closeWith` of what it gives. Once this stream has ended and nothing was fed back for `maxWait`
   * (a Duration or milliseconds), the iteration ends; what comes back later is lost. Without it the job never ends by itself.
   * Watermarks do not go round.
   */
  iterate(maxWait: Duration | number = 0): IterativeStream<T> {
    const maxWaitMs = millisOf(maxWait);
    if (!Number.isFinite(maxWaitMs) || maxWaitMs < 0) {
      throw new MillraceError('ILLEGAL_ARGUMENT', `iterate needs a time to wait, at least 0 ms: ${String(maxWaitMs)}.`);
    }
    const node = this.recorder.add({ kind: 'iteration', maxWaitMs }, 'Iteration', [this.outlets], {});
    return new IterativeStream<T>(this.environment, this.recorder, node);
  }

  /** Lets one operator read this stream and another one, which may be of another type, or broadcast. */
  connect<B>(other: BroadcastStream<B>): BroadcastConnectedStream<T, B>;
  connect<B>(other: DataStream<B>): ConnectedStreams<T, B>;
  connect<B>(other: DataStream<B> | BroadcastStream<B>): ConnectedStreams<T, B> | BroadcastConnectedStream<T, B> {
    if (other instanceof BroadcastStream) {
      this.requireSameEnvironment(other.stream, 'connect');
      return new BroadcastConnectedStream<T, B>(this, other);
    }
    this.requireSameEnvironment(other, 'connect');
    return new ConnectedStreams<T, B>(this, other);
  }

  /**
   * Hands each record to `f` with its time, side outputs, and a collector for any number of results.
   *
   *     const even = numbers.process((n, ctx, out: Collector<number>) => { if (n % 2) ctx.output(ODD, n); else out.collect(n); });
   *     const odd = even.getSideOutput(ODD);
   */
  process<R>(
    f:
      | Methods<ProcessFunction<T, R>, 'processElement'>
      | ((value: T, ctx: ProcessFunction.Context, out: Collector<R>) => void | Promise<void>),
  ): SingleOutputStreamOperator<R> {
    return this.transform<R>({ kind: 'process' }, 'Process', { function: required(f, 'process') });
  }

  /**
   * Gives records their event timestamps, and begins event time anew: watermarks from before end here. Best right behind a
   * source, where the order of its records is still what it was.
   *
   *     const timed = orders.assignTimestampsAndWatermarks(
   *       WatermarkStrategy.forBoundedOutOfOrderness<Order>(Duration.ofSeconds(5)).withTimestampAssigner(o => o.time),
   *     );
   */
  assignTimestampsAndWatermarks(
    strategy: WatermarkStrategy<T> | AssignerWithPeriodicWatermarks<T> | AssignerWithPunctuatedWatermarks<T>,
  ): SingleOutputStreamOperator<T> {
    const given = required(strategy, 'assignTimestampsAndWatermarks');
    const spec: OperatorSpec = { kind: 'timestamps-and-watermarks' };
    return this.transform<T>(spec, 'Timestamps/Watermarks', {
      function: 'createWatermarkGenerator' in given ? given : strategyOf(given),
    });
  }

  /** All records of this stream and of the others, in no particular order. A stream may be given more than once. */
  union<US extends unknown[]>(...others: { [I in keyof US]: DataStream<US[I]> }): DataStream<T | US[number]> {
    const all = [this as DataStream<unknown>, ...(others as DataStream<unknown>[])];
    for (const other of all) this.requireSameEnvironment(other, 'union');
    return new DataStream<T | US[number]>(
      this.environment,
      this.recorder,
      all.flatMap(s => s.outlets),
    );
  }

  /**
   * Pairs records of this stream with those of another one that have an equal key and are in the same window.
   *
   *     orders.join(payments).where(o => o.id).equalTo(p => p.orderId).window(TumblingEventTimeWindows.of(Duration.ofMinutes(5)))
   */
  join<B>(other: DataStream<B>): JoinedStreams<T, B> {
    this.requireSameEnvironment(other, 'join');
    return new JoinedStreams<T, B>(this, other);
  }

  /** Looks at records of this stream and another one together, by key and window: as a join, but also at those without a partner. */
  coGroup<B>(other: DataStream<B>): CoGroupedStreams<T, B> {
    this.requireSameEnvironment(other, 'coGroup');
    return new CoGroupedStreams<T, B>(this, other);
  }

  /** Puts all records into windows, in one subtask: no other can take part. `keyBy` before `window` shares the work out. */
  windowAll<W extends Window>(assigner: WindowAssigner<T, W>): AllWindowedStream<T, W> {
    return windowAll(this, assigner);
  }
  /** Windows of `size`, one each `slide` if that is given: of event time, or of processing time if that is the program's. */
  timeWindowAll(size: Duration | number, slide?: Duration | number): AllWindowedStream<T, TimeWindow> {
    return windowAll(this, timeWindows<T>(this, size, slide));
  }
  /** Windows of `size` records; with `slide` the last `size` of them, each time that `slide` more have come. */
  countWindowAll(size: number, slide?: number): AllWindowedStream<T, GlobalWindow> {
    const windows = windowAll<T, GlobalWindow>(this, GlobalWindows.create());
    if (slide === undefined) return windows.trigger(PurgingTrigger.of(CountTrigger.of<GlobalWindow>(size)));
    return windows.evictor(CountEvictor.of<GlobalWindow>(size)).trigger(CountTrigger.of<GlobalWindow>(slide));
  }

  protected requireSameEnvironment(other: unknown, method: string): void {
    if (!(other instanceof DataStream)) {
      throw new MillraceError('INVALID_PROGRAM', `${method} needs a stream, it got ${String(other)}.`);
    }
    if (other.recorder === this.recorder) return;
    throw new MillraceError('INVALID_PROGRAM', `Cannot ${method} streams of different execution environments.`);
  }
}
