/** HOT PATH: once per slice. */

/** What a step of work left behind: there is more to do, or what it waits for until `wake`. */
export type StepResult = 'more' | 'idle' | 'backPressured' | 'ended';

export interface LoopTimes {
  busyMs: number;
  backPressuredMs: number;
  idleMs: number;
}

export const SLICE_MS = 3;

/**
 * Runs a task's work in slices of 3 ms, then lets the slot's other tasks and its sockets have their turn. `step` does a
 * little work (some hundred records) each time; between slices nothing of the task runs.
 */
export class TaskLoop {
  readonly times: LoopTimes = { busyMs: 0, backPressuredMs: 0, idleMs: 0 };
  private scheduled: NodeJS.Immediate | undefined;
  private rest: keyof LoopTimes = 'idleMs';
  private since: number;
  private stopped = true;

  constructor(
    private readonly step: () => StepResult,
    private readonly afterSlice: () => void,
    private readonly onError: (error: unknown) => void,
    private readonly onEnded: () => void,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.since = clock();
  }

  start(): void {
    this.stopped = false;
    this.since = this.clock();
    this.wake();
  }

  stop(): void {
    this.account();
    this.stopped = true;
    clearImmediate(this.scheduled);
    this.scheduled = undefined;
  }

  /** Something the task waited for may be there. */
  wake(): void {
    if (this.scheduled === undefined && !this.stopped) this.scheduled = setImmediate(this.slice);
  }

  /** It waits for input; nothing else holds it. */
  get isIdle(): boolean {
    return this.rest === 'idleMs';
  }

  /** Times up to now. */
  account(): void {
    const now = this.clock();
    if (!this.stopped) this.times[this.rest] += now - this.since;
    this.since = now;
  }

  private readonly slice = (): void => {
    this.scheduled = undefined;
    this.account();
    const deadline = this.since + SLICE_MS;
    let result: StepResult = 'more';
    try {
      do result = this.step();
      while (result === 'more' && !this.stopped && this.clock() < deadline);
      this.afterSlice();
    } catch (error) {
      this.onError(error);
      return;
    }
    if (this.stopped) return;
    // Waiting for the thread's other tasks counts as busy: there is work.
    this.rest = 'busyMs';
    this.account();
    if (result === 'more') this.wake();
    else if (result === 'ended') this.onEnded();
    else this.rest = result === 'idle' ? 'idleMs' : 'backPressuredMs';
  };
}
