import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { MillraceError } from '../../../core/errors.js';
import { copyRecord, findUntravellable, RecordGuard } from '../../../core/types/index.js';
import { anyRecord } from './any-record.js';

class Money {
  constructor(readonly cents: number) {}
}

function refusalOf(record: unknown): MillraceError {
  try {
    new RecordGuard("from 'Map' to 'Reduce'").admit(record);
  } catch (error) {
    if (error instanceof MillraceError) return error;
  }
  throw new Error('it was let through');
}

describe('the travel check', () => {
  const offences: Array<[string, unknown, string, string]> = [
    ['a function', { order: { items: [{}, {}, { price: () => 1 }] } }, 'order.items[2].price', 'a function (price)'],
    ['a symbol', ['a', Symbol('s')], '[1]', 'a symbol'],
    ['a class instance', { total: new Money(5) }, 'total', 'an instance of Money'],
    ['an own __proto__', { a: JSON.parse('{"__proto__": 1}') }, 'a', '__proto__'],
    ['a promise', Promise.resolve(1), '', 'an instance of Promise'],
    ['a value in a Map', new Map([['k', new Error('no')]]), '.get("k")', 'an instance of Error'],
    ['a value of a key that has no text', new Map([[{ toString: 1 }, Symbol('s')]]), '.get(<an object>)', 'a symbol'],
    ['an item of a Set', { s: new Set([/x/]) }, 's.<item of the Set>', 'an instance of RegExp'],
    ['a subclass of an array', new (class Stack extends Array<number> {})(), '', 'an instance of Stack'],
  ];
  for (const [name, record, path, what] of offences) {
    it(`refuses ${name} with its path`, () => {
      const error = refusalOf(record);
      expect(error.code).to.equal('UNSERIALIZABLE_RECORD');
      expect(error.context['path']).to.equal(path);
      expect(error.message).to.contain("from 'Map' to 'Reduce'").and.contain(what);
    });
  }

  it('refuses a cycle instead of running for ever', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(refusalOf(cycle).message).to.contain('cycle');
  });

  it('goes on with the next record after a refusal', () => {
    const guard = new RecordGuard('x');
    expect(() => guard.admit(() => 1)).to.throw();
    expect(guard.admit([1])).to.deep.equal([1]);
  });

  it('lets plain values of another realm through', () => {
    const foreign: unknown = runInNewContext('({ a: [1, { b: 2 }] })');
    expect(new RecordGuard('x').admit(foreign)).to.deep.equal({ a: [1, { b: 2 }] });
    expect(findUntravellable(foreign)).to.equal(undefined);
  });

  it('copies what it lets through, so that the sender may change its object', () => {
    const record = { list: [1], map: new Map([['a', [1]]]), at: new Date(5), bytes: Buffer.from('ab') };
    const sent = new RecordGuard('x').admit(record) as typeof record;
    record.list.push(2);
    record.map.get('a')!.push(2);
    record.at.setTime(6);
    record.bytes[0] = 0;
    expect(sent).to.deep.equal({ list: [1], map: new Map([['a', [1]]]), at: new Date(5), bytes: Buffer.from('ab') });
  });

  it('counts bytes that grow with the record', () => {
    const guard = new RecordGuard('x');
    guard.admit('x'.repeat(1000));
    const small = guard.bytes;
    guard.admit(new Uint8Array(5000));
    expect(small).to.be.within(1000, 1100);
    expect(guard.bytes - small).to.be.within(5000, 5100);
  });

  it('copies every plain value faithfully', () => {
    fc.assert(
      fc.property(anyRecord, record => {
        expect(isDeepStrictEqual(copyRecord(record), record)).to.equal(true);
        expect(isDeepStrictEqual(new RecordGuard('x').admit(record), record)).to.equal(true);
        expect(findUntravellable(record)).to.equal(undefined);
      }),
      { numRuns: 300 },
    );
  });
});

describe('copyRecord', () => {
  it('shares what has no plain copy', () => {
    const record = { f: () => 1, money: new Money(1), list: [1] };
    const copy = copyRecord(record);
    expect(copy.f).to.equal(record.f);
    expect(copy.money).to.equal(record.money);
    expect(copy.list).to.deep.equal([1]);
    expect(copy.list).to.not.equal(record.list);
  });

  it('keeps an own field named __proto__ a field', () => {
    const copy = copyRecord(JSON.parse('{"__proto__": {"x": 1}}') as object);
    expect(Object.getPrototypeOf(copy)).to.equal(Object.prototype);
    expect(Object.keys(copy)).to.deep.equal(['__proto__']);
  });
});
