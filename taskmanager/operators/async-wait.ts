import { MillraceError } from '../../core/errors.js';
import type { OperatorSpec } from '../../core/graph/index.js';
import type { LatencyMarker } from '../../core/protocol/index.js';
import { type AsyncEntry, type AsyncEvent, type AsyncQueue, OrderedQueue, UnorderedQueue } from './async-queue.js';
import { AsyncTimeouts } from './async-timeouts.js';
import type { OperatorContext, TaskEnd } from './operator.js';
import { OwnTurn } from './own-turn.js';
import { isThenable, UserFunction } from './user-function.js';
import { UserOperator } from './user-operator.js';

type AsyncInvoke = (record: unknown) => unknown;
type AsyncSpec = Extract<OperatorSpec, { kind: 'async' }>;

/**
 * AsyncDataStream: the function's promise of a record is not waited for before the next record comes, up to `capacity` of
 * them; then the task takes no input until there is room. Watermarks, statuses and latency markers keep their places.
 */
export class AsyncWaitOperator extends UserOperator<AsyncInvoke> {
  private readonly asyncInvoke: AsyncInvoke;
  private readonly onTimeout: AsyncInvoke | undefined;
  private readonly queue: AsyncQueue;
  private readonly turn: OwnTurn;
  private readonly timeouts: AsyncTimeouts | undefined;
  private underWay = 0;
  private onRoom: (() => void) | undefined;
  private onEmpty: (() => void) | undefined;
  private closed = false;

  constructor(
    context: OperatorContext,
    private readonly spec: AsyncSpec,
  ) {
    super(context, new UserFunction<AsyncInvoke>(context, 'asyncInvoke'));
    this.asyncInvoke = this.user.call;
    this.onTimeout = this.user.method<AsyncInvoke>('timeout');
    this.queue = spec.ordered ? new OrderedQueue() : new UnorderedQueue();
    this.turn = new OwnTurn(context, () => this.emitNext());
    this.timeouts = spec.timeout > 0 ? new AsyncTimeouts(spec.timeout, entry => this.timedOut(entry)) : undefined;
  }

  protected process(record: unknown, timestamp: number): void {
    this.enter(record);
    const entry: AsyncEntry = { record, timestamp, value: undefined, state: 'asked', segment: undefined };
    this.queue.add(entry);
    this.underWay++;
    const answer = this.asyncInvoke(record);
    if (isThenable(answer)) {
      this.timeouts?.add(entry);
      answer.then(
        value => this.complete(entry, 'asked', value),
        (error: unknown) => this.failed(entry, 'asked', error),
      );
    } else this.complete(entry, 'asked', answer);
    if (this.underWay < this.spec.capacity) return;
    this.suspend(
      new Promise<void>(resolve => {
        this.onRoom = resolve;
      }),
      () => {},
    );
  }

  /** An answer, while the entry waits for it as `state` says; a later one is ignored. */
  private complete(entry: AsyncEntry, state: AsyncEntry['state'], value: unknown): void {
    if (entry.state !== state) return;
    entry.state = 'done';
    entry.value = value;
    this.queue.complete(entry);
    this.turn.request();
  }

  private failed(entry: AsyncEntry, state: AsyncEntry['state'], error: unknown): void {
    if (entry.state !== state || this.closed) return;
    const { task, index } = this.context;
    task.position.current = index;
    task.fail(error, false);
  }

  private timedOut(entry: AsyncEntry): void {
    const { onTimeout } = this;
    if (onTimeout === undefined) {
      this.failed(entry, 'asked', noAnswer(this.spec.timeout));
      return;
    }
    entry.state = 'late';
    try {
      const value = onTimeout(entry.record);
      if (!isThenable(value)) this.complete(entry, 'late', value);
      else {
        value.then(
          settled => this.complete(entry, 'late', settled),
          (error: unknown) => this.failed(entry, 'late', error),
        );
      }
    } catch (error) {
      this.failed(entry, 'late', error);
    }
  }

  /** In the operator's turn: the first thing that may go on. */
  private emitNext(): boolean {
    const next = this.queue.poll();
    if (next === undefined) return false;
    if ('state' in next) {
      this.underWay--;
      this.output.collect(next.value, next.timestamp);
      this.onRoom?.();
      this.onRoom = undefined;
    } else this.emitEvent(next);
    if (this.queue.isEmpty) this.onEmpty?.();
    return true;
  }

  private emitEvent(event: AsyncEvent): void {
    if ('watermark' in event) this.output.emitWatermark(event.watermark);
    else if ('idle' in event) this.output.emitStatus(event.idle);
    else super.processLatencyMarker(event.marker);
  }

  protected override processWatermark(watermark: number): void {
    this.inItsPlace({ watermark });
  }

  protected override processStatus(idle: boolean): void {
    this.inItsPlace({ idle });
  }

  protected override processLatencyMarker(marker: LatencyMarker): void {
    this.inItsPlace({ marker });
  }

  private inItsPlace(event: AsyncEvent): void {
    if (this.queue.isEmpty) this.emitEvent(event);
    else this.queue.addEvent(event);
  }

  /** The end of the input waits for all answers. */
  finish(): Promise<void> | undefined {
    if (this.queue.isEmpty) return undefined;
    return new Promise(resolve => {
      this.onEmpty = resolve;
    });
  }

  override close(end: TaskEnd): void | Promise<void> {
    this.closed = true;
    this.turn.close();
    this.timeouts?.close();
    this.onEmpty?.();
    return super.close(end);
  }
}

const noAnswer = (timeout: number): MillraceError =>
  new MillraceError(
    'TASK_FAILED',
    `Async function call has timed out: no answer within ${timeout} ms. Give AsyncDataStream a longer timeout, ` +
      "or the function a 'timeout' method that gives a result in its place.",
    { domain: 'user' },
  );
