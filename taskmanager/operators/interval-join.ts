/** HOT PATH */
import { type MapState, MapStateDescriptor } from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import type { OperatorSpec } from '../../core/graph/index.js';
import { hasTimestamp } from '../../core/types/index.js';
import type { KeyContext } from '../state/key-context.js';
import { StateScope } from '../state/state-scope.js';
import { InternalTimerService, type TimerTarget } from '../timers/internal-timer-service.js';
import { CoOperator } from './co-operator.js';
import { keySelectorOf } from './key-selector.js';
import type { OperatorContext, Output } from './operator.js';
import { ProcessContext } from './process-context.js';
import { RecordCollector } from './record-collector.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type ProcessElement = (left: unknown, right: unknown, context: JoinContext, out: RecordCollector) => unknown;
type IntervalJoinSpec = Extract<OperatorSpec, { kind: 'interval-join' }>;
/** The records of a key by their timestamps. */
type Buffer = MapState<number, unknown[]>;

/** Namespaces of the timers that clear a side's buffer. */
const LEFT = 1;
const RIGHT = 2;

/** What the author is told of a pair. */
class JoinContext extends ProcessContext {
  left = Number.NaN;
  right = Number.NaN;

  getLeftTimestamp(): number {
    return this.left;
  }
  getRightTimestamp(): number {
    return this.right;
  }
  getTimestamp(): number {
    return this.current;
  }
}

/** What both sides have in common. */
interface Shared {
  spec: IntervalJoinSpec;
  user: UserFunction<ProcessElement>;
  keys: KeyContext;
  timers: InternalTimerService;
  left: Buffer;
  right: Buffer;
  ctx: JoinContext;
  out: RecordCollector;
}

/**
 * intervalJoin: each side keeps its records by timestamp, in keyed state, for as long as the other side may bring one that
 * fits; a record is paired with those that are there when it comes. What comes behind the watermark is late.
 */
export function intervalJoin(context: OperatorContext, spec: IntervalJoinSpec): CoOperator {
  keySelectorOf(context, 0);
  keySelectorOf(context, 1);
  const states = context.states!;
  const { keys } = states;
  const scope = new StateScope(keys);
  const { output, task, index } = context;
  const out = new RecordCollector(output, task.position, index);
  // What the function collects may be a record of a buffer.
  out.copies = !output.takesCopies && !task.objectReuse;
  const buffers = {
    left: states.state(new MapStateDescriptor<number, unknown[]>('interval-join/left'), scope) as Buffer,
    right: states.state(new MapStateDescriptor<number, unknown[]>('interval-join/right'), scope) as Buffer,
  };
  // A buffer is held for a record until the other side's watermark has passed the last one that fits.
  const cleaner: TimerTarget = {
    onEventTime(time, slot, namespace) {
      keys.slot = slot;
      if (namespace === LEFT) buffers.left.remove(time - Math.max(0, spec.upper));
      else buffers.right.remove(time - Math.max(0, -spec.lower));
    },
    onProcessingTime() {},
    suspendTimers() {},
  };
  const timers = new InternalTimerService(task, index, cleaner, keys);
  const shared: Shared = {
    spec,
    user: new UserFunction<ProcessElement>(context, 'processElement'),
    keys,
    timers,
    ...buffers,
    ctx: new JoinContext(context, keys, timers),
    out,
  };
  return new CoOperator(new JoinSide(context, shared, true), new JoinSide(context, shared, false));
}

class JoinSide extends UserOperator<ProcessElement> {
  private readonly processElement: ProcessElement;
  private readonly ours: Buffer;
  private readonly others: Buffer;
  /** Where the other side's record may be, seen from ours. */
  private readonly lower: number;
  private readonly upper: number;
  private readonly late: Output | undefined;
  /** Pairs that wait for a promise of the author's. */
  private pairs: Array<[time: number, record: unknown]> | undefined;

  constructor(
    context: OperatorContext,
    private readonly shared: Shared,
    private readonly isLeft: boolean,
  ) {
    super(context, shared.user, isLeft ? 0 : 1);
    const { spec, left, right, user } = shared;
    this.useKeys();
    this.processElement = user.call;
    this.ours = isLeft ? left : right;
    this.others = isLeft ? right : left;
    this.lower = isLeft ? spec.lower : -spec.upper;
    this.upper = isLeft ? spec.upper : -spec.lower;
    const tag = isLeft ? spec.leftLate : spec.rightLate;
    this.late = tag === undefined ? undefined : context.sideOutputs.get(tag);
  }

  protected process(record: unknown, timestamp: number): void {
    this.enter(record);
    if (!hasTimestamp(timestamp)) throw noTimestamp(this.isLeft);
    const { timers } = this.shared;
    if (timestamp < timers.currentWatermark()) {
      this.late?.collect(record, timestamp);
      return;
    }
    const { slot } = this.keys!;
    const records = this.ours.get(timestamp) ?? [];
    records.push(record);
    this.ours.put(timestamp, records);
    timers.registerEventTimeTimer(slot, this.isLeft ? LEFT : RIGHT, timestamp + Math.max(0, this.upper));
    const from = timestamp + this.lower;
    const to = timestamp + this.upper;
    for (const [time, others] of this.others.entries()) {
      if (time < from || time > to) continue;
      for (const other of others) {
        if (this.pairs === undefined) this.join(record, timestamp, slot, other, time);
        else this.pairs.push([time, other]);
      }
    }
  }

  private join(record: unknown, timestamp: number, slot: number, other: unknown, time: number): void {
    const { ctx, out, keys } = this.shared;
    this.position.current = this.index;
    keys.slot = slot;
    ctx.left = this.isLeft ? timestamp : time;
    ctx.right = this.isLeft ? time : timestamp;
    ctx.current = timestamp > time ? timestamp : time;
    out.timestamp = ctx.current;
    const result = this.isLeft
      ? this.processElement(record, other, ctx, out)
      : this.processElement(other, record, ctx, out);
    if (result !== undefined && isThenable(result)) this.wait(result, record, timestamp, slot);
  }

  private wait(result: PromiseLike<unknown>, record: unknown, timestamp: number, slot: number): void {
    this.pairs = [];
    this.suspend(result, () => {
      const rest = this.pairs ?? [];
      this.pairs = undefined;
      for (const [time, other] of rest) {
        // Another promise: the rest waits for it.
        if (this.pairs === undefined) this.join(record, timestamp, slot, other, time);
        else (this.pairs as Array<[number, unknown]>).push([time, other]);
      }
    });
  }

  protected override processWatermark(watermark: number): void {
    this.passWatermark(watermark, this.shared.timers.advanceWatermark(watermark));
  }
}

const noTimestamp = (isLeft: boolean): MillraceError =>
  new MillraceError(
    'TASK_FAILED',
    `a record of the ${isLeft ? 'left' : 'right'} stream has no timestamp: an interval join goes by event time, ` +
      'put assignTimestampsAndWatermarks before it.',
    { domain: 'user' },
  );
