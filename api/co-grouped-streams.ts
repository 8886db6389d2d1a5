import { MillraceError } from '../core/errors.js';
import type { Duration } from './duration.js';
import type { Collector, KeySelector } from './functions.js';
import { required, selectorOf } from './key-selector.js';
import type { SingleOutputStreamOperator } from './single-output-stream-operator.js';
import type { DataStream } from './streams.js';
import type { TypeInformation } from './type-information.js';
import type { CoGroupFunction, FlatJoinFunction, JoinFunction } from './window-join-functions.js';
import { CoGroupCall, JoinCall } from './windowing/co-grouped-calls.js';
import type { Evictor, Trigger, Window, WindowAssigner } from './windowing/index.js';
import { type Tagged, UntaggedEvictor, UntaggedTrigger, untaggedAssigner } from './windowing/tagged-union.js';
import { requireAssigner } from './windowing/window-builder.js';
import type { WindowedStream } from './windowing/windowed-stream.js';

type Selector = (record: unknown) => unknown;

/** Two streams, and how they are put into windows of equal keys. */
interface Pair {
  first: DataStream<unknown>;
  second: DataStream<unknown>;
  keyOfFirst: Selector;
  keyType?: TypeInformation<unknown>;
}

/** How windows of two streams are kept. */
interface WindowsOfTwo<A, B, W extends Window> {
  /** Decides in place of the assigner's own trigger when windows fire. */
  trigger(trigger: Trigger<A | B, W>): this;
  /** Takes records out of windows that fire. */
  evictor(evictor: Evictor<A | B, W>): this;
  /** Keeps windows of event time for so long after their end: late records fire them again. */
  allowedLateness(lateness: Duration | number): this;
}

/** Two streams to be joined by windows: say by what key with `where` and `equalTo`, in which windows, then what to do. */
export class JoinedStreams<A, B> {
  /** @internal */
  constructor(
    private readonly first: DataStream<A>,
    private readonly second: DataStream<B>,
  ) {}

  /** The key of the first stream's records. */
  where<K>(selector: KeySelector<A, K>, type?: TypeInformation<K>): JoinedStreams.Where<A, B, K> {
    return new Where(
      whereOf(this.first, this.second, selector, type),
      windows => new JoinedWindows<A, B, Window>(windows),
    );
  }
}
export namespace JoinedStreams {
  export interface Where<A, B, K> {
    /** The key of the second stream's records. */
    equalTo(selector: KeySelector<B, K>): EqualTo<A, B>;
  }
  export interface EqualTo<A, B> {
    /** The windows of both streams. */
    window<W extends Window>(assigner: WindowAssigner<A | B, W>): WithWindow<A, B, W>;
  }
  export interface WithWindow<A, B, W extends Window> extends WindowsOfTwo<A, B, W> {
    /**
     * Calls `f` with each pair of a key and window, when the window fires. What it returns is a result, if it is not
     * undefined; any number of results it collects.
     *
     *     const paid = orders.join(payments).where(o => o.id).equalTo(p => p.orderId)
     *       .window(TumblingEventTimeWindows.of(Duration.ofMinutes(5))).apply((order, payment) => ({ ...order, payment }));
     */
    apply<R>(
      f:
        | JoinFunction<A, B, R>
        | FlatJoinFunction<A, B, R>
        | ((first: A, second: B, out: Collector<R>) => R | void | Promise<R | void>),
    ): SingleOutputStreamOperator<R>;
  }
}

/** Two streams whose windows are looked at together: as a join, but also with records that have no partner. */
export class CoGroupedStreams<A, B> {
  /** @internal */
  constructor(
    private readonly first: DataStream<A>,
    private readonly second: DataStream<B>,
  ) {}

