import type { LatencyRun } from './latency-run.js';
import { quantile } from './measurement.js';
import { aligned, thousands } from './results-table.js';

export interface LatencyCell extends LatencyRun {
  engine: 'millrace' | 'flink';
  timeout: number;
  /** Percent of the peak. */
  load: number;
  rate: number;
}

export const QUANTILES = { p50: 0.5, p99: 0.99, p999: 0.999 } as const;
type Quantile = keyof typeof QUANTILES;

const HEADINGS = [
  'timeout',
  'load',
  'engine',
  'records/s',
  'p50',
  'p99',
  'p99.9',
  'source late, p99',
  'cores',
  'starved',
  '',
];
const RATIO_HEADINGS = ['timeout', 'load', 'ours ÷ Flink, p50', 'p99', 'p99.9'];

/** A record that was given up stands for a latency without end. */
const isOverloaded = (cell: LatencyCell): boolean => cell.dropped > 0;

export const latencyOf = (cell: LatencyCell, q: Quantile): number => cell.crossed.quantile(QUANTILES[q]);

/** Medians over the runs of a cell, in milliseconds. */
export function latencyTable(cells: readonly LatencyCell[]): string[] {
  const rows = grouped(cells, c => [c.timeout, c.load, c.engine].join()).map(group => {
    const { timeout, load, engine, rate } = group[0]!;
    const median = (of: (cell: LatencyCell) => number): number => quantile(group.map(of), 0.5);
    const quantiles = (['p50', 'p99', 'p999'] as const).map(q => ms(median(c => latencyOf(c, q))));
    return [
      ...[`${timeout} ms`, `${load} %`, engine, thousands(rate), ...quantiles],
      ...[ms(median(c => c.late.quantile(0.99))), median(c => c.cores).toFixed(2), median(c => c.starved).toFixed(2)],
      group.some(isOverloaded) ? 'overloaded' : '',
    ];
  });
  return rows.length === 0 ? [] : aligned([HEADINGS, ...rows], 3);
}

/** Our medians divided by Flink's at the same rate and buffer timeout. */
export function latencyRatios(cells: readonly LatencyCell[]): string[] {
  const rows = grouped(cells, c => [c.timeout, c.load].join()).flatMap(cell => {
    const of = (engine: LatencyCell['engine']) => cell.filter(c => c.engine === engine);
    const [ours, theirs] = [of('millrace'), of('flink')];
    if (ours.length === 0 || theirs.length === 0) return [];
    const median = (group: readonly LatencyCell[], q: Quantile): number =>
      quantile(
        group.map(c => latencyOf(c, q)),
        0.5,
      );
    const ratio = (q: Quantile): string => (median(ours, q) / median(theirs, q)).toFixed(2);
    return [[`${cell[0]!.timeout} ms`, `${cell[0]!.load} %`, ratio('p50'), ratio('p99'), ratio('p999')]];
  });
  return rows.length === 0 ? [] : aligned([RATIO_HEADINGS, ...rows], 2);
}

function grouped(cells: readonly LatencyCell[], key: (cell: LatencyCell) => string): LatencyCell[][] {
  const groups = new Map<string, LatencyCell[]>();
  for (const cell of cells) groups.set(key(cell), [...(groups.get(key(cell)) ?? []), cell]);
  return [...groups.values()];
}

const ms = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(value < 10 ? 2 : 1));
