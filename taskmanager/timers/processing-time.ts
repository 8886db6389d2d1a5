/** HOT PATH: once per step. */

/** Calls back when processing time has passed a point; set anew as often as one likes. */
export interface ProcessingTimer {
  /** In place of what was set before. */
  at(time: number): void;
  cancel(): void;
}

export interface ProcessingTimeOptions {
  /** Epoch milliseconds. */
  now(): number;
  /** Something is due: `fireDue` should be called where the task may emit. */
  onDue(): void;
  /** Index in the chain of whose code runs. */
  position: { current: number };
  /** No promise is pending. */
  mayFire(): boolean;
}

/** A timeout of Node's may not be longer. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

class Timer implements ProcessingTimer {
  due = Number.POSITIVE_INFINITY;

  constructor(
    private readonly service: ProcessingTimeService,
    readonly index: number,
    readonly callback: (time: number) => void,
  ) {}

  at(time: number): void {
    this.due = time;
    this.service.rearm();
  }

  cancel(): void {
    this.at(Number.POSITIVE_INFINITY);
  }
}

/**
 * Processing time of a task: owns the one timeout that wakes it, and calls back in the task's turn, never while a promise
 * is pending or an output full. Operators have a timer each, or a few, and set it to the earliest of their own.
 */
export class ProcessingTimeService {
  /** `fireDue` has something to do. */
  isDue = false;
  private readonly timers: Timer[] = [];
  private timeout: NodeJS.Timeout | undefined;
  private armedFor = Number.POSITIVE_INFINITY;
  private stopped = false;

  constructor(private readonly options: ProcessingTimeOptions) {}

  /** Epoch milliseconds. */
  readonly now = (): number => this.options.now();

  /** Of operator `index`; `callback` gets the time that was set. */
  timer(index: number, callback: (time: number) => void): ProcessingTimer {
    const timer = new Timer(this, index, callback);
    this.timers.push(timer);
    return timer;
  }

  /** Calls back for all that is due, the earliest first, until a promise is pending. */
  fireDue(): void {
    const { position, mayFire } = this.options;
    const now = this.now();
    while (mayFire() && !this.stopped) {
      const timer = this.earliest();
      // A point has passed when the clock shows the next millisecond: what happens at the point itself comes before.
      if (!timer || timer.due >= now) {
        this.isDue = false;
        this.rearm();
        return;
      }
      const time = timer.due;
      timer.due = Number.POSITIVE_INFINITY;
      position.current = timer.index;
      timer.callback(time);
    }
  }

  /** Nothing is called any more. */
  stop(): void {
    this.stopped = true;
    this.isDue = false;
    clearTimeout(this.timeout);
    this.timeout = undefined;
  }

  /** @internal A timer was set. */
  rearm(): void {
    // Who fires looks at all of them at the end.
    if (this.isDue || this.stopped) return;
    const due = this.earliest()?.due ?? Number.POSITIVE_INFINITY;
    if (due === this.armedFor) return;
    clearTimeout(this.timeout);
    this.timeout = undefined;
    this.armedFor = due;
    if (due === Number.POSITIVE_INFINITY) return;
    const wait = Math.max(0, due - this.now()) + 1;
    this.timeout = setTimeout(this.onTimeout, Math.min(wait, LONGEST_WAIT_MS));
  }

  private readonly onTimeout = (): void => {
    this.timeout = undefined;
    this.armedFor = Number.POSITIVE_INFINITY;
    this.isDue = true;
    this.options.onDue();
  };

  private earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.timers) if (timer.due < (earliest?.due ?? Number.POSITIVE_INFINITY)) earliest = timer;
    return earliest;
  }
}
