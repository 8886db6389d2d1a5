import { NO_TIMESTAMP } from '../../core/types/index.js';
import { isEventTime, noEventTime, timeOfWatermark } from './event-time.js';
import type { OperatorContext, Output, SourceOperator, SourceState, TaskEnd } from './operator.js';
import { isThenable, UserFunction } from './user-function.js';

type Run = (context: SourceFunctionContext) => unknown;

/**
 * What an author's `run(ctx)` emits with. `collect…` returns a promise only when the author should wait: downstream is
 * full, or the time slice is over (so that a loop without any other await still lets the slot work).
 */
export class SourceFunctionContext {
  private idle = false;
  private watermark = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly output: Output,
    private readonly task: OperatorContext['task'],
    private readonly index: number,
    private readonly isCanceled: () => boolean,
  ) {}

  readonly collect = (record: unknown): void | Promise<void> => this.emit(record, NO_TIMESTAMP);

  readonly collectWithTimestamp = (record: unknown, timestamp: number): void | Promise<void> => {
    if (!isEventTime(timestamp)) throw noEventTime('collectWithTimestamp was given', timestamp);
    return this.emit(record, timestamp);
  };

  private emit(record: unknown, timestamp: number): void | Promise<void> {
    // A canceled source may run on until it looks at its flag; nothing of it is wanted.
    if (this.isCanceled()) return undefined;
    this.markActive();
    this.output.collect(record, timestamp);
    this.task.position.current = this.index;
    return this.task.whenWritable();
  }

  readonly emitWatermark = (mark: { getTimestamp(): number }): void => {
    if (this.isCanceled()) return;
    const timestamp = timeOfWatermark(mark);
    this.markActive();
    if (timestamp <= this.watermark) return;
    this.watermark = timestamp;
    this.output.emitWatermark(timestamp);
    this.task.position.current = this.index;
  };

  readonly markAsTemporarilyIdle = (): void => {
    if (this.idle || this.isCanceled()) return;
    this.idle = true;
    this.output.emitStatus(true);
  };

  private markActive(): void {
    if (!this.idle) return;
    this.idle = false;
    this.output.emitStatus(false);
  }

  getCheckpointLock(): object {
    return this;
  }

  close(): void {}
}

/** addSource: the author's `run` decides when; it ends when `run` returns or its promise settles. */
export class FunctionSource implements SourceOperator {
  private readonly user: UserFunction<Run>;
  private readonly source: SourceFunctionContext;
  private ended = false;
  private canceled = false;

  constructor(private readonly context: OperatorContext) {
    this.user = new UserFunction<Run>(context, 'run');
    this.source = new SourceFunctionContext(context.output, context.task, context.index, () => this.canceled);
  }

  open(): void | Promise<void> {
    return this.user.open();
  }

  start(): void {
    const { task, index } = this.context;
    task.position.current = index;
    const running = this.user.call(this.source);
    if (!isThenable(running)) {
      this.ended = true;
      return;
    }
    running.then(
      () => {
        this.ended = true;
        task.wake();
      },
      (error: unknown) => {
        // Not set to this operator: what threw inside `collect` may be one further down.
        if (!this.canceled) task.fail(error);
      },
    );
  }

  poll(): SourceState {
    return this.ended ? 'end' : 'idle';
  }

  cancel(): void {
    this.canceled = true;
    this.user.method<() => void>('cancel')?.();
  }

  close(_end: TaskEnd): void | Promise<void> {
    return this.user.close();
  }
}
