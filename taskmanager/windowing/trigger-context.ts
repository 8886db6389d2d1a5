/** HOT PATH */
import type { State, StateDescriptor, Trigger } from '../../api/index.js';
import { MillraceError } from '../../core/errors.js';
import { isMerging } from '../state/keyed-state-backend.js';
import type { ScopedStateStore } from '../state/keyed-states.js';
import type { InternalTimerService } from '../timers/internal-timer-service.js';
import type { WindowTimers } from './window-timers.js';

/** What a trigger and an evictor are told: one object for all keys and windows of an operator. */
export class WindowTriggerContext implements Trigger.OnMergeContext {
  /** Numbers of windows: the one that the trigger is asked about, and those that have become it. */
  window = 0;
  merged: readonly number[] = [];
  private readonly states = new Map<StateDescriptor<State>, State>();

  constructor(
    private readonly service: InternalTimerService,
    private readonly timers: WindowTimers,
    /** Its scope is at the window. */
    private readonly store: ScopedStateStore,
  ) {}

  getCurrentWatermark(): number {
    return this.service.currentWatermark();
  }

  getCurrentProcessingTime(): number {
    return this.service.currentProcessingTime();
  }

  registerEventTimeTimer(time: number): void {
    this.timers.register(true, this.window, time);
  }

  registerProcessingTimeTimer(time: number): void {
    this.timers.register(false, this.window, time);
  }

  deleteEventTimeTimer(time: number): void {
    this.timers.delete(true, this.window, time);
  }

  deleteProcessingTimeTimer(time: number): void {
    this.timers.delete(false, this.window, time);
  }

  getPartitionedState<S extends State>(descriptor: StateDescriptor<S>): S {
    let state = this.states.get(descriptor);
    if (state === undefined) this.states.set(descriptor, (state = this.store.get(descriptor)));
    return state as S;
  }

  mergePartitionedState<S extends State>(descriptor: StateDescriptor<S>): void {
    const state = this.getPartitionedState(descriptor);
    if (!isMerging(state)) {
      throw new MillraceError(
        'ILLEGAL_ARGUMENT',
        `State '${descriptor.getName()}' can't be merged: a list, reducing or aggregating state can.`,
        { domain: 'user' },
      );
    }
    state.mergeNamespaces(this.window, this.merged);
  }
}
