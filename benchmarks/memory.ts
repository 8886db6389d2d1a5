import { readFileSync } from 'node:fs';

const SAMPLE_MS = 20;

/** Resident and proportional memory of a process, in MB. */
export function megabytes(pid: number): { rss: number; pss: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const of = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(rollup)![1]) / 1024;
  return { rss: of('Rss'), pss: of('Pss') };
}

/** The most resident memory that each process has, in MB, while `work` runs. */
export async function peakMemory(pids: readonly number[], work: () => Promise<unknown>): Promise<number[]> {
  const pageKb = 4;
  const peaks = pids.map(() => 0);
  const sample = (): void => {
    for (const [i, pid] of pids.entries()) {
      const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
      peaks[i] = Math.max(peaks[i]!, (pages * pageKb) / 1024);
    }
  };
  const timer = setInterval(sample, SAMPLE_MS);
  try {
    sample();
    await work();
  } finally {
    clearInterval(timer);
  }
  return peaks;
}
