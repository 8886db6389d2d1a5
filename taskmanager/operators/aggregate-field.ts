/** HOT PATH */
import { MillraceError } from '../../core/errors.js';
import type { FieldAggregate, FieldReference } from '../../core/graph/index.js';
import type { LatencyMarker } from '../../core/protocol/index.js';
import { copyRecord } from '../../core/types/index.js';
import { columnName } from '../state/column-set.js';
import type { KeySlots } from '../state/key-slots.js';
import { SlotValues } from '../state/slot-values.js';
import type { Code } from '../task/code.js';
import { recordText } from '../task/record-text.js';
import { KeyResults } from './key-results.js';
import { keySelectorOf } from './key-selector.js';
import type { OneInputOperator, OperatorCode, OperatorContext, Output } from './operator.js';

type Combine = (accumulated: unknown, record: unknown) => unknown;

/**
 * sum, min, max, minBy, maxBy of a field of the records of a key; emits each new value, in batch mode the last one only. As in Flink, sum, min and max
 * keep the other fields of the key's first record; minBy and maxBy give the whole record, the first or the last one where
 * several are equal.
 */
export class AggregateFieldOperator implements OneInputOperator {
  readonly takesCopies = false;
  readonly endsKeysTogether = true;
  private readonly output: Output;
  private readonly keyOf: (record: unknown) => unknown;
  private readonly combine: Combine;
  readonly keySlots: KeySlots;
  private readonly values = new SlotValues();
  private readonly copies: boolean;
  private readonly results: KeyResults | undefined = undefined;

  constructor(
    private readonly context: OperatorContext,
    private readonly spec: FieldAggregate,
  ) {
    this.output = context.output;
    this.keyOf = keySelectorOf(context);
    // Each key has a value, for ever.
    context.states!.keys.forgetNone();
    this.keySlots = context.states!.keys.keySlots;
    this.combine = combinerOf(spec, context.operator.name);
    if (context.task.batch) this.results = new KeyResults(context, this.values);
    this.copies = !context.output.takesCopies && !context.task.objectReuse;
  }

  collect(record: unknown, timestamp: number): void {
    this.context.task.position.current = this.context.index;
    const value = this.update(this.keySlots.slotOf(this.keyOf(record)), record);
    if (this.results === undefined) this.output.collect(this.copies ? copyRecord(value) : value, timestamp);
  }

  update(slot: number, record: unknown): unknown {
    // The first record is combined with nothing, so that a field that can't be aggregated is refused at once.
    const value = this.combine(slot === this.values.count ? undefined : this.values.get(slot), record);
    this.values.set(slot, value);
    return value;
  }

  compile({ code, next }: OperatorCode, record: string, timestamp: string, slot?: string): string {
    this.values.becomeColumns();
    const [at, value, operator] = [code.name('slot'), code.name('value'), code.use(this, 'operator')];
    const find = slot ?? `${code.use(this.keySlots, 'slots')}.slotOf(${code.use(this.keyOf, 'keyOf')}(${record}))`;
    const copied = this.copies ? `${code.use(copyRecord, 'copyRecord')}(${value})` : value;
    return (
      `${code.use(this.context.task.position, 'at')}.current = ${this.context.index};\n` +
      `const ${at} = ${find};\nlet ${value};\n` +
      `${this.sumText(code, record, at, value)}{ ${value} = ${operator}.update(${at}, ${record}); ${value} = ${copied}; }\n` +
      (this.results === undefined ? next(value, timestamp) : '')
    );
  }

