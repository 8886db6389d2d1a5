/** Text of the loops that take a batch's records out of it. */
import { type ColumnBatch, type RecordBatch, StringColumn } from '../../core/types/index.js';
import type { KeySlots } from '../state/key-slots.js';
import type { Code } from './code.js';
import { recordText } from './record-text.js';

/** Statements for one record, given expressions for it, its timestamp, and the slot of its key if that is known. */
export type RecordStatements = (record: string, timestamp: string, slot?: string) => string;

/** Works off records `from` to `to` of a batch and leaves in `position.cursor` how far it came. */
export type BatchFunction = (batch: RecordBatch, from: number, to: number) => void;

/** Equal for batches of one layout that one function reads: rows with or without timestamps, strings in the same form. */
export function formOf(batch: RecordBatch): number {
  if (batch.layout === undefined) return batch.timestamps ? 1 : 0;
  let form = 0;
  for (const column of batch.columns) {
    form *= 3;
    if (column instanceof StringColumn) form += column.isAscii ? 1 : 2;
  }
  return form;
}

export function rowsText(code: Code, timed: boolean, position: object, mode: object, each: RecordStatements): string {
  return loopText(code, {
    position,
    mode,
    before: `const records = batch.records${timed ? ', timestamps = batch.timestamps' : ''};\n`,
    each: `const record = records[n];\n${timed ? 'const timestamp = timestamps[n];\n' : ''}${each('record', timed ? 'timestamp' : 'NaN')}`,
  });
}

export function columnsText(
  code: Code,
  batch: ColumnBatch,
  keySlots: KeySlots | undefined,
  position: object,
  mode: object,
  each: RecordStatements,
): string {
  const { layout, columns } = batch;
  let before = 'const columns = batch.columns;\n';
  const values = layout.fields.map(({ kind }, i) => {
    before += `const c${i} = columns[${i}];\n`;
    if (columns[i] instanceof StringColumn) {
      before += `const text${i} = c${i}.text, offsets${i} = c${i}.offsets;\n`;
      return `text${i}.substring(offsets${i}[n], offsets${i}[n + 1])`;
    }
    return kind === 'bool' ? `(c${i}[n] === 1)` : `c${i}[n]`;
  });
  let find = '';
  let slot: string | undefined;
  const key = layout.keyField;
  if (keySlots && key >= 0) {
    slot = 'slot';
    const slots = code.use(keySlots, 'slots');
    const column = columns[key]!;
    if (layout.fields[key]!.kind !== 'str') find = `const slot = ${slots}.slotOfNumber(${values[key]});\n`;
    else {
      const strings = code.use(keySlots.strings, 'strings');
      before += 'const hashes = batch.hashes;\n';
      if (column instanceof StringColumn && column.isAscii) {
        // No string is made of a key that was seen before.
        before = before.replace(`const text${key} = c${key}.text, `, `const bytes${key} = c${key}.view, `);
        find = `const slot = ${strings}.slotOfBytes(bytes${key}, offsets${key}[n], offsets${key}[n + 1], hashes[n]);\n`;
        values[key] = `${code.use(keySlots.keys, 'keys')}[slot]`;
      } else find = `const slot = ${strings}.slotOf(${values[key]}, hashes[n]);\n`;
    }
  }
  if (layout.timed) before += 'const timestamps = batch.timestamps;\n';
  const timestamp = layout.timed ? 'timestamps[n]' : 'NaN';
  return loopText(code, {
    position,
    mode,
    before,
    each: `${find}const record = ${recordText(layout, values)};\n${each('record', timestamp, slot)}`,
  });
}

interface LoopParts {
  position: object;
  mode: object;
  before: string;
  each: string;
}

function loopText(code: Code, { position, mode, before, each }: LoopParts): string {
  const [at, interpreted] = [code.use(position, 'at'), `${code.use(mode, 'mode')}.interpreted`];
  return (
    `function batch(batch, from, to) {\n${before}let i = from;\ntry {\n` +
    `while (i < to) {\nconst n = i++;\n${each}if (${interpreted}) break;\n}\n} finally { ${at}.cursor = i; }\n}`
  );
}
