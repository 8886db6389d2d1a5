import { isPlainPrototype } from './travel-rules.js';

/** What a column holds: 32-bit integers (never −0), any numbers, booleans, strings. */
export type ColumnKind = 'i32' | 'f64' | 'bool' | 'str';

export interface Field {
  /** Position in a tuple, name in an object, '' for a record that is itself a value. */
  readonly name: number | string;
  readonly kind: ColumnKind;
}

/** How records of one shape stand in columns. Equal layouts have equal ids. */
export interface RecordLayout {
  readonly shape: 'value' | 'tuple' | 'object';
  readonly fields: readonly Field[];
  /** Records have timestamps. */
  readonly timed: boolean;
  /** The hash of each record's key goes along, as the producer has computed it. */
  readonly hashed: boolean;
  /** Index of the field that is the key, −1 if none is. */
  readonly keyField: number;
  readonly id: string;
}

/** Wider records stay rows. */
export const MAX_FIELDS = 16;

const layouts = new Map<string, RecordLayout>();

/** The layout that has this id; the same object each time. */
export function layoutById(id: string): RecordLayout {
  let layout = layouts.get(id);
  if (!layout) {
    const [shape, fields, timed, hashed, keyField] = JSON.parse(id) as Parts;
    layouts.set(id, (layout = { shape, fields, timed, hashed, keyField, id }));
  }
  return layout;
}

type Parts = [RecordLayout['shape'], Field[], boolean, boolean, number];

/**
 * Finds the layout of a stream from its records. What was seen only widens a field (i32 → f64) or ends in no layout at
 * all, so a stream whose records vary settles after a few changes.
 */
export class LayoutProbe {
  private shape: RecordLayout['shape'] | undefined;
  private names: Array<number | string> = [];
  private kinds: ColumnKind[] = [];
  private keyed: boolean[] = [];
  private timed = false;
  private hashed = true;
  private hopeless = false;
  /** Records seen. */
  count = 0;

  /** `key` is what the edge's key selector gave; undefined where records are not routed by key. */
  observe(record: unknown, timestamp: number, key?: unknown): void {
    this.count++;
    if (this.hopeless) return;
    if (!Number.isNaN(timestamp)) this.timed = true;
    if (typeof key !== 'string' && !isInt32(key)) this.hashed = false;
    const shape = shapeOf(record);
    if (shape === undefined || (this.shape !== undefined && this.shape !== shape)) {
      this.hopeless = true;
      return;
    }
    const names =
      shape === 'tuple' ? [...(record as unknown[]).keys()] : shape === 'value' ? [''] : Object.keys(record as object);
    if (this.shape === undefined) {
      this.shape = shape;
      this.names = names;
      this.keyed = names.map(() => true);
    }
    if (names.length !== this.names.length || names.length === 0 || names.length > MAX_FIELDS) this.hopeless = true;
    else for (const [i, name] of names.entries()) this.observeField(i, name, valueAt(record, shape, name), key);
  }

  /** Undefined: rows. */
  layout(): RecordLayout | undefined {
    if (this.hopeless || this.shape === undefined) return undefined;
    const fields = this.names.map((name, i) => ({ name, kind: this.kinds[i]! }));
    const keyField = this.hashed ? this.keyed.indexOf(true) : -1;
    const parts: Parts = [this.shape, fields, this.timed, this.hashed, keyField];
    return layoutById(JSON.stringify(parts));
  }

  private observeField(i: number, name: number | string, value: unknown, key: unknown): void {
    const kind = kindOf(value);
    const known = this.kinds[i] ?? kind;
    const merged = known === kind ? kind : isNumeric(known) && isNumeric(kind) ? 'f64' : undefined;
    if (merged === undefined || name !== this.names[i] || name === '__proto__') this.hopeless = true;
    else this.kinds[i] = merged;
    if (value !== key) this.keyed[i] = false;
  }
}

export const isInt32 = (value: unknown): value is number =>
  typeof value === 'number' && (value | 0) === value && !Object.is(value, -0);

const isNumeric = (kind: ColumnKind | undefined): boolean => kind === 'i32' || kind === 'f64';

function kindOf(value: unknown): ColumnKind | undefined {
  switch (typeof value) {
    case 'number':
      return isInt32(value) ? 'i32' : 'f64';
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
  }
  return undefined;
}

function shapeOf(record: unknown): RecordLayout['shape'] | undefined {
  if (typeof record !== 'object') return kindOf(record) && 'value';
  if (record === null) return undefined;
  const prototype = Object.getPrototypeOf(record) as object | null;
  if (Array.isArray(record)) return prototype === Array.prototype ? 'tuple' : undefined;
  return isPlainPrototype(prototype, 'Object') && prototype === Object.prototype ? 'object' : undefined;
}

/** Exactly the fields of a layout, whatever their kinds. */
export function hasShape(record: unknown, { shape, fields }: RecordLayout): boolean {
  if (shapeOf(record) !== shape) return false;
  if (shape === 'value') return true;
  if (shape === 'tuple') return (record as unknown[]).length === fields.length;
  let i = 0;
  for (const name in record as object) if (name !== fields[i++]?.name) return false;
  return i === fields.length;
}

function valueAt(record: unknown, shape: RecordLayout['shape'], name: number | string): unknown {
  return shape === 'value' ? record : (record as Record<number | string, unknown>)[name];
}
