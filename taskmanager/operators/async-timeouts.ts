import type { AsyncEntry } from './async-queue.js';

/** A timeout of Node's may not be longer. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/**
 * Says which records have waited too long for an answer. All have the same time, so the first asked is the first that is
 * late: one timeout of Node's does for all of them. It owns that, until `close`.
 */
export class AsyncTimeouts {
  private entries: Array<{ entry: AsyncEntry; deadline: number }> = [];
  private head = 0;
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
    const first = this.entries[this.head];
    if (first === undefined || this.closed) return;
    const ms = Math.ceil(Math.max(0, first.deadline - performance.now()));
    this.timeout = setTimeout(this.onTimeout, Math.min(ms, LONGEST_WAIT_MS));
  }

  private readonly onTimeout = (): void => {
    this.timeout = undefined;
    for (;;) {
      this.dropDone();
      const first = this.entries[this.head];
      if (first === undefined || this.closed || first.deadline > performance.now()) break;
      this.head++;
      this.onLate(first.entry);
    }
    this.arm();
  };

  /** Of those in front. */
  private dropDone(): void {
    const { entries } = this;
    while (this.head < entries.length && entries[this.head]!.entry.state !== 'asked') this.head++;
    if (this.head * 2 <= entries.length) return;
    this.entries = entries.slice(this.head);
    this.head = 0;
  }
}
