import type { Trigger } from './trigger.js';
import type { Window } from './windows.js';

/** Says which windows a record belongs to. */
export abstract class WindowAssigner<T, W extends Window> {
  /**
   * The windows of a record; none drops it. `timestamp` is the record's in epoch milliseconds, Number.MIN_SAFE_INTEGER if
   * it has none.
   */
  abstract assignWindows(element: T, timestamp: number, context: WindowAssigner.WindowAssignerContext): Iterable<W>;
  /** What decides when a window fires unless the program gives another trigger. */
  abstract getDefaultTrigger(): Trigger<T, W>;
  /** Whether windows end as event time moves on; else by the clock. */
  abstract isEventTime(): boolean;
}
export namespace WindowAssigner {
  export interface WindowAssignerContext {
    /** Epoch milliseconds. */
    getCurrentProcessingTime(): number;
  }
}

/** An assigner whose windows may become one, as sessions do. */
export abstract class MergingWindowAssigner<T, W extends Window> extends WindowAssigner<T, W> {
  /** Calls `callback.merge` for each group of windows that has to become one. */
  abstract mergeWindows(windows: Iterable<W>, callback: MergingWindowAssigner.MergeCallback<W>): void;
}
export namespace MergingWindowAssigner {
  export interface MergeCallback<W> {
    /** All of `toBeMerged`, which are among the windows given, are one window: `mergeResult`. */
    merge(toBeMerged: Iterable<W>, mergeResult: W): void;
  }
}

/** @internal By its method: the class may be that of another copy of this package, which a program brought along. */
export const isMerging = <T, W extends Window>(
  assigner: WindowAssigner<T, W>,
): assigner is MergingWindowAssigner<T, W> =>
  typeof (assigner as Partial<MergingWindowAssigner<T, W>>).mergeWindows === 'function';
