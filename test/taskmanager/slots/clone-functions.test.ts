import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { LongCounter, RichMapFunction } from '../../../api/index.js';
import { cloneFunction } from '../../../taskmanager/slots/clone-functions.js';

class Base extends RichMapFunction<number, number> {
  readonly seen: number[] = [];
  readonly counter = new LongCounter();
  constructor(readonly factor: number) {
    super();
  }
  map(x: number): number {
    this.seen.push(x);
    this.counter.add(1);
    return x * this.factor;
  }
}

class Secretive {
  #count = 0;
  map(x: number): number {
    return x + this.#count++;
  }
}

describe('function objects of a subtask', () => {
  it('have fields of their own, counters included', () => {
    const original = new Base(3);
    const copy = cloneFunction(original) as Base;
    expect(copy).to.be.instanceOf(Base);
    expect(copy.map(2)).to.equal(6);
    expect(copy.counter.getLocalValue()).to.equal(1);
    expect(original.seen).to.deep.equal([]);
    expect(original.counter.getLocalValue()).to.equal(0);
  });

  it('have a runtime context of their own', () => {
    const original = new Base(1);
    const [a, b] = [cloneFunction(original) as Base, cloneFunction(original) as Base];
    a.setRuntimeContext('a' as never);
    b.setRuntimeContext('b' as never);
    expect([a.getRuntimeContext(), b.getRuntimeContext()]).to.deep.equal(['a', 'b']);
    expect(() => original.getRuntimeContext()).to.throw('not been initialized');
  });

  it('share what can not be copied', () => {
    const secretive = new Secretive();
    expect(cloneFunction(secretive)).to.equal(secretive);
    const lambda = (x: number): number => x;
    expect(cloneFunction(lambda)).to.equal(lambda);
    const emitter = new EventEmitter();
    const pending = Promise.resolve();
    const copy = cloneFunction({ emitter, pending, map: lambda }) as Record<string, unknown>;
    expect(copy['emitter']).to.equal(emitter);
    expect(copy['pending']).to.equal(pending);
    expect(copy['map']).to.equal(lambda);
  });

  it('keep a web of objects a web', () => {
    const inner: { list: unknown[]; self?: unknown } = { list: [1] };
    inner.self = inner;
    const copy = cloneFunction({ a: inner, b: inner, map: new Map([['k', inner]]) }) as {
      a: typeof inner;
      b: typeof inner;
      map: Map<string, unknown>;
    };
    expect(copy.a).to.not.equal(inner);
    expect(copy.a).to.equal(copy.b);
    expect(copy.a.self).to.equal(copy.a);
    expect(copy.map.get('k')).to.equal(copy.a);
  });
});
