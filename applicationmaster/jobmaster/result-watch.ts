import { type Clock, SystemClock } from '../../core/clock.js';

/** Milliseconds since its last question for which a client counts as following the job. */
const FOLLOWS_FOR_MS = 5000;

/** Whether somebody follows a job and has seen its end: who may go when the job is over waits for that. */
export class ResultWatch {
  private lastAsked = Number.NEGATIVE_INFINITY;
  private wasServed = false;
  private notify: (() => void) | undefined;

  constructor(private readonly clock: Clock = SystemClock) {}

  /** Somebody asked for the result; `final`: and got it. */
  asked(final: boolean): void {
    this.lastAsked = this.clock.now();
    if (!final) return;
    this.wasServed = true;
    this.notify?.();
  }

  /** Somebody asked of late. */
  get isFollowed(): boolean {
    return this.clock.now() - this.lastAsked <= FOLLOWS_FOR_MS;
  }

  /** Resolves when the result was fetched, or after `waitMs`. */
  async served(waitMs: number): Promise<void> {
    if (this.wasServed) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, waitMs);
      this.notify = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
