/** HOT PATH */
import { hasShape, LayoutProbe, ownString, type RecordLayout } from '../../core/types/index.js';
import { ColumnSet, columnName } from './column-set.js';
import { grown } from './string-slots.js';

/**
 * One value a slot: as they came, or in columns where all are flat and alike, so that a million of them are a few arrays
 * and not a million objects. Then `get` gives a fresh value each time.
 */
export class SlotValues extends ColumnSet {
  /** Slots 0 to count − 1 have a value. */
  count = 0;
  /** How the columns are to be read; undefined: the values stand as they came. */
  layout: RecordLayout | undefined = undefined;
  private rows: unknown[] = [];
  private capacity = 0;
  private refused = false;

  get(slot: number): unknown {
    const { layout } = this;
    if (!layout) return this.rows[slot];
    const { shape, fields } = layout;
    const at = (i: number): unknown => (this[columnName(i)] as unknown[])[slot];
    if (shape === 'value') return at(0);
    if (shape === 'tuple') return fields.map((_, i) => at(i));
    return Object.fromEntries(fields.map(({ name }, i) => [name, at(i)]));
  }

  /** `slot` is one that has a value, or the next one. */
  set(slot: number, value: unknown): void {
    if (slot === this.count) this.append();
    if (this.layout && this.store(slot, value)) return;
    if (this.layout) this.becomeRows();
    this.rows[slot] = value;
  }

  /** All values are gone; what they were like is still known. */
  clear(): void {
    this.count = 0;
    this.rows.length = 0;
  }

  /** Makes room for the next slot's value, which must follow. */
  append(): void {
    this.count++;
    if (this.layout && this.count > this.capacity) this.grow();
  }

  /** From here on columns, if the values there are allow it. False if not, for good. */
  becomeColumns(): boolean {
    if (this.layout) return true;
    if (this.refused || this.count === 0) return false;
    const probe = new LayoutProbe();
    for (let slot = 0; slot < this.count; slot++) probe.observe(this.rows[slot], Number.NaN);
    const found = probe.layout();
    if (!found || found.fields.some(f => f.kind === 'bool')) {
      this.refused = true;
      return false;
    }
    const rows = this.rows;
    this.rows = [];
    // Sums of integers leave 32 bits soon.
    this.layout = { ...found, fields: found.fields.map(f => ({ ...f, kind: f.kind === 'str' ? 'str' : 'f64' })) };
    this.grow();
    for (const [slot, value] of rows.entries()) this.store(slot, value);
    return true;
  }

  private becomeRows(): void {
    const rows = Array.from({ length: this.count }, (_, slot) => this.get(slot));
    this.layout = undefined;
    this.refused = true;
    this.rows = rows;
    for (let i = 0; i < 16; i++) this.setColumn(i, undefined);
  }

  private store(slot: number, value: unknown): boolean {
    const { shape, fields } = this.layout!;
    if (!hasShape(value, this.layout!)) return false;
    const parts = value as Record<string | number, unknown>;
    for (const { name, kind } of fields) {
      if (typeof (shape === 'value' ? value : parts[name]) !== (kind === 'str' ? 'string' : 'number')) return false;
    }
    for (let i = 0; i < fields.length; i++) {
      const part = shape === 'value' ? value : parts[fields[i]!.name];
      (this[columnName(i)] as unknown[])[slot] = typeof part === 'string' ? ownString(part) : part;
    }
    return true;
  }

  private grow(): void {
    this.capacity = Math.max(1024, this.capacity * 2, this.count);
    for (const [i, { kind }] of this.layout!.fields.entries()) {
      const column = this.column(i);
      if (kind === 'str') this.setColumn(i, (column as string[] | undefined) ?? []);
      else this.setColumn(i, grown((column as Float64Array | undefined) ?? new Float64Array(0), this.capacity));
    }
  }
}
