import type { AsyncEntry } from './async-queue.js';
import { Fifo } from './fifo.js';

/** A timeout of Node's may not be longer. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/**
 * Says which records have waited too long for an answer. All have the same time, so the first asked is the first that is
 * late: one timeout of Node's does for all of them. It owns that, until `close`.
 */
export class AsyncTimeouts {
  private readonly entries = new Fifo<{ entry: AsyncEntry; deadline: number }>();
  private timeout: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    /** Milliseconds. */
    private readonly wait: number,
    private readonly onLate: (entry: AsyncEntry) => void,
  ) {}

  add(entry: AsyncEntry): void {
    this.dropDone();
    this.entries.push({ entry, deadline: performance.now() + this.wait });
    if (this.timeout === undefined) this.arm();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timeout);
    this.timeout = undefined;
  }

  private arm(): void {
    const { first } = this.entries;
    if (first === undefined || this.closed) return;
    const ms = Math.ceil(Math.max(0, first.deadline - performance.now()));
    this.timeout = setTimeout(this.onTimeout, Math.min(ms, LONGEST_WAIT_MS));
  }

  private readonly onTimeout = (): void => {
    this.timeout = undefined;
    for (;;) {
      this.dropDone();
      const { first } = this.entries;
      if (first === undefined || this.closed || first.deadline > performance.now()) break;
      this.entries.shift();
      this.onLate(first.entry);
    }
    this.arm();
  };

  /** Of those in front. */
  private dropDone(): void {
    while (this.entries.size > 0 && this.entries.first!.entry.state !== 'asked') this.entries.shift();
  }
}
