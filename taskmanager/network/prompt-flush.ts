/** HOT PATH: once per record, where `execution.buffer-timeout` is 0. */

/** More records do not make sending one cheaper. */
const MOST_RECORDS = 64;
/** Milliseconds. */
const LONGEST = 1;

/**
 * Sends what an edge without a buffer timeout carries. A record goes at once unless one went less than a millisecond ago; then
 * those of the same turn of the thread go together, at its end. Nobody would receive them sooner: a frame costs many
 * times what a record in it does, so that a queue would form.
 */
export class PromptFlush {
  private last = Number.NEGATIVE_INFINITY;
  private waiting = 0;

  constructor(
    private readonly flush: () => void,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** A record was added. */
  onRecord(): void {
    if (++this.waiting >= MOST_RECORDS || this.clock() - this.last >= LONGEST) this.send();
    else if (this.waiting === 1) queueMicrotask(this.onTurnEnd);
  }

  private readonly onTurnEnd = (): void => {
    if (this.waiting > 0) this.send();
  };

  private send(): void {
    this.waiting = 0;
    this.last = this.clock();
    this.flush();
  }
}
