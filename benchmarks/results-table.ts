import { quantile } from './measurement.js';

/** One run of one job. */
export interface Run {
  job: string;
  parallelism: number;
  /** TaskManagers that our slots are in: Flink's are always in one. */
  tms: 1 | 2;
  engine: 'millrace' | 'flink';
  reuse: boolean;
  recordsPerSecond: number;
  recordsPerCpuSecond: number;
}

type Rate = 'recordsPerSecond' | 'recordsPerCpuSecond';

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
const RATIO_HEADINGS = ['job', '-p', 'TMs', 'engine', 'reuse', '÷ Flink, records/s', '÷ Flink, records/CPU-s'];

const cellOf = ({ job, parallelism, tms }: Run): string => [job, parallelism, tms].join();
const settingOf = (run: Run): string => [cellOf(run), run.engine, run.reuse].join();

function grouped(runs: readonly Run[], key: (run: Run) => string): Run[][] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) groups.set(key(run), [...(groups.get(key(run)) ?? []), run]);
  return [...groups.values()];
}

const median = (runs: readonly Run[], rate: Rate): number =>
  quantile(
    runs.map(run => run[rate]),
    0.5,
  );

/** Medians over the runs of the same setting. */
export function medians(runs: readonly Run[]): string[] {
  const rows = grouped(runs, settingOf).map(group => [
    ...namesOf(group[0]!, group[0]!.engine === 'flink' ? 1 : group[0]!.tms),
    ...spread(group, 'recordsPerSecond'),
    ...spread(group, 'recordsPerCpuSecond'),
    String(group.length),
  ]);
  return rows.length === 0 ? [] : aligned([HEADINGS, ...rows]);
}

/** Our medians divided by the better of Flink's two, that with objects reused and that without, of the same alternation. */
export function ratios(runs: readonly Run[]): string[] {
  const rows = grouped(runs, cellOf).flatMap(cell => {
    const settings = grouped(cell, settingOf);
    const theirs = settings.filter(group => group[0]!.engine === 'flink');
    if (theirs.length === 0) return [];
    const ratio = (ours: Run[], rate: Rate): string =>
      (median(ours, rate) / Math.max(...theirs.map(group => median(group, rate)))).toFixed(2);
    return settings
      .filter(group => group[0]!.engine === 'millrace')
      .map(ours => [
        ...namesOf(ours[0]!, ours[0]!.tms),
        ratio(ours, 'recordsPerSecond'),
        ratio(ours, 'recordsPerCpuSecond'),
      ]);
  });
  return rows.length === 0 ? [] : aligned([RATIO_HEADINGS, ...rows]);
}

const namesOf = ({ job, parallelism, engine, reuse }: Run, tms: number): string[] => [
  ...[job, String(parallelism), String(tms), engine, reuse ? 'on' : 'off'],
];

function spread(runs: readonly Run[], rate: Rate): [median: string, range: string] {
  const values = runs.map(run => run[rate]);
  const [min, middle, max] = [0, 0.5, 1].map(q => thousands(quantile(values, q)));
  return [middle!, `${min} … ${max}`];
}

const NAMES = 5;

/** Names to the left, figures to the right. */
export function aligned(rows: readonly (readonly string[])[], names = NAMES): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  return rows.map(row =>
    row
      .map((cell, i) => (i < names ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}

export const thousands = (value: number): string => Math.round(value).toLocaleString('en-US');
