import { keepLine } from './measurement.js';
import { aligned } from './results-table.js';

type Row = Record<string, string | number>;

/** Keeps each figure as a JSON line in results/scale.jsonl at once, and prints tables of all at the end. */
export class ScaleRecorder {
  private readonly rows = new Map<string, Row[]>();

  /** Rows of one `part` make one table. */
  add(setting: Row & { part: string }, figures: object): void {
    console.log(keepLine('scale', setting, figures as Record<string, unknown>));
    const { part, ...rest } = setting;
    this.rows.set(part, [...(this.rows.get(part) ?? []), { ...rest, ...(figures as Row) }]);
  }

  print(): void {
    for (const [part, rows] of this.rows) {
      const columns = [...new Set(rows.flatMap(Object.keys))];
      const names = columns.filter(c => rows.some(row => typeof row[c] === 'string'));
      const order = [...names, ...columns.filter(c => !names.includes(c))];
      const cells = rows.map(row => order.map(c => (row[c] === undefined ? '' : format(row[c]))));
      console.log(`\n${part}\n${aligned([order, ...cells], names.length).join('\n')}`);
    }
  }
}

function format(value: string | number): string {
  if (typeof value === 'string') return value;
  if (Number.isInteger(value)) return String(value);
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
