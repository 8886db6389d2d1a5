import type { Column, Field } from '../../core/types/index.js';

/**
 * Arrays side by side, one a field, under names that generated text reads without a detour: c0, c1 … in the order of a
 * layout, `h` for hashes of keys, `t` for timestamps.
 */
export class ColumnSet {
  c0: Column | undefined = undefined;
  c1: Column | undefined = undefined;
  c2: Column | undefined = undefined;
  c3: Column | undefined = undefined;
  c4: Column | undefined = undefined;
  c5: Column | undefined = undefined;
  c6: Column | undefined = undefined;
  c7: Column | undefined = undefined;
  c8: Column | undefined = undefined;
  c9: Column | undefined = undefined;
  c10: Column | undefined = undefined;
  c11: Column | undefined = undefined;
  c12: Column | undefined = undefined;
  c13: Column | undefined = undefined;
  c14: Column | undefined = undefined;
  c15: Column | undefined = undefined;
  h: Int32Array | undefined = undefined;
  t: Float64Array | undefined = undefined;

  column(i: number): Column | undefined {
    return this[columnName(i)];
  }

  setColumn(i: number, column: Column | undefined): void {
    this[columnName(i)] = column;
  }
}

type ColumnName = `c${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15}`;

export const columnName = (i: number): ColumnName => `c${i}` as ColumnName;

export function newColumn(kind: Field['kind'], length: number): Column {
  switch (kind) {
    case 'i32':
      return new Int32Array(length);
    case 'f64':
      return new Float64Array(length);
    case 'bool':
      return new Uint8Array(length);
    case 'str':
      return new Array<string>(length).fill('');
  }
}
