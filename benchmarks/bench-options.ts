import { parseArgs } from 'node:util';
import { BENCHMARKS, type Benchmark } from './catalogue.js';

export interface BenchOptions {
  jobs: readonly Benchmark[];
  runs: number;
  /** Factor of the number of records. */
  scale: number;
  parallelism: readonly number[];
  /** Numbers of TaskManagers; two slots in all. */
  tms: readonly (1 | 2)[];
  reuse: readonly boolean[];
  seed: number;
  limits: boolean;
  /** Folder of an Apache Flink. */
  flink?: string;
}

const REUSE: Record<string, readonly boolean[]> = { off: [false], on: [true], both: [false, true] };

/** Throws an error that names the option for one that makes no sense. */
export function benchOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      jobs: { type: 'string', default: BENCHMARKS.map(b => b.id).join() },
      runs: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      parallelism: { type: 'string', default: '1,2' },
      tms: { type: 'string', default: '1,2' },
      reuse: { type: 'string', default: 'off' },
      seed: { type: 'string', default: '42' },
      limits: { type: 'boolean', default: false },
      flink: { type: 'string' },
    },
  });
  const scale = Number(values.scale);
  if (!(scale > 0)) throw new Error(`--scale ${values.scale}: a factor above 0, e.g. 0.1.`);
  const reuse = REUSE[values.reuse];
  if (!reuse) throw new Error(`--reuse ${values.reuse}: on, off or both.`);
  return {
    jobs: list('jobs', values.jobs).map(benchmark),
    runs: whole('runs', values.runs, 1, 1000),
    scale,
    parallelism: list('parallelism', values.parallelism).map(p => whole('parallelism', p, 1, 2)),
    tms: list('tms', values.tms).map(n => whole('tms', n, 1, 2) as 1 | 2),
    reuse,
    seed: whole('seed', values.seed, -(2 ** 31), 2 ** 31 - 1),
    limits: values.limits,
    ...(values.flink !== undefined && { flink: values.flink }),
  };
}

const list = (name: string, value: string): string[] => {
  const items = value.split(',').map(item => item.trim());
  if (items.includes('')) throw new Error(`--${name} ${value}: values with commas between them.`);
  return items;
};

function benchmark(id: string): Benchmark {
  const found = BENCHMARKS.find(b => b.id === id);
  if (!found) throw new Error(`--jobs ${id}: there are ${BENCHMARKS.map(b => b.id).join(', ')}.`);
  return found;
}

function whole(name: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < min || number > max) {
    throw new Error(`--${name} ${value}: a whole number from ${min} to ${max}.`);
  }
  return number;
}
