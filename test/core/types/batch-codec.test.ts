import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeBatch as decode, encodeBatch, RecordGuard, RowBatch } from '../../../core/types/index.js';
import { anyRecord } from './any-record.js';

const decodeBatch = (bytes: Uint8Array): RowBatch => decode(bytes) as RowBatch;

function travel(
  records: unknown[],
  timestamps?: Float64Array,
): { records: unknown[]; timestamps: Float64Array | undefined } {
  const guard = new RecordGuard('here');
  const admitted = records.map(r => guard.admit(r));
  return decodeBatch(encodeBatch(new RowBatch(admitted, timestamps, guard.bytes, guard.odd)));
}

describe('the batch codec', () => {
  it('gives back every plain value as it was', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 8 }), records => {
        const back = travel(records).records;
        expect(isDeepStrictEqual(back, records)).to.equal(true);
      }),
      { numRuns: 400 },
    );
  });

  it('keeps a Date that is none', () => {
    const [{ at }] = travel([{ at: new Date(Number.NaN) }]).records as [{ at: Date }];
    expect(at).to.be.instanceOf(Date);
    expect(at.getTime()).to.be.NaN;
  });

  it('keeps timestamps beside the records, and their absence', () => {
    const timestamps = Float64Array.of(1.5e12, Number.NaN, -3);
    expect(travel(['a', 'b', 'c'], timestamps).timestamps).to.deep.equal(timestamps);
    expect(travel(['a']).timestamps).to.equal(undefined);
  });

  it('reads each batch by itself, in any order', () => {
    const encode = (records: unknown[]) => encodeBatch(new RowBatch(records, undefined, 0)).slice();
    const batches = [encode([{ a: 1 }, { a: 2, b: 'x' }]), encode([{ b: 1, a: 2 }]), encode([{ a: 7 }])];
    expect(batches.toReversed().map(b => decodeBatch(b).records)).to.deep.equal([
      [{ a: 7 }],
      [{ b: 1, a: 2 }],
      [{ a: 1 }, { a: 2, b: 'x' }],
    ]);
  });

  it('carries more object shapes than msgpackr keeps', () => {
    const records = Array.from({ length: 9000 }, (_, i) => ({ [`field${i}`]: i }));
    expect(travel(records).records).to.deep.equal(records);
  });

  it('does not let received bytes share memory with the frame', () => {
    const bytes = encodeBatch(new RowBatch([new Uint8Array([1, 2, 3])], undefined, 0));
    const [received] = decodeBatch(bytes).records as [Uint8Array];
    bytes.fill(0);
    expect([...received]).to.deep.equal([1, 2, 3]);
  });

  it('refuses bytes that are no batch', () => {
    expect(() => decodeBatch(Buffer.from([0x93, 1, 2, 3]))).to.throw('no known layout');
    expect(() => decodeBatch(Buffer.from([0x99, 1]))).to.throw("can't be decoded");
  });
});
