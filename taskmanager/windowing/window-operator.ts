/** HOT PATH */
import {
  isMerging,
  type MergingWindowAssigner,
  TriggerResult,
  type Window,
  type WindowFunctions,
} from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import type { WindowSpec } from '../../core/graph/index.js';
import { hasTimestamp } from '../../core/types/index.js';
import { keySelectorOf } from '../operators/key-selector.js';
import type { OperatorCode, OperatorContext } from '../operators/operator.js';
import { ProcessContext } from '../operators/process-context.js';
import { isThenable } from '../operators/user-function.js';
import { UserOperator } from '../operators/user-operator.js';
import { ScopedStateStore } from '../state/keyed-states.js';
import { StateScope } from '../state/state-scope.js';
import { InternalTimerService, type TimerTarget } from '../timers/internal-timer-service.js';
import { EvictingContents } from './evicting-contents.js';
import { LateRecords } from './late-records.js';
import { type Merge, MergingWindowSet } from './merging-window-set.js';
import { WindowTriggerContext } from './trigger-context.js';
import { WindowCaller } from './window-caller.js';
import { aggregateOf, contentsOf, type WindowContents } from './window-contents.js';
import { WindowContext } from './window-context.js';
import { WindowNamespaces } from './window-namespaces.js';
import { WindowTimers } from './window-timers.js';

const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * Windows of any assigner, trigger and evictor: Flink's WindowOperator. Per key and window it keeps contents, the state of
 * the trigger and timers, one of which ends the window.
 */
export class WindowOperator extends UserOperator<(...args: unknown[]) => unknown> implements TimerTarget {
  private readonly functions: WindowFunctions;
  private readonly merging: MergingWindowAssigner<unknown, Window> | undefined;
  /** By slot of the key. */
  private readonly mergingSets: Array<MergingWindowSet | undefined> = [];
  private readonly isEventTime: boolean;
  private readonly lateness: number;
  private readonly service: InternalTimerService;
  private readonly namespaces: WindowNamespaces;
  private readonly timers: WindowTimers;
  /** Where triggers and window functions keep what is a window's. */
  private readonly windowScope: StateScope;
  /** Where the contents are: of windows that merge elsewhere. */
  private readonly contentsScope: StateScope;
  private readonly contents: WindowContents;
  private readonly trigger: WindowFunctions['trigger'];
  private readonly triggerContext: WindowTriggerContext;
  private readonly caller: WindowCaller;
  private readonly late: LateRecords;
  /** The record has come into a window. */
  private isTaken = false;

  constructor(context: OperatorContext, spec: WindowSpec) {
    super(context, WindowCaller.functionOf(context, spec));
    keySelectorOf(context);
    this.useKeys();
    const states = context.states!;
    const functions = context.functions.function as WindowFunctions;
    const { assigner, evictor } = functions;
    this.functions = functions;
    this.trigger = functions.trigger;
    this.merging = isMerging(assigner) ? assigner : undefined;
    this.isEventTime = assigner.isEventTime();
    this.lateness = this.isEventTime ? spec.allowedLateness : 0;
    this.service = new InternalTimerService(context.task, this.index, this, states.keys);
    this.namespaces = new WindowNamespaces(namespace => states.dropNamespace(namespace));
    this.timers = new WindowTimers(this.service, states.keys, this.namespaces);
    this.windowScope = new StateScope(states.keys);
    this.contentsScope = new StateScope(states.keys);
    const windowStore = new ScopedStateStore(states, this.windowScope);
    const contentsStore = new ScopedStateStore(states, this.contentsScope);
    this.triggerContext = new WindowTriggerContext(this.service, this.timers, windowStore);
    this.contents = evictor
      ? new EvictingContents(
          evictor,
          this.triggerContext,
          spec.contents === 'list' ? undefined : aggregateOf(spec, functions, context.operator.name),
          contentsStore,
        )
      : contentsOf(spec, functions, contentsStore, context.operator.name);
    const windowContext = new WindowContext(
      new ProcessContext(context, states.keys, this.service),
      this.merging ? undefined : windowStore,
      new ScopedStateStore(states),
    );
    this.caller = new WindowCaller(context, spec, this.user, windowContext);
    this.late = new LateRecords(context, spec);
  }

