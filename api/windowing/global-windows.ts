import { Trigger, TriggerResult } from './trigger.js';
import { WindowAssigner } from './window-assigner.js';
import { GlobalWindow, type Window } from './windows.js';

/** Never fires: what GlobalWindows have unless the program gives another trigger. */
export class NeverTrigger<T = unknown, W extends Window = Window> extends Trigger<T, W> {
  static create<T = unknown, W extends Window = Window>(): NeverTrigger<T, W> {
    return new NeverTrigger<T, W>();
  }

  onElement(): TriggerResult {
    return TriggerResult.CONTINUE;
  }
  onEventTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }
  onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }
  override canMerge(): boolean {
    return true;
  }
  override onMerge(): void {}
  clear(): void {}
  override toString(): string {
    return 'NeverTrigger';
  }
}

/** All records of a key in one window, which never ends: only a trigger makes something of it. */
export class GlobalWindows extends WindowAssigner<unknown, GlobalWindow> {
  private static readonly WINDOWS = [GlobalWindow.get()];

  private constructor() {
    super();
  }

  static create(): GlobalWindows {
    return new GlobalWindows();
  }

  assignWindows(_element: unknown, _timestamp: number): Iterable<GlobalWindow> {
    return GlobalWindows.WINDOWS;
  }
  getDefaultTrigger(): Trigger<unknown, GlobalWindow> {
    return NeverTrigger.create();
  }
  isEventTime(): boolean {
    return false;
  }
  override toString(): string {
    return 'GlobalWindows()';
  }
}
