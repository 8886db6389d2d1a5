/** HOT PATH */
import type { OperatorContext } from '../operators/operator.js';
import { isThenable } from '../operators/user-function.js';
import type { KeyContext } from '../state/key-context.js';
import type { ProcessingTimer } from './processing-time.js';
import { TimerQueue } from './timer-queue.js';

/** Whose timers fire. A thenable stops the firing until it has settled. */
export interface TimerTarget {
  onEventTime(time: number, slot: number, namespace: number): unknown;
  onProcessingTime(time: number, slot: number, namespace: number): unknown;
  /** Waits for what a processing-time timer gave, then calls `resume`; what comes meanwhile is queued. */
  suspendTimers(thenable: PromiseLike<unknown>, resume: () => void): void;
}

/** Timers that fire between two looks at the clock and at the outputs. */
const LOOK_AFTER = 64;

/**
 * The timers of one keyed operator, in event time and in processing time. A timer belongs to a key, by its slot, and to a
 * namespace, a number that the operator chooses (a window's, say); one of the same time, key and namespace is set once
 * only. Those that are due fire in the order of their times, also those that are set while others fire. An operator
 * without timers has no queues.
 */
export class InternalTimerService {
  private watermark = Number.MIN_SAFE_INTEGER;
  private eventTimers: TimerQueue | undefined;
  private processingTimers: TimerQueue | undefined;
  private timer: ProcessingTimer | undefined;
  /** For when `timer` is set; −Infinity while it fires. */
  private armedFor = Number.POSITIVE_INFINITY;

  constructor(
    private readonly task: Pick<OperatorContext['task'], 'processingTime' | 'whenRoom'> & { batch?: boolean },
    /** Of the operator in its chain. */
    private readonly index: number,
    private readonly target: TimerTarget,
    /** Told of each key that has a timer, or one less. */
    private readonly keys: Pick<KeyContext, 'retain' | 'release'> | undefined,
  ) {}

  /** Epoch milliseconds. */
  currentProcessingTime(): number {
    return this.task.processingTime.now();
  }

  /** Number.MIN_SAFE_INTEGER before any. */
  currentWatermark(): number {
    return this.watermark;
  }

  get eventTimeTimers(): number {
    return this.eventTimers?.size ?? 0;
  }

  get processingTimeTimers(): number {
    return this.processingTimers?.size ?? 0;
  }

  /** Fires when the watermark next comes to `time` or is past it. False if it is set already. */
  registerEventTimeTimer(slot: number, namespace: number, time: number): boolean {
    if (this.isKeyOver) return false;
    if (!(this.eventTimers ??= new TimerQueue()).add(time, slot, namespace)) return false;
    this.keys?.retain(slot);
    return true;
  }

  /** False if there is none. */
  deleteEventTimeTimer(slot: number, namespace: number, time: number): boolean {
    if (!this.eventTimers?.remove(time, slot, namespace)) return false;
    this.keys?.release(slot);
    return true;
  }

  /** False if it is set already. */
  registerProcessingTimeTimer(slot: number, namespace: number, time: number): boolean {
    if (this.isKeyOver) return false;
    if (!(this.processingTimers ??= new TimerQueue()).add(time, slot, namespace)) return false;
    this.keys?.retain(slot);
    if (!this.task.batch && time < this.armedFor) this.arm(time);
    return true;
  }

  /** False if there is none. */
  deleteProcessingTimeTimer(slot: number, namespace: number, time: number): boolean {
    if (!this.processingTimers?.remove(time, slot, namespace)) return false;
    this.keys?.release(slot);
    return true;
  }

  /**
   * Fires what is due at this watermark. Undefined when all is done; else what has to settle before it is called again
   * with the same watermark: a promise of the target's, or room in the outputs.
   */
  advanceWatermark(watermark: number): PromiseLike<unknown> | undefined {
    if (!this.task.batch || watermark !== Number.MAX_SAFE_INTEGER) return this.fireEventTime(watermark);
    const wait = this.endKeys();
    // No other key follows.
    if (wait === undefined) this.watermark = watermark;
    return wait;
  }

  private fireEventTime(watermark: number): PromiseLike<unknown> | undefined {
    this.watermark = watermark;
    const timers = this.eventTimers;
    if (timers === undefined || timers.nextTime > watermark) return undefined;
    const since = performance.now();
    for (let fired = 1; timers.nextTime <= watermark; fired++) {
      timers.poll();
      this.keys?.release(timers.slot);
      const result = this.target.onEventTime(timers.time, timers.slot, timers.namespace);
      const wait = isThenable(result) ? result : fired % LOOK_AFTER === 0 ? this.task.whenRoom(since) : undefined;
      if (wait !== undefined) return wait;
    }
    return undefined;
  }

  /** In batch mode, where the time of a key is over when its records are: what timers set then would never come. */
  private get isKeyOver(): boolean {
    return this.task.batch === true && this.watermark === Number.MAX_SAFE_INTEGER;
  }

  /**
   * In batch mode: no record of the keys that have timers will come. Fires all of them, those in event time first, then
   * those in processing time, whatever the clock says. Gives the same as `advanceWatermark`.
   */
  endKeys(): PromiseLike<unknown> | undefined {
    const waitForEvents = this.fireEventTime(Number.MAX_SAFE_INTEGER);
    if (waitForEvents !== undefined) return waitForEvents;
    const timers = this.processingTimers;
    const since = performance.now();
    for (let fired = 1; timers !== undefined && timers.size > 0; fired++) {
      timers.poll();
      this.keys?.release(timers.slot);
      const result = this.target.onProcessingTime(timers.time, timers.slot, timers.namespace);
      const wait = isThenable(result) ? result : fired % LOOK_AFTER === 0 ? this.task.whenRoom(since) : undefined;
      if (wait !== undefined) return wait;
    }
    this.watermark = Number.MIN_SAFE_INTEGER;
    return undefined;
  }

  private arm(time: number): void {
    this.timer ??= this.task.processingTime.timer(this.index, due => this.fireProcessingTime(due));
    this.armedFor = time;
    if (time === Number.POSITIVE_INFINITY) this.timer.cancel();
    else this.timer.at(time);
  }

  private fireProcessingTime(due: number): void {
    const timers = this.processingTimers!;
    const since = performance.now();
    this.armedFor = Number.NEGATIVE_INFINITY;
    for (let fired = 1; timers.nextTime <= due; fired++) {
      timers.poll();
      this.keys?.release(timers.slot);
      const result = this.target.onProcessingTime(timers.time, timers.slot, timers.namespace);
      const wait = isThenable(result) ? result : fired % LOOK_AFTER === 0 ? this.task.whenRoom(since) : undefined;
      if (wait !== undefined) {
        this.target.suspendTimers(wait, () => this.fireProcessingTime(due));
        return;
      }
    }
    this.arm(timers.nextTime);
  }
}