  getCurrentProcessingTime(): number {
    return this.service.currentProcessingTime();
  }

  protected process(record: unknown, timestamp: number): void {
    this.enter(record);
    this.element(record, timestamp);
  }

  compile({ code }: OperatorCode, record: string, timestamp: string, slot?: string): string {
    return `${this.enterWithText(code, record, slot)}${code.use(this, 'windows')}.element(${record}, ${timestamp});\n`;
  }

  /** For a record of the current key. */
  element(record: unknown, timestamp: number): void {
    const time = hasTimestamp(timestamp) ? timestamp : Number.MIN_SAFE_INTEGER;
    const windows = this.functions.assigner.assignWindows(record, time, this);
    this.isTaken = false;
    this.intoWindows(record, time, Array.isArray(windows) ? (windows as Window[]) : [...windows], 0);
  }

  private intoWindows(record: unknown, time: number, windows: readonly Window[], from: number): void {
    for (let i = from; i < windows.length; i++) {
      const wait = this.merging ? this.intoMerging(record, time, windows[i]!) : this.into(record, time, windows[i]!);
      if (!isThenable(wait)) continue;
      this.suspend(wait, () => this.intoWindows(record, time, windows, i + 1));
      return;
    }
    if (this.isTaken || !this.isEventTime || time + this.lateness > this.service.currentWatermark()) return;
    this.late.take(record, time);
  }

  private into(record: unknown, time: number, window: Window): unknown {
    if (this.isLate(window)) return undefined;
    const number = this.namespaces.hold(window);
    return this.add(record, time, window, number, number);
  }

  private intoMerging(record: unknown, time: number, window: Window): unknown {
    const { slot } = this.keys!;
    let set = this.mergingSets[slot];
    if (set === undefined) {
      this.mergingSets[slot] = set = new MergingWindowSet(this.namespaces, this.merging!);
      this.keys!.retain(slot);
    }
    const number = set.add(window, merge => this.merge(merge));
    const actual = this.namespaces.windows[number]!;
    if (this.isLate(actual)) {
      set.retire(number);
      this.dropEmpty(set, slot);
      return undefined;
    }
    this.namespaces.retain(number);
    return this.add(record, time, actual, number, set.stateNamespace(number)!);
  }

  /** `number` is held, and is released when all is done. */
  private add(record: unknown, time: number, window: Window, number: number, state: number): unknown {
    this.isTaken = true;
    this.at(number, state);
    this.contents.add(record, time);
    const result = this.trigger.onElement(record, time, window, this.triggerContext);
    const wait = result === TriggerResult.CONTINUE ? undefined : this.react(result, window);
    if (isThenable(wait)) return wait.then(() => this.added(window, number));
    this.added(window, number);
    return undefined;
  }

  private added(window: Window, number: number): void {
    const time = this.cleanupTime(window);
    if (time === NEVER) this.namespaces.pin(number);
    else this.timers.register(this.isEventTime, number, time);
    this.namespaces.release(number);
  }

  private merge({ result, merged, stateTarget, stateSources }: Merge): void {
    const { windows } = this.namespaces;
    const window = windows[result]!;
    const end = window.maxTimestamp();
    const now = this.isEventTime ? this.service.currentWatermark() - this.lateness : this.getCurrentProcessingTime();
    if (end <= now) throw mergedIntoThePast(window, this.isEventTime ? 'watermark' : 'processing time', now);
    this.at(result, stateTarget);
    this.triggerContext.merged = merged;
    this.trigger.onMerge(window, this.triggerContext);
    for (const number of merged) {
      this.at(number, stateTarget);
      this.trigger.clear(windows[number]!, this.triggerContext);
      const time = this.cleanupTime(windows[number]!);
      if (time !== NEVER) this.timers.delete(this.isEventTime, number, time);
    }
    this.contents.merge(stateTarget, stateSources);
  }

