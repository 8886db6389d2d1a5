/** HOT PATH */
import { MillraceError } from '../../../core/errors.js';
import type { CsvFormat } from '../../../core/graph/index.js';
import { formatRecord } from '../../../core/types/index.js';

/** A record as writeAsText writes it. */
export const lineOf = (record: unknown): string => `${formatRecord(record)}\n`;

/** What writeAsCsv writes of a tuple: its fields as they are, not quoted, as Flink does it. Refuses null and undefined. */
export function csvOf({ fieldDelimiter, rowDelimiter }: CsvFormat, name: string): (record: unknown) => string {
  return record => {
    if (!Array.isArray(record)) {
      const what = record === null ? 'null' : typeof record === 'object' ? 'an object' : `a ${typeof record}`;
      throw new MillraceError(
        'TASK_FAILED',
        `'${name}' writes tuples (arrays) as CSV, it got ${what}: map it to an array first.`,
      );
    }
    let text = '';
    for (let i = 0; i < record.length; i++) {
      const field: unknown = record[i];
      if (field === null || field === undefined) {
        throw new MillraceError('TASK_FAILED', `'${name}' cannot write a tuple with a <null> value at position ${i}.`);
      }
      text += i === 0 ? formatRecord(field) : fieldDelimiter + formatRecord(field);
    }
    return text + rowDelimiter;
  };
}
