import { expect } from 'chai';
import fc from 'fast-check';
import { hashKey } from '../../../core/graph/index.js';
import { KeySlots } from '../../../taskmanager/state/key-slots.js';

const leaf = fc.oneof(
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.date({ noInvalidDate: true }),
);
const anyKey = fc.letrec<{ key: unknown }>(tie => ({
  key: fc.oneof(
    { maxDepth: 2 },
    leaf,
    fc.array(tie('key'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('key'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).key;

describe('key slots', () => {
  it('give equal keys one slot and others another, densely', () => {
    const slots = new KeySlots();
    const keys = [
      'a',
      'b',
      'a',
      1,
      '1',
      1n,
      true,
      'true',
      [1, 2],
      ['1', 2],
      { x: 1, y: 2 },
      new Date(5),
      5,
      '@5',
      '[1,2]',
      -0,
      0,
    ];
    expect(keys.map(k => slots.slotOf(k))).to.deep.equal([0, 1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 14]);
    expect(slots.size).to.equal(15);
    expect(slots.slotOf({ y: 2, x: 1 })).to.equal(9);
    expect(slots.slotOf(Number.NaN)).to.equal(slots.slotOf(0 / 0));
    expect(slots.slotOf([Number.NaN, -0])).to.equal(slots.slotOf([Number.NaN, 0]));
  });

  it('agree with the hash that routes: keys of one slot have one hash', () => {
    const slots = new KeySlots();
    const hashes = new Map<number, number>();
    fc.assert(
      fc.property(anyKey, key => {
        const slot = slots.slotOf(key);
        const hash = hashKey(key);
        expect(hashes.get(slot) ?? hash).to.equal(hash);
        hashes.set(slot, hash);
        expect(slots.slotOf(structuredClone(key))).to.equal(slot);
      }),
      { numRuns: 300 },
    );
  });

  it('forget a key, whatever has become of its object, and give its slot to the next new one', () => {
    const fresh: number[] = [];
    const slots = new KeySlots(slot => fresh.push(slot));
    const composed = { x: [1] };
    const keys = ['a', 'a longer key than eight', 7, true, 5n, composed, [1, 2], new Date(5)];
    for (const key of keys) slots.slotOf(key);
    expect(fresh).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    composed.x.push(2);
    for (const slot of [1, 2, 5, 7]) slots.forget(slot);
    expect([slots.size, slots.slotOf('a'), slots.slotOf([1, 2]), slots.slotOf(true)]).to.deep.equal([4, 0, 6, 3]);
    const reused = [{ x: [1] }, 7, 'a longer key than eight', 'new'].map(k => slots.slotOf(k));
    expect(reused.sort()).to.deep.equal([1, 2, 5, 7]);
    expect(slots.slotOf(new Date(5))).to.equal(8);
    expect(slots.size).to.equal(9);
  });

  it('refuse what is no key, with its place', () => {
    const slots = new KeySlots();
    expect(() => slots.slotOf(null)).to.throw("A key can't be null");
    expect(() => slots.slotOf({ user: { id: undefined } })).to.throw("A key can't be undefined (at user.id)");
    expect(() => slots.slotOf([new Map()])).to.throw('an instance of Map (at [0])');
    expect(() => slots.slotOf(() => 1)).to.throw('a function');
  });
});
