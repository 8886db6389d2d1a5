import { readFileSync } from 'node:fs';
import { cpuSeconds } from './cpu-time.js';
import { quantile } from './measurement.js';
import { ScaleRest } from './scale-rest.js';

const PAUSE_MS = 5;

export interface ProbeFigures {
  ms: number;
  /** Processor time of the process that answers, seconds. */
  cpuSeconds: number;
  /** Of GET /overview, milliseconds. */
  p50: number;
  p99: number;
  max: number;
}

/** Asks a JobManager for its overview all the time while something else happens. */
export class RestProbe {
  constructor(
    private readonly address: string,
    private readonly pid: number,
  ) {}

  async during(work: () => Promise<unknown>): Promise<ProbeFigures> {
    const rest = new ScaleRest(this.address);
    const latencies: number[] = [];
    let over = false;
    const asking = (async () => {
      while (!over) {
        const began = performance.now();
        await rest.overview();
        latencies.push(performance.now() - began);
        await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
      }
    })();
    const [began, cpu] = [performance.now(), cpuSeconds(this.pid)];
    try {
      await work();
    } finally {
      over = true;
      await asking;
    }
    const ms = performance.now() - began;
    const [p50, p99, max] = [0.5, 0.99, 1].map(q => quantile(latencies, q)) as [number, number, number];
    return { ms, cpuSeconds: cpuSeconds(this.pid) - cpu, p50, p99, max };
  }
}

/** Of a process, MB. */
export function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}
