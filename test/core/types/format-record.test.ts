import { expect } from 'chai';
import { formatRecord } from '../../../core/types/index.js';

class Price {
  constructor(readonly cents: number) {}
  toString(): string {
    return `${this.cents}c`;
  }
}

describe('a record as text', () => {
  const cases: Array<[unknown, string]> = [
    ['to be', 'to be'],
    [1, '1'],
    [1.5, '1.5'],
    [-0, '-0'],
    [12345678901234567890n, '12345678901234567890'],
    [null, 'null'],
    [true, 'true'],
    [['word', 1], '(word,1)'],
    [['a', ['b', [2]], null], '(a,(b,(2)),null)'],
    [{ word: 'to', count: 2, at: new Date(0), n: 5n }, '{"word":"to","count":2,"at":"1970-01-01T00:00:00.000Z","n":5}'],
    [new Price(5), '5c'],
    [[new Price(5), 1], '(5c,1)'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Map([['a', [1]]]), '{"a":[1]}'],
    [new Set([1, 'b']), '[1,"b"]'],
    [Uint8Array.of(1, 2), '[1,2]'],
    [{ a: undefined, b: [{ c: null }] }, '{"b":[{"c":null}]}'],
  ];
  for (const [record, text] of cases) {
    it(`shows ${text}`, () => expect(formatRecord(record)).to.equal(text));
  }
});
