import { readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second, whatever its own clock is. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 20;

/** Seconds, user and system, of all threads that a process has or had. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Seconds that all cores of the host worked, for whomever. */
function hostSeconds(): number {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .slice(0, 200)
    .split('\n')[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user! + nice! + system! + irq! + softirq! + steal!) / TICKS_PER_SECOND;
}

interface Sample {
  /** Milliseconds since the epoch. */
  at: number;
  own: number;
  host: number;
}

/** Watches what processes spend while a job runs whose first moment is known only afterwards. */
export class CpuWatch {
  private readonly samples: Sample[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly pids: readonly number[]) {
    this.sample();
    this.timer = setInterval(() => this.sample(), SAMPLE_MS);
  }

  /**
   * Ends the watch. `seconds` is what the processes spent from `since` to now: a job's aftermath counts, not their idling
   * before it. `others` is how many cores the rest of the host had in that time.
   */
  stop(since: number): { seconds: number; others: number } {
    this.close();
    this.sample();
    const first = this.samples.findLast(s => s.at <= since) ?? this.samples[0]!;
    const last = this.samples.at(-1)!;
    const seconds = last.own - first.own;
    const elapsed = Math.max(1, last.at - first.at) / 1000;
    return { seconds, others: Math.max(0, last.host - first.host - seconds) / elapsed };
  }

  close(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    const own = this.pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    this.samples.push({ at: Date.now(), own, host: hostSeconds() });
  }
}
