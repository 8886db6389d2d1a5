import type { OperatorContext } from './operator.js';

/** Emissions between two looks at the clock and at the outputs. */
const LOOK_AFTER = 64;

/**
 * For operators that emit when something outside of their input happens: calls `emit` in a turn of its own, between two
 * slices of the task, when outputs have room, until it says that nothing is left. What it throws fails the task.
 */
export class OwnTurn {
  private scheduled: NodeJS.Immediate | undefined;
  private waiting = false;
  private closed = false;

  constructor(
    private readonly context: OperatorContext,
    /** False when there was nothing to emit. */
    private readonly emit: () => boolean,
  ) {}

  /** There may be something to emit. */
  request(): void {
    if (this.scheduled !== undefined || this.waiting || this.closed) return;
    this.scheduled = setImmediate(this.run);
  }

  /** `emit` is not called any more. */
  close(): void {
    this.closed = true;
    clearImmediate(this.scheduled);
    this.scheduled = undefined;
  }

  private readonly run = (): void => {
    this.scheduled = undefined;
    const { task, index } = this.context;
    const { position } = task;
    // An author's source may be waiting between two of its records: what it throws then is its own.
    const { current } = position;
    const since = performance.now();
    try {
      for (let emitted = 0; ; emitted++) {
        const wait = emitted % LOOK_AFTER === 0 ? task.whenRoom(since) : undefined;
        if (wait !== undefined) {
          this.waiting = true;
          void wait.then(this.goOn);
          break;
        }
        position.current = index;
        if (!this.emit()) break;
      }
    } catch (error) {
      task.fail(error, false);
      return;
    }
    position.current = current;
    // What gathers until the end of a slice should not wait for input.
    task.wake();
  };

  private readonly goOn = (): void => {
    this.waiting = false;
    if (!this.closed) this.run();
  };
}
