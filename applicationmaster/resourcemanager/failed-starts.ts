import type { Clock } from '../../core/clock.js';

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;

/**
 * Workers that ended before they registered, one after another. The first may be chance; from the second on each makes
 * the pause before the next ones twice as long.
 */
export class FailedStarts {
  private inARow = 0;
  private pausedUntil = 0;

  constructor(private readonly clock: Clock) {}

  get count(): number {
    return this.inARow;
  }

  /** No new workers now. */
  get isPaused(): boolean {
    return this.clock.now() < this.pausedUntil;
  }

  /** One more. Returns how many milliseconds none should be asked for. */
  add(): number {
    this.inARow++;
    const pause = this.inARow < 2 ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.inARow - 2));
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.now() + pause);
    return this.pausedUntil - this.clock.now();
  }

  /** A worker came up. */
  reset(): void {
    this.inARow = 0;
    this.pausedUntil = 0;
  }
}