  /** The key of the first stream's records. */
  where<K>(selector: KeySelector<A, K>, type?: TypeInformation<K>): CoGroupedStreams.Where<A, B, K> {
    return new Where(
      whereOf(this.first, this.second, selector, type),
      windows => new CoGroupedWindows<A, B, Window>(windows),
    );
  }
}
export namespace CoGroupedStreams {
  export interface Where<A, B, K> {
    /** The key of the second stream's records. */
    equalTo(selector: KeySelector<B, K>): EqualTo<A, B>;
  }
  export interface EqualTo<A, B> {
    /** The windows of both streams. */
    window<W extends Window>(assigner: WindowAssigner<A | B, W>): WithWindow<A, B, W>;
  }
  export interface WithWindow<A, B, W extends Window> extends WindowsOfTwo<A, B, W> {
    /**
     * Calls `f` once for a key and window that fires, with all records of both streams.
     *
     *     const unpaid = orders.coGroup(payments).where(o => o.id).equalTo(p => p.orderId)
     *       .window(TumblingEventTimeWindows.of(Duration.ofMinutes(5)))
     *       .apply((orders, payments, out: Collector<Order>) => { if ([...payments].length === 0) for (const o of orders) out.collect(o); });
     */
    apply<R>(
      f:
        | CoGroupFunction<A, B, R>
        | ((first: Iterable<A>, second: Iterable<B>, out: Collector<R>) => void | Promise<void>),
    ): SingleOutputStreamOperator<R>;
  }
}

function whereOf<A, B, K>(
  first: DataStream<A>,
  second: DataStream<B>,
  selector: KeySelector<A, K>,
  type: TypeInformation<K> | undefined,
): Pair {
  const keyOfFirst = selectorOf(selector as never, 'where');
  const pair = { first: first as DataStream<unknown>, second: second as DataStream<unknown>, keyOfFirst };
  return type ? { ...pair, keyType: type as TypeInformation<unknown> } : pair;
}

class Where<WITH> {
  constructor(
    private readonly pair: Pair,
    private readonly next: (windows: WindowedStream<Tagged, unknown, Window>) => unknown,
  ) {}

  equalTo(selector: KeySelector<never, unknown>): {
    window<W extends Window>(assigner: WindowAssigner<never, W>): WITH;
  } {
    const { first, second, keyOfFirst, keyType } = this.pair;
    const keyOfSecond = selectorOf(selector as never, 'equalTo');
    return {
      window: assigner => {
        requireAssigner(assigner);
        const keyed = tagged(first, 0)
          .union(tagged(second, 1))
          .keyBy(([side, record]) => (side === 0 ? keyOfFirst(record) : keyOfSecond(record)), keyType);
        return this.next(keyed.window<Window>(untaggedAssigner(assigner as WindowAssigner<unknown, Window>))) as WITH;
      },
    };
  }
}

/** In the tasks of the stream itself, as far as its parallelism is known. */
function tagged(stream: DataStream<unknown>, side: 0 | 1): DataStream<Tagged> {
  const records = stream.map((record): Tagged => [side, record]);
  const { parallelism } = stream.recorder.nodes[stream.outlets[0]!.node - 1]!;
  return parallelism > 0 ? records.setParallelism(parallelism) : records;
}

abstract class TaggedWindows {
  constructor(protected readonly windows: WindowedStream<Tagged, unknown, Window>) {}

  trigger(trigger: Trigger<never, never>): this {
    const isTrigger = typeof trigger?.onElement === 'function';
    this.windows.trigger((isTrigger ? new UntaggedTrigger(trigger as never) : trigger) as never);
    return this;
  }
  evictor(evictor: Evictor<never, never>): this {
    const isEvictor = typeof evictor?.evictBefore === 'function';
    this.windows.evictor((isEvictor ? new UntaggedEvictor(evictor as never) : evictor) as never);
    return this;
  }
  allowedLateness(lateness: Duration | number): this {
    this.windows.allowedLateness(lateness);
    return this;
  }
}

class JoinedWindows<A, B, W extends Window> extends TaggedWindows implements JoinedStreams.WithWindow<A, B, W> {
  apply<R>(f: unknown): SingleOutputStreamOperator<R> {
    return this.windows.apply<R>(new JoinCall(withMethod(f, 'join')) as never);
  }
}

class CoGroupedWindows<A, B, W extends Window> extends TaggedWindows implements CoGroupedStreams.WithWindow<A, B, W> {
  apply<R>(f: unknown): SingleOutputStreamOperator<R> {
    return this.windows.apply<R>(new CoGroupCall(withMethod(f, 'coGroup')) as never);
  }
}

function withMethod(f: unknown, method: string): unknown {
  const given = required(f, 'apply') as Record<string, unknown>;
  if (typeof given === 'function' || typeof given[method] === 'function') return given;
  throw new MillraceError(
    'INVALID_PROGRAM',
    `apply needs a function, or an object with '${method}'; what it got has none.`,
  );
}
