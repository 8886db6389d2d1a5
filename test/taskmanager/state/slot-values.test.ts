import { expect } from 'chai';
import fc from 'fast-check';
import { hashString } from '../../../core/graph/index.js';
import { KeySlots } from '../../../taskmanager/state/key-slots.js';
import { SlotValues } from '../../../taskmanager/state/slot-values.js';

const flat = fc.tuple(fc.string(), fc.oneof(fc.integer(), fc.double()));
const value = fc.oneof(
  { weight: 20, arbitrary: flat },
  { weight: 1, arbitrary: fc.oneof(fc.constant(null), fc.tuple(fc.string()), fc.tuple(fc.integer(), fc.integer())) },
);

describe('values by slot', () => {
  it('are what was last set, as rows and as columns, and when they change from one to the other', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), value), { maxLength: 60 }), fc.nat(60), (writes, columnsAfter) => {
        const values = new SlotValues();
        const model: unknown[] = [];
        for (const [i, [slot, v]] of writes.entries()) {
          if (i === columnsAfter) values.becomeColumns();
          const at = Math.min(slot, model.length);
          values.set(at, v);
          model[at] = v;
          expect(values.get(at)).to.deep.equal(v);
        }
        expect(values.count).to.equal(model.length);
        for (const [slot, v] of model.entries()) expect(values.get(slot)).to.deep.equal(v);
      }),
    );
  });

  it('grow', () => {
    const values = new SlotValues();
    values.set(0, ['k0', 0]);
    expect(values.becomeColumns()).to.equal(true);
    for (let i = 1; i < 50_000; i++) values.set(i, [`k${i}`, i / 2]);
    expect(values.get(49_999)).to.deep.equal(['k49999', 24_999.5]);
    expect(values.get(0)).to.deep.equal(['k0', 0]);
  });

  it('in columns are fresh each time: who changes one changes no state', () => {
    const values = new SlotValues();
    values.set(0, { word: 'a', count: 1 });
    values.becomeColumns();
    (values.get(0) as { count: number }).count = 99;
    expect(values.get(0)).to.deep.equal({ word: 'a', count: 1 });
  });
});

function viewOf(text: string): DataView {
  const bytes = Buffer.from(text, 'latin1');
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

describe('slots of string keys', () => {
  it('are the same whether a key comes as a string or as bytes', () => {
    const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 10 });
    // Lengths stand in the place of characters.
    const odd = fc.string({ unit: fc.constantFrom('\0', '\x07', '\x08', 'a', '\x7f', 'ä'), maxLength: 9 });
    const text = fc.oneof(ascii, odd, fc.string({ unit: 'binary', maxLength: 6 }));
    const pool = fc.array(text, { minLength: 1, maxLength: 30, size: 'max' });
    const asked = fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 100, size: 'max' });
    fc.assert(
      fc.property(pool, asked, fc.constantFrom(0, 1, 9), fc.boolean(), (keys, order, behind, weak) => {
        const hashOf = weak ? () => 0 : hashString;
        const slots = new KeySlots();
        const model = new Map<string, number>();
        for (const [i, asBytes] of order) {
          const key = keys[i % keys.length]!;
          if (!model.has(key)) model.set(key, model.size);
          const isAscii = [...key].every(c => c < '\x80');
          const bytes = viewOf(`..${key}${'.'.repeat(behind)}`);
          const slot =
            asBytes && isAscii
              ? slots.strings.slotOfBytes(bytes, 2, 2 + key.length, hashOf(key))
              : slots.strings.slotOf(key, hashOf(key));
          expect(slot).to.equal(model.get(key));
          expect(slots.keys[slot]).to.equal(key);
          if (!weak) expect(slots.slotOf(key)).to.equal(slot);
        }
        expect(slots.size).to.equal(model.size);
      }),
    );
  });

  it('are the same whether keys are forgotten and come again, as strings or as bytes', () => {
    const words = [
      'Aa',
      'BB',
      'AaAa',
      'BBBB',
      'AaBB',
      'BBAa',
      'a key of more than eight',
      'another of more than eight',
      'ä',
      '',
    ];
    const keys = [...words, ...Array.from({ length: 300 }, (_, i) => `key number ${i} of many that are long`)];
    const action = fc.tuple(fc.constantFrom('text', 'bytes', 'forget'), fc.nat({ max: keys.length - 1 }));
    fc.assert(
      fc.property(fc.array(action, { maxLength: 1500, size: 'max' }), actions => {
        const slots = new KeySlots();
        const model = new Map<string, number>();
        for (const [what, i] of actions) {
          const key = keys[i]!;
          const known = model.get(key);
          if (what === 'forget') {
            if (known !== undefined) slots.forget(known);
            model.delete(key);
            continue;
          }
          const isAscii = [...key].every(c => c < '\x80');
          const slot =
            what === 'bytes' && isAscii
              ? slots.strings.slotOfBytes(viewOf(`${key}.........`), 0, key.length, hashString(key))
              : slots.slotOf(key);
          if (known === undefined) {
            if ([...model.values()].includes(slot)) throw new Error(`slot ${slot} is taken`);
            model.set(key, slot);
          } else if (slot !== known) throw new Error(`'${key}' was at ${known}, is at ${slot}`);
        }
        expect(slots.size).to.equal(model.size);
        for (const [key, slot] of model) {
          expect(slots.slotOf(key)).to.equal(slot);
          expect(slots.keys[slot]).to.equal(key);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('use the memory of keys that are forgotten', () => {
    const slots = new KeySlots();
    // Long keys that come as bytes have theirs kept in one place.
    slots.strings.slotOfBytes(viewOf('the first key of all'), 0, 20, hashString('the first key of all'));
    for (let i = 0; i < 50_000; i++) {
      const key = `a key of more than eight, number ${i}`;
      const slot = slots.strings.slotOfBytes(viewOf(key), 0, key.length, hashString(key));
      if (slot > 10) throw new Error(`slot ${slot} for key ${i}`);
      slots.forget(slot);
    }
    const { arena, table } = slots.strings as unknown as { arena: Uint8Array; table: Int32Array };
    expect([arena.length, table.length]).to.deep.equal([4096, 4096]);
    expect(
      slots.strings.slotOfBytes(viewOf('the first key of all'), 0, 20, hashString('the first key of all')),
    ).to.equal(0);
  });

  it('are found among many, and where hashes are equal', () => {
    const slots = new KeySlots();
    // 'Aa' and 'BB' have one hash in Java, and so have all words of them.
    const words = (n: number): string[] => (n === 0 ? [''] : words(n - 1).flatMap(w => [`${w}Aa`, `${w}BB`]));
    const keys = [...words(7), ...Array.from({ length: 20_000 }, (_, i) => `key ${i}`)];
    for (const [i, key] of keys.entries()) expect(slots.slotOf(key)).to.equal(i);
    for (const [i, key] of keys.entries()) {
      expect(slots.strings.slotOfBytes(viewOf(key), 0, key.length, hashString(key))).to.equal(i);
    }
  });
});