  /** A sum whose values stand in columns is an addition in place. Ends in `else`, or is empty. */
  private sumText(code: Code, record: string, slot: string, value: string): string {
    const { aggregate, field } = this.spec;
    const { layout } = this.values;
    const index =
      layout?.fields.findIndex(f => f.kind === 'f64' && (f.name === field || layout.shape === 'value')) ?? -1;
    if (aggregate !== 'sum' || !layout || index < 0 || (field === null) !== (layout.shape === 'value')) return '';
    const values = code.use(this.values, 'values');
    const column = (i: number): string => `${values}.${columnName(i)}[${slot}]`;
    const summand = field === null ? record : `${record}?.[${JSON.stringify(field)}]`;
    return (
      `if (${slot} < ${values}.count && ${values}.layout === ${code.use(layout, 'layout')} && typeof ${summand} === 'number') {\n` +
      `${column(index)} += ${summand};\n` +
      `${value} = ${recordText(
        layout,
        layout.fields.map((_, i) => column(i)),
      )};\n} else `
    );
  }

  endKeys(): void {
    this.results?.emit(() => {});
  }

  emitWatermark(timestamp: number): void {
    if (this.results === undefined) this.output.emitWatermark(timestamp);
    else this.results.emit(() => this.output.emitWatermark(timestamp));
  }

  emitStatus(idle: boolean): void {
    this.output.emitStatus(idle);
  }

  emitLatencyMarker(marker: LatencyMarker): void {
    this.context.task.onLatencyMarker(this.context.index, marker);
    this.output.emitLatencyMarker(marker);
  }
}

/** Combines a record with those before it; with none, undefined, it is checked only. `name` is the operator's. */
export function combinerOf({ aggregate, field, last = false }: FieldAggregate, name: string): Combine {
  const read = readerOf(field, name, aggregate === 'sum');
  switch (aggregate) {
    case 'sum':
      return (a, b) => (a === undefined ? checked(b, read) : withField(a, field, add(read(a), read(b), name)));
    case 'min':
    case 'max': {
      const sign = aggregate === 'min' ? -1 : 1;
      return (a, b) => {
        const value = read(b);
        if (a === undefined) return b;
        return compare(value, read(a)) * sign > 0 ? withField(a, field, value) : a;
      };
    }
    case 'min-by':
    case 'max-by': {
      const sign = aggregate === 'min-by' ? -1 : 1;
      // A record that is equal takes the place of the one before only where the last one is wanted.
      const least = last ? 0 : 1;
      return (a, b) => (a === undefined ? checked(b, read) : compare(read(b), read(a)) * sign >= least ? b : a);
    }
  }
}

function checked(record: unknown, read: (record: unknown) => unknown): unknown {
  read(record);
  return record;
}

function readerOf(field: FieldReference, name: string, numeric: boolean): (record: unknown) => unknown {
  return record => {
    const value = field === null ? record : (record as Record<string | number, unknown> | null | undefined)?.[field];
    const type = typeof value;
    const fits = type === 'number' || type === 'bigint' || (!numeric && (type === 'string' || type === 'boolean'));
    if (!fits && !(value instanceof Date && !numeric)) throw unfit(value, field, name, numeric);
    return value;
  };
}

function unfit(value: unknown, field: FieldReference, name: string, numeric: boolean): MillraceError {
  const what = value === null || value === undefined ? String(value) : typeof value;
  const place = field === null ? 'the record' : typeof field === 'number' ? `position ${field}` : `field '${field}'`;
  return new MillraceError(
    'TASK_FAILED',
    `'${name}' can't aggregate ${place}: it is ${what === 'object' ? 'an object' : what}, ${numeric ? 'a number or bigint' : 'a value with an order'} is needed.`,
  );
}

function add(a: unknown, b: unknown, name: string): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a + b;
  throw new MillraceError('TASK_FAILED', `'${name}' can't add a ${typeof b} to a ${typeof a}.`);
}

function compare(a: unknown, b: unknown): number {
  const x = a as number;
  const y = b as number;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** A record like this one but for one field: the old one may be in other hands. */
function withField(record: unknown, field: FieldReference, value: unknown): unknown {
  if (field === null) return value;
  if (Array.isArray(record)) {
    const copy = record.slice();
    copy[field as number] = value;
    return copy;
  }
  const copy = Object.assign(Object.create(Object.getPrototypeOf(record) as object | null), record) as Record<
    string,
    unknown
  >;
  copy[field] = value;
  return copy;
}
