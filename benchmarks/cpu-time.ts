import { readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second, whatever its own clock is. */
const TICKS_PER_SECOND = 100;
/** No less can be told from nothing. */
const TICK = 1 / TICKS_PER_SECOND;
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
  private gone: Error | undefined;

  constructor(private readonly pids: readonly number[]) {
    this.timer = setInterval(() => this.sample(), SAMPLE_MS);
    this.sample();
  }

  /**
   * Ends the watch. `seconds` is what the processes spent from `since` to now: a job's aftermath counts, not their idling
   * before it. `others` is how many cores the rest of the host had in that time. Throws if one of them has ended.
   */
  stop(since: number): { seconds: number; others: number } {
    this.sample();
    this.close();
    if (this.gone) throw this.gone;
    const first = this.samples.findLast(s => s.at <= since) ?? this.samples[0]!;
    const last = this.samples.at(-1)!;
    const seconds = Math.max(TICK, last.own - first.own);
    const elapsed = Math.max(1, last.at - first.at) / 1000;
    return { seconds, others: Math.max(0, last.host - first.host - seconds) / elapsed };
  }

  close(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    try {
      const own = this.pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
      this.samples.push({ at: Date.now(), own, host: hostSeconds() });
    } catch (error) {
      this.gone = new Error(`A TaskManager (pids ${this.pids.join(', ')}) has ended.`, { cause: error });
      this.close();
    }
  }
}
