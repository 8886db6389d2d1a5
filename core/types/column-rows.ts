import type { Column, ColumnBatch } from './record-batch.js';
import { StringColumn } from './string-column.js';

/** The records of a batch of columns, one by one: the plain way, for tasks that are not compiled. */
export function rowsOf({ layout, count, columns }: ColumnBatch): unknown[] {
  const { shape, fields } = layout;
  return Array.from({ length: count }, (_, i) => {
    if (shape === 'value') return valueAt(columns[0]!, fields[0]!.kind, i);
    const values = fields.map(({ kind }, j) => valueAt(columns[j]!, kind, i));
    return shape === 'tuple' ? values : Object.fromEntries(fields.map(({ name }, j) => [name, values[j]]));
  });
}

function valueAt(column: Column, kind: string, i: number): unknown {
  if (column instanceof StringColumn) return column.at(i);
  return kind === 'bool' ? column[i] === 1 : column[i];
}
