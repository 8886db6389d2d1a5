import { quantile } from './measurement.js';

/** One run of one job. */
export interface Run {
  job: string;
  parallelism: number;
  /** TaskManagers that its slots were in. */
  tms: number;
  engine: 'millrace' | 'flink';
  reuse: boolean;
  recordsPerSecond: number;
  recordsPerCpuSecond: number;
  otherCores: number;
}

const HEADINGS = [
  'job',
  '-p',
  'TMs',
  'engine',
  'reuse',
  'records/s',
  '(min … max)',
  'records/CPU-s',
  '(min … max)',
  'n',
];

const same = (run: Run): string => [run.job, run.parallelism, run.tms, run.engine, run.reuse].join();

function groupsOf(runs: readonly Run[], key: (run: Run) => string): Run[][] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) groups.set(key(run), [...(groups.get(key(run)) ?? []), run]);
  return [...groups.values()];
}

/** Medians over the runs of the same setting. */
export function medians(runs: readonly Run[]): string[] {
  const rows = groupsOf(runs, same).map(group => {
    const [first] = group;
    return [
      ...[first!.job, String(first!.parallelism), String(first!.tms), first!.engine, first!.reuse ? 'on' : 'off'],
      ...spread(group.map(run => run.recordsPerSecond)),
      ...spread(group.map(run => run.recordsPerCpuSecond)),
      String(group.length),
    ];
  });
  return aligned([HEADINGS, ...rows]);
}

function spread(values: readonly number[]): [median: string, range: string] {
  const [min, median, max] = [0, 0.5, 1].map(q => thousands(quantile(values, q)));
  return [median!, `${min} … ${max}`];
}

export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  return rows.map(row =>
    row.map((cell, i) => (i < 5 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
}

export const thousands = (value: number): string => Math.round(value).toLocaleString('en-US');