  /** Whose state and timers are meant from here on. */
  private at(number: number, state: number): void {
    this.windowScope.namespace = number;
    this.triggerContext.window = number;
    this.contentsScope.namespace = state;
  }

  /** Does what a trigger has said; a promise of the window function's is to be waited for. */
  private react(result: TriggerResult, window: Window): unknown {
    switch (result) {
      case TriggerResult.CONTINUE:
        return undefined;
      case TriggerResult.PURGE:
        this.contents.clear();
        return undefined;
      case TriggerResult.FIRE:
        return this.fire(window);
      case TriggerResult.FIRE_AND_PURGE: {
        const wait = this.fire(window);
        if (isThenable(wait)) return wait.then(() => this.contents.clear());
        this.contents.clear();
        return undefined;
      }
      default:
        throw noResult(this.trigger, result);
    }
  }

  private fire(window: Window): unknown {
    const elements = this.contents.get();
    if (elements === undefined) return undefined;
    if (this.contents instanceof EvictingContents) return this.contents.fire(window, this.caller.call);
    return this.caller.call(window, elements);
  }

  private cleanupTime(window: Window): number {
    return Math.min(window.maxTimestamp() + this.lateness, NEVER);
  }

  private isLate(window: Window): boolean {
    return this.isEventTime && this.cleanupTime(window) <= this.service.currentWatermark();
  }

  protected override processWatermark(watermark: number): void {
    this.passWatermark(watermark, this.service.advanceWatermark(watermark));
  }

  onEventTime(time: number, slot: number, number: number): unknown {
    return this.onTimer(true, time, slot, number);
  }

  onProcessingTime(time: number, slot: number, number: number): unknown {
    return this.onTimer(false, time, slot, number);
  }

  suspendTimers(thenable: PromiseLike<unknown>, resume: () => void): void {
    this.suspend(thenable, resume);
  }

  /** The timer is gone, but holds the window's number until all is done. */
  private onTimer(inEventTime: boolean, time: number, slot: number, number: number): unknown {
    this.position.current = this.index;
    this.keys!.slot = slot;
    const window = this.namespaces.windows[number]!;
    // Undefined: the trigger has left a timer behind of a window that has merged, or is over.
    const state = this.merging ? this.mergingSets[slot]?.stateNamespace(number) : number;
    if (state === undefined) {
      this.namespaces.release(number);
      return undefined;
    }
    this.at(number, state);
    const result = inEventTime
      ? this.trigger.onEventTime(time, window, this.triggerContext)
      : this.trigger.onProcessingTime(time, window, this.triggerContext);
    const wait = this.react(result, window);
    const isOver = inEventTime === this.isEventTime && time === this.cleanupTime(window);
    if (isThenable(wait)) return wait.then(() => this.fired(isOver, window, slot, number));
    this.fired(isOver, window, slot, number);
    return undefined;
  }

  private fired(isOver: boolean, window: Window, slot: number, number: number): void {
    if (isOver) {
      this.contents.clear();
      this.trigger.clear(window, this.triggerContext);
      this.caller.clear(window);
      const set = this.mergingSets[slot];
      set?.retire(number);
      if (set) this.dropEmpty(set, slot);
    }
    this.namespaces.release(number);
  }

  private dropEmpty(set: MergingWindowSet, slot: number): void {
    if (!set.isEmpty) return;
    this.mergingSets[slot] = undefined;
    this.keys!.release(slot);
  }
}

const mergedIntoThePast = (window: Window, what: string, now: number): MillraceError =>
  new MillraceError(
    'TASK_FAILED',
    `The end timestamp of a window cannot become earlier than the current ${what} by merging. Current ${what}: ${now}, window: ${String(window)}.`,
    { domain: 'user' },
  );

const noResult = (trigger: object, result: unknown): MillraceError =>
  new MillraceError('TASK_FAILED', `${trigger.constructor.name} gave ${String(result)} where a TriggerResult is due.`, {
    domain: 'user',
  });
