import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { defaultMaxParallelism, hashDoubleKey, hashKey, keyGroupOf, subtaskOfKey } from '../../../core/graph/index.js';

interface Row {
  key: string;
  hash: number;
  group: number;
  subtask: number;
}

describe('key groups', () => {
  it('are those that a real Flink gave to strings at parallelism 3', () => {
    const rows = readFileSync(new URL('key-groups-p3.jsonl', import.meta.url), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Row);
    expect(rows.length).to.be.greaterThan(10);
    for (const { key, hash, group, subtask } of rows) {
      expect(hashKey(key), key).to.equal(hash);
      expect(keyGroupOf(hash, 128), key).to.equal(group);
      expect(subtaskOfKey(key, 3, 128), key).to.equal(subtask);
    }
  });

  it("take Java's hashCode of the type that a JavaScript value stands for", () => {
    expect(hashKey(42)).to.equal(42);
    expect(hashKey(-1)).to.equal(-1);
    expect(hashKey(1.5)).to.equal(1073217536);
    expect(hashKey(2 ** 31)).to.equal(1105199104);
    expect(hashKey(true)).to.equal(1231);
    expect(hashKey(5_000_000_000n)).to.equal(705032705);
    expect(hashKey(-1n)).to.equal(0);
    expect(hashKey(['a', 1])).to.equal(31 * 97 + 1);
  });

  it('take Doubles for whole numbers, too, where the key is declared to be one', () => {
    expect([1, 2, 0, -0, 1.5, Number.NaN].map(hashDoubleKey)).to.deep.equal([
      1072693248, 1073741824, 0, 0, 1073217536, 2146959360,
    ]);
    expect(() => hashDoubleKey('1')).to.throw(/Types.DOUBLE must be a number, this one is a string/);
  });

  it('are equal for equal keys, however they are written', () => {
    expect(hashKey(-0)).to.equal(hashKey(0));
    expect(hashKey({ b: 1, a: 'x' })).to.equal(hashKey({ a: 'x', b: 1 }));
    expect(hashKey(new Date(7))).to.equal(hashKey(7n));
  });

  it('refuse null and undefined', () => {
    expect(() => hashKey(null)).to.throw(/can't be null/);
    expect(() => hashKey([undefined])).to.throw(/can't be undefined/);
    expect(() => hashKey(() => 1)).to.throw(/can't be a function: keys are strings/);
    expect(() => hashKey(new Date('never'))).to.throw(/can't be an invalid Date/);
  });

  it('are 128 for small jobs and grow with the parallelism', () => {
    expect(defaultMaxParallelism(1)).to.equal(128);
    expect(defaultMaxParallelism(100)).to.equal(256);
    expect(defaultMaxParallelism(30_000)).to.equal(32_768);
  });
});
