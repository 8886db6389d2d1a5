import { Packr } from 'msgpackr';
import { lines, payloads } from './jobs/generator.js';
import { type Limit, rateOf, seen } from './limits.js';

const BATCH = 512;
const packr = new Packr({ useRecords: false });

interface Batch {
  job: string;
  /** Of the job's source: b2's are lines, of which each is ten of the batch. */
  records: number;
  rows: [unknown, unknown][];
  columns: Column[];
}

/** How a column becomes bytes or one string, and rows' values again. */
interface Column {
  pack(rows: [unknown, unknown][]): unknown;
  unpack(packed: unknown): ArrayLike<unknown>;
}

const numbers = (at: 0 | 1): Column => ({
  pack: rows => {
    const column = new Int32Array(rows.length);
    for (let i = 0; i < rows.length; i++) column[i] = rows[i]![at] as number;
    return new Uint8Array(column.buffer);
  },
  // Bytes of a message lie at any offset.
  unpack: packed => new Int32Array((packed as Uint8Array).slice().buffer),
});

const strings = (at: 0 | 1): Column => ({
  pack: rows => rows.map(row => row[at]).join(' '),
  unpack: packed => (packed as string).split(' '),
});

/** Batches of b2 and b5 to bytes and back: row by row, and in columns as far as msgpack takes those. */
export function codecs(seed: number): (() => Limit)[] {
  const words = lines(seed).slice(0, BATCH).join(' ').split(' ').slice(0, BATCH);
  const texts = payloads(seed).slice(0, BATCH);
  const batches: Batch[] = [
    { job: 'b2', records: BATCH / 10, rows: words.map(word => [word, 1]), columns: [strings(0), numbers(1)] },
    { job: 'b5', records: BATCH, rows: texts.map((text, i) => [i, text]), columns: [numbers(0), strings(1)] },
  ];
  return batches.flatMap(({ job, records, rows, columns }) => {
    const measure = (how: string, pack: () => Uint8Array, unpack: (bytes: Uint8Array) => unknown[]) => () =>
      rateOf(`${job}, msgpack ${how} (${(pack().length / records).toFixed(0)} bytes a record)`, records, () => {
        seen.value += unpack(pack()).length;
      });
    return [
      measure(
        'rows',
        () => packr.pack(rows),
        bytes => packr.unpack(bytes) as unknown[],
      ),
      measure(
        'columns',
        () => packr.pack(columns.map(column => column.pack(rows))),
        bytes => {
          const [a, b] = (packr.unpack(bytes) as unknown[]).map((packed, i) => columns[i]!.unpack(packed));
          return Array.from({ length: BATCH }, (_, i) => [a![i], b![i]]);
        },
      ),
    ];
  });
}
