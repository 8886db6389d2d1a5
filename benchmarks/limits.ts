import type { BenchOptions } from './bench-options.js';
import { LINES, lines, PAYLOADS, payloads } from './jobs/generator.js';
import { codecs } from './limits-msgpack.js';
import { loopback } from './limits-websocket.js';
import { keepLine, quantile } from './measurement.js';
import { aligned, thousands } from './results-table.js';

/** What a single part gives that does nothing else: no job can be faster than its parts. */
export interface Limit {
  name: string;
  unit: 'records' | 'MB';
  perSecond: number;
  /** Of all processes that take part. */
  perCpuSecond: number;
}

/** Milliseconds of CPU time: until the compiler has done its part, and then measured. */
const WARM_UP_MS = 200;
const SLICE_MS = 500;

/** Measures what `round` gives, which does `units` of something each time it is called. */
export function rateOf(name: string, units: number, round: () => void): Limit {
  spend(WARM_UP_MS, round);
  const began = performance.now();
  const { rounds, cpuMs } = spend(SLICE_MS, round);
  const done = units * rounds * 1e3;
  return { name, unit: 'records', perSecond: done / (performance.now() - began), perCpuSecond: done / cpuMs };
}

function spend(ms: number, round: () => void): { rounds: number; cpuMs: number } {
  const before = process.cpuUsage();
  for (let rounds = 1; ; rounds++) {
    round();
    const { user, system } = process.cpuUsage(before);
    const cpuMs = (user + system) / 1e3;
    if (cpuMs >= ms) return { rounds, cpuMs };
  }
}

/** What the loops come to: a result nobody sees is not calculated. */
export const seen = { value: 0 };

function generators(seed: number): (() => Limit)[] {
  const round = 10_000;
  const text = lines(seed);
  const strings = payloads(seed);
  return [
    () =>
      rateOf('b1, generator, map and filter', round, () => {
        let sum = 0;
        for (let i = 0; i < round; i++) {
          const value = i * 3 + 1;
          if (value % 7 !== 0) sum += value;
        }
        seen.value = sum;
      }),
    () =>
      rateOf('b2, generator and split', round, () => {
        let sum = 0;
        for (let i = 0; i < round; i++) for (const word of text[i & (LINES - 1)]!.split(' ')) sum += word.length;
        seen.value = sum;
      }),
    () =>
      rateOf('b5, generator', round, () => {
        let sum = 0;
        for (let i = 0; i < round; i++) {
          const message: [number, string] = [i, strings[i & (PAYLOADS - 1)]!];
          sum += message[0] + message[1].length;
        }
        seen.value = sum;
      }),
  ];
}

/** A table of medians; the raw figures are kept. */
export async function measureLimits({ seed, runs }: Pick<BenchOptions, 'seed' | 'runs'>): Promise<string[]> {
  const parts = [...generators(seed), ...codecs(seed), loopback];
  const figures = parts.map((): Limit[] => []);
  for (let run = 0; run < runs; run++) {
    for (const [i, part] of parts.entries()) {
      const limit = await part();
      const { name, ...rates } = limit;
      console.log(keepLine('bench', { limit: name }, rates));
      figures[i]!.push(limit);
    }
  }
  const rows = figures.map(of => {
    const middle = (rate: 'perSecond' | 'perCpuSecond'): string =>
      thousands(
        quantile(
          of.map(limit => limit[rate]),
          0.5,
        ),
      );
    return [of[0]!.name, of[0]!.unit, middle('perSecond'), middle('perCpuSecond')];
  });
  return aligned([['alone', 'unit', 'a second', 'a CPU-second'], ...rows], 2);
}
