import { readdirSync, readFileSync } from 'node:fs';

const SAMPLE_MS = 50;

/**
 * How long threads of processes could have run and had no core: what a busy host adds to latencies. Threads come and go with
 * a job, so each is looked at while it lives.
 */
export class RunQueueWatch {
  private readonly began = Date.now();
  private readonly waits = new Map<string, { first: number; last: number }>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly pids: readonly number[]) {
    this.timer = setInterval(() => this.sample(true), SAMPLE_MS);
    this.sample(false);
  }

  /** Threads that waited for a core, on average, since the watch began. */
  stop(): number {
    this.sample(true);
    this.close();
    let nanoseconds = 0;
    for (const { first, last } of this.waits.values()) nanoseconds += last - first;
    return nanoseconds / 1e6 / Math.max(1, Date.now() - this.began);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private sample(fromNothing: boolean): void {
    for (const pid of this.pids) {
      for (const tid of entries(`/proc/${pid}/task`)) {
        const wait = waitOf(`/proc/${pid}/task/${tid}/schedstat`);
        if (wait === undefined) continue;
        const known = this.waits.get(tid);
        if (known) known.last = wait;
        else this.waits.set(tid, { first: fromNothing ? 0 : wait, last: wait });
      }
    }
  }
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** Nanoseconds; undefined if the thread has just ended. */
function waitOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[1]);
  } catch {
    return undefined;
  }
}
