import type { MergingWindowAssigner, Window } from '../../api/index.js';
import type { WindowNamespaces } from './window-namespaces.js';

/** Windows that have become `result`; all are numbers of windows. Their state goes from `stateSources` to `stateTarget`. */
export interface Merge {
  result: number;
  merged: readonly number[];
  stateTarget: number;
  stateSources: readonly number[];
}

/**
 * The windows of one key that may still merge. The state of each lies in a namespace of its own, which a window that grows
 * takes along: so a session costs no moving of state for each of its records.
 */
export class MergingWindowSet {
  /** Number of the window → namespace of its state. */
  private readonly stateOf = new Map<number, number>();

  constructor(
    private readonly namespaces: WindowNamespaces,
    private readonly assigner: MergingWindowAssigner<unknown, Window>,
  ) {}

  get isEmpty(): boolean {
    return this.stateOf.size === 0;
  }

  /** Undefined if the window is not in flight any more. */
  stateNamespace(window: number): number | undefined {
    return this.stateOf.get(window);
  }

  /** The number of the window that `window` has become a part of. `onMerge` is told of all that merge. */
  add(window: Window, onMerge: (merge: Merge) => void): number {
    const { namespaces } = this;
    const added = namespaces.hold(window);
    const held = [added];
    const merges: Array<{ result: number; merged: Set<number> }> = [];
    const inFlight = [...this.stateOf.keys()].map(number => namespaces.windows[number]!);
    this.assigner.mergeWindows([...inFlight, window], {
      merge: (toBeMerged, mergeResult) => {
        const merged = new Set([...toBeMerged].map(w => namespaces.hold(w)));
        const result = namespaces.hold(mergeResult);
        held.push(result, ...merged);
        merges.push({ result, merged });
      },
    });
    let into = added;
    for (const { result, merged } of merges) {
      if (merged.has(added)) {
        into = result;
        // It has no state yet, unless one like it is in flight.
        if (!this.stateOf.has(added)) merged.delete(added);
      }
      this.merge(result, [...merged], onMerge);
    }
    if (!this.stateOf.has(into)) this.put(into, namespaces.holdState());
    for (const number of held) namespaces.release(number);
    return into;
  }

  /** The window is over. */
  retire(window: number): void {
    const state = this.stateOf.get(window);
    if (state === undefined) return;
    this.stateOf.delete(window);
    this.namespaces.release(state);
    this.namespaces.release(window);
  }

  private merge(result: number, merged: readonly number[], onMerge: (merge: Merge) => void): void {
    const states = merged.flatMap(window => this.stateOf.get(window) ?? []);
    const [stateTarget, ...stateSources] = states;
    if (stateTarget === undefined) return;
    for (const window of merged) if (this.stateOf.delete(window)) this.namespaces.release(window);
    this.put(result, stateTarget);
    // A window that takes up the new one without growing is what it was.
    if (merged.length > 1 || merged[0] !== result) onMerge({ result, merged, stateTarget, stateSources });
    for (const state of stateSources) this.namespaces.release(state);
  }

  private put(window: number, state: number): void {
    this.stateOf.set(window, state);
    this.namespaces.retain(window);
  }
}
