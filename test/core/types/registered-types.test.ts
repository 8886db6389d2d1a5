import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import type { RegisteredClass } from '../../../core/graph/index.js';
import {
  copyRecord,
  decodeBatch,
  encodeBatch,
  findUntravellable,
  RecordGuard,
  RowBatch,
  TypeRegistry,
} from '../../../core/types/index.js';
import { checkRegistrable } from '../../../core/types/registered-types.js';
import { anyRecord } from './any-record.js';

/** The classes of a program as one run of its main has made them. */
function classes(): [typeof Money, typeof Order, typeof Named] {
  class Named {
    name: unknown;
    get shown(): string {
      return `${this.name}`;
    }
  }
  class Money {
    constructor(readonly cents: unknown) {
      if (cents === undefined) throw new Error('constructed');
    }
    plus(other: Money): number {
      return Number(this.cents) + Number(other.cents);
    }
  }
  class Order extends Named {
    constructor(readonly total: unknown) {
      super();
      this.name = total;
    }
  }
  return [Money, Order, Named];
}
declare class Money {
  readonly cents: unknown;
  constructor(cents: unknown);
  plus(other: Money): number;
}
declare class Named {
  name: unknown;
  get shown(): string;
}
declare class Order extends Named {
  constructor(total: unknown);
}

type Make = (made: ReturnType<typeof classes>) => unknown;

/** A value that may have instances at any depth, as a function of the classes that they are of. */
const anyMake = fc.letrec<{ make: Make }>(tie => ({
  make: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    anyRecord.map<Make>(value => () => value),
    tie('make').map<Make>(make => made => Object.assign(Object.create(made[0].prototype), { cents: make(made) })),
    fc.array(tie('make'), { maxLength: 4 }).map<Make>(all => made => all.map(make => make(made))),
    tie('make').map<Make>(make => made => new made[1](make(made))),
    tie('make').map<Make>(make => made => new Map([['key', make(made)]])),
    tie('make').map<Make>(make => made => ({ field: make(made), other: new Set([make(made)]) })),
  ),
})).make;

describe('instances of registered classes', () => {
  const [here, there] = [classes(), classes()];
  const [producer, consumer] = [new TypeRegistry(here), new TypeRegistry(there)];

  /** From a task with classes of its own to another. */
  function travel(record: unknown, wire: boolean): unknown {
    const guard = new RecordGuard('here');
    guard.types = producer;
    const admitted = guard.admit(record);
    const { bytes, odd, typed } = guard;
    const batch = new RowBatch([admitted], undefined, bytes, odd, typed);
    const received = wire ? (decodeBatch(encodeBatch(batch)) as RowBatch) : batch;
    if (received.typed) consumer.revive(received.records);
    return received.records[0];
  }
  for (const wire of [true, false]) {
    it(`come out as instances of the consumer's classes, ${wire ? 'over a wire' : 'in the same slot'}`, () => {
      fc.assert(
        fc.property(anyMake, make => {
          const sent = make(here);
          const before = copyRecord(sent);
          const received = travel(sent, wire);
          expect(isDeepStrictEqual(received, make(there))).to.equal(true);
          expect(isDeepStrictEqual(sent, before)).to.equal(true);
        }),
        { numRuns: 300 },
      );
    });
  }

  it('have their methods and accessors, and are no longer the sender\u2019s objects', () => {
    const order = new here[1]('total');
    const received = travel([order, new here[0](5)], true) as [Named, Money];
    order.name = 'changed';
    expect(received[0]).to.be.instanceOf(there[1]).and.instanceOf(there[2]);
    expect([received[0].shown, received[1].plus(received[1])]).to.deep.equal(['total', 10]);
  });

  it('are refused where the class is not registered, inside registered ones too', () => {
    const guard = new RecordGuard("from 'Map' to 'Sink'");
    guard.types = new TypeRegistry([here[0]]);
    expect(() => guard.admit({ a: new here[0](new here[1](1)) })).to.throw(
      /its field 'a\.cents' is an instance of Order, a class that is not registered/,
    );
    expect(() => guard.admit(new here[0](() => 1))).to.throw(/its field 'cents' is a function/);
    expect(findUntravellable(new here[0](1), new TypeRegistry(here))).to.equal(undefined);
    // A subclass is a class of its own.
    expect(() => guard.admit(new (class Cent extends here[0] {})(1))).to.throw(/an instance of Cent/);
  });

  it('are copied where two consumers in a task share a record', () => {
    const order = new here[1]({ deep: [1] });
    const copy = copyRecord(order) as unknown as { total: { deep: number[] } };
    copy.total.deep.push(2);
    expect(copy).to.be.instanceOf(here[1]);
    expect(order).to.deep.include({ total: { deep: [1] } });
  });

  it('are told apart from a program that registers otherwise elsewhere', () => {
    const guard = new RecordGuard('x');
    guard.types = new TypeRegistry(here);
    expect(() => new TypeRegistry([there[0]]).revive(guard.admit(new here[1](1)))).to.throw(
      /registered class 2, but main has registered 1/,
    );
  });

  it('can be of plain classes only', () => {
    class Secret {
      #hidden = 1;
      shown(): number {
        return this.#hidden;
      }
    }
    const wrong: Array<[unknown, RegExp]> = [
      [5, /a class is needed, it got 5/],
      [() => 1, /a class is needed, it got a function/],
      [Secret, /Secret has #private fields/],
      [class Cursed extends Secret {}, /Secret has #private fields/],
      [class Stack extends Array<number> {}, /Stack extends Array/],
      [class Failure extends Error {}, /Failure extends Error/],
      [Map, /Map extends Map/],
      [Object, /Object travels as it is/],
    ];
    for (const [type, message] of wrong) expect(() => checkRegistrable(type)).to.throw(message);
    for (const type of here) checkRegistrable(type as RegisteredClass);
  });
});
