import { MillraceError } from '../core/errors.js';
import type { OperatorSpec } from '../core/graph/index.js';
import type { AsyncFunction } from './async-functions.js';
import { type Duration, millisOf } from './duration.js';
import { required } from './key-selector.js';
import { DataStream, SingleOutputStreamOperator } from './streams.js';

/** Records under way at a time, if nothing else is said. */
const DEFAULT_CAPACITY = 100;

/** Puts an operator behind a stream that asks something outside about each record, many at a time. */
export class AsyncDataStream {
  private constructor() {}

  /**
   * Results in the order of the records. `timeout` is for one answer (zero: none), `capacity` the most records under way:
   * what comes then waits.
   *
   *     const known = AsyncDataStream.orderedWait(orders, async o => ({ ...o, user: await users.get(o.userId) }), Duration.ofSeconds(5));
   */
  static orderedWait<IN, OUT>(
    input: DataStream<IN>,
    f: AsyncFunction<IN, OUT> | ((input: IN) => Promise<OUT>),
    timeout: Duration,
    capacity?: number,
  ): SingleOutputStreamOperator<OUT> {
    return wait<IN, OUT>('orderedWait', input, f, timeout, capacity);
  }

  /**
   * Results as they come, which is sooner. None goes past a watermark: what was before one stays before it.
   *
   *     const known = AsyncDataStream.unorderedWait(orders, new AskUsers(), Duration.ofSeconds(5), 200);
   */
  static unorderedWait<IN, OUT>(
    input: DataStream<IN>,
    f: AsyncFunction<IN, OUT> | ((input: IN) => Promise<OUT>),
    timeout: Duration,
    capacity?: number,
  ): SingleOutputStreamOperator<OUT> {
    return wait<IN, OUT>('unorderedWait', input, f, timeout, capacity);
  }
}

function wait<IN, OUT>(
  method: 'orderedWait' | 'unorderedWait',
  input: DataStream<IN>,
  f: AsyncFunction<IN, OUT> | ((input: IN) => Promise<OUT>),
  timeout: Duration,
  capacity = DEFAULT_CAPACITY,
): SingleOutputStreamOperator<OUT> {
  if (!(input instanceof DataStream)) throw refusal(method, `a stream, it got ${String(input)}`);
  const ms = typeof timeout?.toMillis === 'function' ? millisOf(timeout) : Number.NaN;
  if (!(ms >= 0)) throw refusal(method, `a timeout that is a Duration of 0 or more, it got ${String(timeout)}`);
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw refusal(method, `a capacity that is a whole number above 0, it got ${String(capacity)}`);
  }
  const spec: OperatorSpec = { kind: 'async', ordered: method === 'orderedWait', timeout: ms, capacity };
  const functions = { function: required(f, method) };
  const node = input.recorder.add(spec, 'async wait operator', [input.outlets], functions);
  return new SingleOutputStreamOperator<OUT>(input.getExecutionEnvironment(), input.recorder, node);
}

const refusal = (method: string, needed: string): MillraceError =>
  new MillraceError('INVALID_PROGRAM', `AsyncDataStream.${method} needs ${needed}.`);
