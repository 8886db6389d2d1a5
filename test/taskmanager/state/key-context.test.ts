import { expect } from 'chai';
import { KeyContext } from '../../../taskmanager/state/key-context.js';

const MANY = 20_000;

describe('the keys of an operator', () => {
  it('are forgotten when nothing is kept by them, all but the current one', () => {
    const keys = new KeyContext();
    for (let i = 0; i < MANY; i++) {
      keys.slot = keys.keySlots.slotOf(`key ${i}`);
      keys.retain(keys.slot);
      keys.retain(keys.slot);
      keys.release(keys.slot);
      if (i % 10 > 0) keys.release(keys.slot);
    }
    const [current, kept] = [keys.slot, keys.keySlots.slotOf('key 0')];
    keys.sweep();
    expect(keys.keySlots.size).to.equal(MANY / 10 + 1);
    expect([keys.key, keys.keySlots.slotOf(`key ${MANY - 1}`)]).to.deep.equal([`key ${MANY - 1}`, current]);
    expect(keys.keySlots.slotOf('key 0')).to.equal(kept);
  });

  it('are few, however many came of which nothing is kept', () => {
    const keys = new KeyContext();
    for (let i = 0; i < MANY * 5; i++) {
      keys.slot = keys.keySlots.slotOf(i);
      if (i % 3 === 0) {
        keys.retain(keys.slot);
        keys.release(keys.slot);
      }
      if (i % 100 === 0) keys.sweep();
    }
    expect(keys.keySlots.keys.length).to.be.lessThan(MANY / 2);
  });

  it('that come again and again are not forgotten twice', () => {
    const keys = new KeyContext();
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < MANY; i++) {
        keys.slot = keys.keySlots.slotOf(i % 5000);
        keys.retain(keys.slot);
        keys.release(keys.slot);
      }
      keys.sweep();
      expect(keys.keySlots.size).to.equal(1);
    }
    const slots = new Set(Array.from({ length: MANY }, (_, i) => keys.keySlots.slotOf(`other ${i}`)));
    expect(slots.size).to.equal(MANY);
  });

  it('are all kept where each has a value that is not counted', () => {
    const keys = new KeyContext();
    keys.forgetNone();
    for (let i = 0; i < MANY; i++) keys.slot = keys.keySlots.slotOf(i);
    keys.sweep();
    expect(keys.keySlots.size).to.equal(MANY);
  });
});
