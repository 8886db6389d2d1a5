import { type Clock, SystemClock } from '../../core/clock.js';

export interface ResultWatchOptions {
  clock?: Clock;
  /** Milliseconds since its last question for which a client counts as following the job. Default 5000. */
  followsForMs?: number;
  /** Milliseconds that such a client has to fetch the result. Default 10,000. */
  waitMs?: number;
}

/** Whether somebody follows a job and has seen its end: who may go when the job is over waits for that. */
export class ResultWatch {
  private lastAsked = Number.NEGATIVE_INFINITY;
  private wasServed = false;
  private notify: (() => void) | undefined;
  private readonly clock: Clock;

  constructor(private readonly options: ResultWatchOptions = {}) {
    this.clock = options.clock ?? SystemClock;
  }

  /** Somebody asked for the result; `final`: and got it. */
  asked(final: boolean): void {
    this.lastAsked = this.clock.now();
    if (!final) return;
    this.wasServed = true;
    this.notify?.();
  }

  /** Resolves when the result was fetched; at once where nobody follows, and after `waitMs` where nobody comes. */
  async served(waitMs = this.options.waitMs ?? 10_000): Promise<void> {
    const { followsForMs = 5000 } = this.options;
    if (this.wasServed || this.clock.now() - this.lastAsked > followsForMs) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, waitMs);
      this.notify = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
