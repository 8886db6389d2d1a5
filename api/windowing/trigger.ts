import { MillraceError } from '../../core/errors.js';
import type { State } from '../state.js';
import type { StateDescriptor } from '../state-descriptors.js';
import type { Window } from './windows.js';

/** What becomes of a window. */
export enum TriggerResult {
  /** Nothing for now. */
  CONTINUE,
  /** The window function is called, then the contents are dropped. */
  FIRE_AND_PURGE,
  /** The window function is called; the contents stay. */
  FIRE,
  /** The contents are dropped. */
  PURGE,
}

/** Decides when a window fires. What it remembers by key and window it keeps in the context's state, not in fields. */
export abstract class Trigger<T, W extends Window> {
  /** For each record that comes into a window. `timestamp` is Number.MIN_SAFE_INTEGER if it has none. */
  abstract onElement(element: T, timestamp: number, window: W, ctx: Trigger.TriggerContext): TriggerResult;
  /** For a timer of processing time that the trigger has set. */
  abstract onProcessingTime(time: number, window: W, ctx: Trigger.TriggerContext): TriggerResult;
  /** For a timer of event time that the trigger has set. */
  abstract onEventTime(time: number, window: W, ctx: Trigger.TriggerContext): TriggerResult;
  /** Whether it works with windows that merge; then `onMerge` must be there too. */
  canMerge(): boolean {
    return false;
  }
  /** Several windows have become `window`: merge their state, set the timers that it needs. */
  onMerge(_window: W, _ctx: Trigger.OnMergeContext): void {
    throw new MillraceError('ILLEGAL_STATE', `${this.constructor.name} does not support merging: it has no onMerge.`, {
      domain: 'user',
    });
  }
  /** The window is gone: drop its state and timers. */
  abstract clear(window: W, ctx: Trigger.TriggerContext): void;
}
export namespace Trigger {
  /** Times and timers are in epoch milliseconds; timers and state are those of the current key and window. */
  export interface TriggerContext {
    getCurrentWatermark(): number;
    getCurrentProcessingTime(): number;
    registerEventTimeTimer(time: number): void;
    registerProcessingTimeTimer(time: number): void;
    deleteEventTimeTimer(time: number): void;
    deleteProcessingTimeTimer(time: number): void;
    getPartitionedState<S extends State>(descriptor: StateDescriptor<S>): S;
  }
  export interface OnMergeContext extends TriggerContext {
    /** What the windows that have become one have in a list, reducing or aggregating state goes to the new one's. */
    mergePartitionedState<S extends State>(descriptor: StateDescriptor<S>): void;
  }
}
