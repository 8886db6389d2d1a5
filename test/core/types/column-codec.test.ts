import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Column,
  ColumnBatch,
  decodeBatch,
  encodeBatch,
  LayoutProbe,
  type RecordLayout,
  rowsOf,
} from '../../../core/types/index.js';

const values = {
  i32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  f64: fc.double(),
  bool: fc.boolean(),
  // Halves of surrogate pairs too, and texts that need two bytes a unit.
  str: fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('\ud83d', '\ude00', 'ä', '日本')),
};
const kinds = fc.array(fc.constantFrom(...(Object.keys(values) as Array<keyof typeof values>)), {
  minLength: 1,
  maxLength: 4,
});

/** Records of one shape, as fast-check makes them. */
const alike = fc.tuple(kinds, fc.constantFrom('value', 'tuple', 'object')).chain(([columns, shape]) => {
  const fields = columns.map(kind => values[kind] as fc.Arbitrary<unknown>);
  const record =
    shape === 'value'
      ? fields[0]!
      : shape === 'tuple'
        ? fc.tuple(...fields)
        : fc.record(Object.fromEntries(fields.map((f, i) => [`field ${i}`, f])), { noNullPrototype: true });
  return fc.array(record, { minLength: 1, maxLength: 20 });
});

function layoutOf(records: unknown[], timestamp = Number.NaN): RecordLayout | undefined {
  const probe = new LayoutProbe();
  for (const record of records) probe.observe(record, timestamp);
  return probe.layout();
}

/** The plain way into columns. */
function batchOf(records: unknown[], timestamps?: Float64Array): ColumnBatch {
  const layout = layoutOf(records, timestamps ? 0 : Number.NaN)!;
  const columns = layout.fields.map(({ name, kind }): Column => {
    const part = records.map(r => (layout.shape === 'value' ? r : (r as Record<string, unknown>)[name]));
    if (kind === 'str') return part as string[];
    const numbers = part.map(Number);
    return kind === 'i32'
      ? Int32Array.from(numbers)
      : kind === 'f64'
        ? Float64Array.from(numbers)
        : Uint8Array.from(numbers);
  });
  return new ColumnBatch(layout, records.length, columns, timestamps, undefined, 7);
}

describe('columns', () => {
  it('give back every value as it was, from memory and from bytes', () => {
    fc.assert(
      fc.property(alike, records => {
        const batch = batchOf(records);
        expect(rowsOf(batch)).to.deep.equal(records);
        const decoded = decodeBatch(encodeBatch(batch)) as ColumnBatch;
        expect(rowsOf(decoded)).to.deep.equal(records);
        expect(decoded).to.include({ count: records.length, bytes: 7 });
        expect(decoded.layout.id).to.equal(batch.layout.id);
        // A second time: what came over a wire may go over another one.
        expect(rowsOf(decodeBatch(encodeBatch(decoded)) as ColumnBatch)).to.deep.equal(records);
      }),
    );
  });

  it('keep timestamps and hashes, from bytes at any place in their memory', () => {
    const records = ['a', 'bb', ''].map((key, i) => [key, i]);
    const layout = { ...layoutOf(records)!, timed: true, hashed: true, keyField: 0 };
    const id = JSON.stringify([layout.shape, layout.fields, true, true, 0]);
    const batch: ColumnBatch = {
      ...batchOf(records),
      layout: { ...layout, id },
      timestamps: Float64Array.of(1, Number.NaN, 3),
      hashes: Int32Array.of(-1, 2, 3),
    };
    const bytes = encodeBatch(batch);
    for (const shift of [0, 1, 4, 7]) {
      const moved = Buffer.alloc(bytes.length + shift);
      moved.set(bytes, shift);
      const decoded = decodeBatch(moved.subarray(shift)) as ColumnBatch;
      expect([...decoded.timestamps!]).to.deep.equal([1, Number.NaN, 3]);
      expect([...decoded.hashes!]).to.deep.equal([-1, 2, 3]);
      expect(rowsOf(decoded)).to.deep.equal(records);
    }
  });

  it('give back texts of any size, one beside the other', () => {
    for (const units of [10, 30_000, 70_000, 300_000]) {
      const records = ['ascii ', 'ä', '\ud800'].map(text => [text.repeat(units), 'x'.repeat(units), text]);
      expect(rowsOf(decodeBatch(encodeBatch(batchOf(records))) as ColumnBatch)).to.deep.equal(records);
    }
  });

  it('take no more of their arrays than the batch has records', () => {
    const layout = layoutOf([['x', 1]])!;
    const columns = [['a', 'b', 'stale'], Int32Array.of(1, 2, 99)];
    const batch = new ColumnBatch(layout, 2, columns, undefined, undefined, 0);
    expect(rowsOf(decodeBatch(encodeBatch(batch)) as ColumnBatch)).to.deep.equal([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('refuse bytes that were cut short', () => {
    const bytes = encodeBatch(batchOf([['some text', 1.5]]));
    for (const length of [1, 19, 30, bytes.length - 8]) {
      expect(() => decodeBatch(bytes.slice(0, length)), String(length)).to.throw("can't be decoded");
    }
  });
});

describe('the layout of records', () => {
  const kindsOf = (...records: unknown[]): string[] | undefined => layoutOf(records)?.fields.map(f => f.kind);

  it('has the narrowest kinds that hold all values', () => {
    expect(kindsOf([1, 'a', true], [2, 'b', false])).to.deep.equal(['i32', 'str', 'bool']);
    expect(kindsOf(1, 2.5)).to.deep.equal(['f64']);
    expect(kindsOf(1, -0)).to.deep.equal(['f64']);
    expect(kindsOf(1, 2 ** 31)).to.deep.equal(['f64']);
    expect(kindsOf({ b: 1, a: 'x' })).to.deep.equal(['i32', 'str']);
  });

  it('is none where records differ, or hold what is no column', () => {
    class Point {
      x = 1;
    }
    const without: unknown[][] = [
      [[1], [1, 2]],
      [{ a: 1 }, { a: 1, b: 2 }],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      [1, 'a'],
      [[1], ['a']],
      [[null]],
      [[undefined]],
      [1n],
      [new Point()],
      [[[1]]],
      [null],
      [new Date(0)],
      [{}],
      [Array.from({ length: 17 }, (_, i) => i)],
      [JSON.parse('{"__proto__": 1}')],
    ];
    for (const records of without) expect(layoutOf(records), JSON.stringify(records.map(String))).to.equal(undefined);
  });

  it('knows which field is the key, as long as it always is', () => {
    const probe = new LayoutProbe();
    probe.observe(['a', 'a', 1], Number.NaN, 'a');
    expect(probe.layout()).to.include({ hashed: true, keyField: 0 });
    probe.observe(['b', 'c', 1], Number.NaN, 'c');
    expect(probe.layout()).to.include({ hashed: true, keyField: 1 });
    probe.observe(['b', 'c', 1], Number.NaN, 'bc');
    expect(probe.layout()).to.include({ hashed: true, keyField: -1 });
    probe.observe(['b', 'c', 1], Number.NaN, ['b', 'c']);
    expect(probe.layout()).to.include({ hashed: false, keyField: -1 });
  });
});
