import { expect } from 'chai';
import fc from 'fast-check';
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from '../../../api/index.js';
import { KeyContext } from '../../../taskmanager/state/key-context.js';
import { isMerging } from '../../../taskmanager/state/keyed-state-backend.js';
import { KeyedStates, ScopedStateStore } from '../../../taskmanager/state/keyed-states.js';

const mean = {
  createAccumulator: () => ({ n: 0, sum: 0 }),
  add: (value: number, acc: { n: number; sum: number }) => ({ n: acc.n + 1, sum: acc.sum + value }),
  getResult: (acc: { n: number; sum: number }) => acc.sum / acc.n,
  merge: (a: { n: number; sum: number }, b: { n: number; sum: number }) => ({ n: a.n + b.n, sum: a.sum + b.sum }),
};
const sum = (a: number, b: number): number => a + b;

describe('keyed state', () => {
  let keys: KeyContext;
  let states: KeyedStates;
  let store: ScopedStateStore;
  beforeEach(() => {
    keys = new KeyContext();
    states = new KeyedStates(keys, () => 0);
    store = new ScopedStateStore(states);
  });
  const at = (key: unknown): void => {
    keys.slot = keys.keySlots.slotOf(key);
  };

  it('of one value is null until it is set, and belongs to its key', () => {
    const state = store.getState(new ValueStateDescriptor<number>('v'));
    at('a');
    expect(state.value()).to.equal(null);
    state.update(1);
    at('b');
    expect(state.value()).to.equal(null);
    state.update(0);
    at('a');
    expect(state.value()).to.equal(1);
    state.update(null);
    expect(state.value()).to.equal(null);
    at('b');
    expect(state.value()).to.equal(0);
    state.clear();
    expect(state.value()).to.equal(null);
  });

  it('of one value may have a default, a copy for each key', () => {
    const state = store.getState(new ValueStateDescriptor<number[]>('v', undefined, [7]));
    at('a');
    state.value()!.push(8);
    expect(state.value()).to.deep.equal([7]);
    state.update([1]);
    expect(state.value()).to.deep.equal([1]);
    state.clear();
    expect(state.value()).to.deep.equal([7]);
  });

  it('of a list is empty until something is added, and keeps the order', () => {
    const state = store.getListState(new ListStateDescriptor<number>('l'));
    at('a');
    expect([...state.get()]).to.deep.equal([]);
    state.add(1);
    state.addAll([2, 3]);
    state.addAll(state.get());
    at('b');
    state.update([9]);
    at('a');
    expect([...state.get()]).to.deep.equal([1, 2, 3, 1, 2, 3]);
    state.update([]);
    expect([...state.get()]).to.deep.equal([]);
    at('b');
    expect([...state.get()]).to.deep.equal([9]);
    expect(() => state.add(null as never)).to.throw("add of state 'l': null can't be added");
    expect(() => state.update([1, undefined as never])).to.throw(/null can't be added/);
  });

  it('of a map has keys by value', () => {
    const state = store.getMapState(new MapStateDescriptor<unknown, number>('m'));
    at('a');
    expect([state.isEmpty(), state.get('x'), state.contains('x')]).to.deep.equal([true, null, false]);
    state.put('x', 1);
    state.put(1, 2);
    state.put('1', 3);
    state.put([1, 'x'], 4);
    state.put({ b: 1, a: 2 }, 5);
    state.putAll([
      [new Date(5), 6],
      [Number.NaN, 7],
    ]);
    expect(['x', 1, '1', [1, 'x'], { a: 2, b: 1 }, new Date(5), Number.NaN].map(k => state.get(k))).to.deep.equal([
      1, 2, 3, 4, 5, 6, 7,
    ]);
    expect([...state.values()].sort()).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    expect([...state.keys()]).to.have.length(7);
    state.remove([1, 'x']);
    state.remove('nothing');
    expect([state.contains([1, 'x']), [...state.entries()].length]).to.deep.equal([false, 6]);
    at('b');
    expect([...state.entries()]).to.deep.equal([]);
    at('a');
    for (const key of state.keys()) state.remove(key);
    expect(state.isEmpty()).to.equal(true);
    expect(() => state.put(null, 1)).to.throw(/key can't be null/);
    expect(() => state.put('x', undefined as never)).to.throw("put of state 'm': undefined is no value");
  });

  it('that reduces or aggregates combines what is added', () => {
    const reducing = store.getReducingState(new ReducingStateDescriptor<number>('r', { reduce: sum }));
    const aggregating = store.getAggregatingState(new AggregatingStateDescriptor('a', mean));
    at('a');
    expect([reducing.get(), aggregating.get()]).to.deep.equal([null, null]);
    for (const n of [1, 2, 6]) {
      reducing.add(n);
      aggregating.add(n);
    }
    expect([reducing.get(), aggregating.get()]).to.deep.equal([9, 3]);
    at('b');
    expect([reducing.get(), aggregating.get()]).to.deep.equal([null, null]);
    at('a');
    reducing.clear();
    aggregating.clear();
    expect([reducing.get(), aggregating.get()]).to.deep.equal([null, null]);
  });

  it('does not wait for its functions', () => {
    const reducing = store.getReducingState(
      new ReducingStateDescriptor<number>('r', (async (a: number, b: number) => a + b) as never),
    );
    at('a');
    reducing.add(1);
    expect(() => reducing.add(2)).to.throw(/'r' gave a promise: it has to return its result at once/);
    const forgetful = store.getReducingState(new ReducingStateDescriptor<number>('f', (() => {}) as never));
    forgetful.add(1);
    expect(() => forgetful.add(2)).to.throw(/'f' gave undefined/);
  });

  it('is the same for the same name, and refuses what contradicts it', () => {
    const [one, other] = [1, 2].map(() => store.getState(new ValueStateDescriptor<number>('v')));
    at('a');
    one!.update(5);
    expect(other!.value()).to.equal(5);
    expect(new ScopedStateStore(states).getState(new ValueStateDescriptor('v')).value()).to.equal(5);
    expect(() => store.getListState(new ListStateDescriptor('v'))).to.throw(
      "State 'v': it is a value state already, and can't be a list state too. Give one of them another name.",
    );
    expect(() => store.getState('v' as never)).to.throw(/by its descriptor/);
    expect(() => new ValueStateDescriptor('')).to.throw(/needs a name/);
    expect(() => new ReducingStateDescriptor('r', undefined as never)).to.throw(/'r' needs a function with reduce/);
  });

  it('says so where there is no current key', () => {
    const state = store.getState(new ValueStateDescriptor<number>('v'));
    for (const use of [() => state.value(), () => state.update(1), () => state.clear()]) {
      expect(use).to.throw(/No key set: .*not in open\(\) or close\(\)/);
    }
  });

  it('keeps namespaces apart, and merges those of states that add', () => {
    const moving = new ScopedStateStore(states);
    const list = moving.getListState(new ListStateDescriptor<number>('l'));
    const reducing = moving.getReducingState(new ReducingStateDescriptor<number>('r', sum));
    const aggregating = moving.getAggregatingState(new AggregatingStateDescriptor('a', mean));
    const value = moving.getState(new ValueStateDescriptor<number>('v'));
    const fixed = store.getState(new ValueStateDescriptor<number>('v'));
    at('a');
    fixed.update(-1);
    for (const namespace of [1, 2, 3]) {
      moving.scope.namespace = namespace;
      for (const state of [list, reducing, aggregating]) state.add(namespace);
      value.update(namespace);
    }
    expect([value.value(), fixed.value()]).to.deep.equal([3, -1]);
    for (const state of [list, reducing, aggregating]) {
      if (isMerging(state)) state.mergeNamespaces(2, [1, 2, 3, 4]);
    }
    moving.scope.namespace = 2;
    expect([[...list.get()], reducing.get(), aggregating.get()]).to.deep.equal([[2, 1, 3], 6, 2]);
    moving.scope.namespace = 1;
    expect([[...list.get()], reducing.get(), value.value()]).to.deep.equal([[], null, 1]);
    value.clear();
    expect(value.value()).to.equal(null);
    const slots: number[] = [];
    states.forEachSlot(new ValueStateDescriptor('v'), 3, slot => slots.push(slot));
    states.forEachSlot(new ValueStateDescriptor('v'), 1, slot => slots.push(-1 - slot));
    expect(slots).to.deep.equal([0]);
  });

  it('calls with each key that has something', () => {
    const state = store.getState(new ValueStateDescriptor<number>('v'));
    for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) {
      at(key);
      if (key !== 'b') state.update(i);
    }
    at('c');
    state.clear();
    const found: unknown[] = [];
    states.forEachSlot(new ValueStateDescriptor('v'), 0, slot => found.push(keys.keySlots.keys[slot]));
    expect(found).to.deep.equal(['a', 'd']);
  });

  it('holds no more of a batch than what it was given', () => {
    const batch = 'x'.repeat(100);
    const text = batch.substring(10, 60);
    const record = { text, parts: [text], n: 1 };
    const frozen = Object.freeze({ text });
    const state = store.getState(new ValueStateDescriptor<object>('v'));
    at('a');
    state.update(record);
    expect(state.value())
      .to.equal(record)
      .and.deep.equal({ text, parts: [text], n: 1 });
    state.update(frozen);
    expect(state.value()).to.equal(frozen);
  });

  it('does as a map of maps does, whatever is done with it', () => {
    const key = fc.constantFrom('a', 'b', 'c', 1, 2);
    const action = fc.tuple(
      fc.constantFrom('put', 'remove', 'clear', 'update', 'drop'),
      key,
      fc.integer({ min: 0, max: 4 }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), actions => {
        const context = new KeyContext();
        const own = new ScopedStateStore(new KeyedStates(context, () => 0));
        const map = own.getMapState(new MapStateDescriptor<number, number>('m'));
        const value = own.getState(new ValueStateDescriptor<number>('v'));
        const [maps, values] = [new Map<unknown, Map<number, number>>(), new Map<unknown, number>()];
        for (const [i, [what, k, n]] of actions.entries()) {
          context.slot = context.keySlots.slotOf(k);
          const model = maps.get(k) ?? new Map<number, number>();
          maps.set(k, model);
          if (what === 'put') {
            map.put(n, i);
            model.set(n, i);
          } else if (what === 'remove') {
            map.remove(n);
            model.delete(n);
          } else if (what === 'clear') {
            map.clear();
            model.clear();
          } else if (what === 'update') {
            value.update(i);
            values.set(k, i);
          } else {
            value.clear();
            values.delete(k);
          }
          expect([...map.entries()]).to.deep.equal([...model]);
          expect([map.isEmpty(), value.value()]).to.deep.equal([model.size === 0, values.get(k) ?? null]);
        }
      }),
    );
  });
});
