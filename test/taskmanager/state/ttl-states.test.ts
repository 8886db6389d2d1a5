import { expect } from 'chai';
import {
  AggregatingStateDescriptor,
  Duration,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type State,
  type StateDescriptor,
  StateTtlConfig,
  ValueStateDescriptor,
} from '../../../api/index.js';
import { KeyContext } from '../../../taskmanager/state/key-context.js';
import { isMerging } from '../../../taskmanager/state/keyed-state-backend.js';
import { KeyedStates, ScopedStateStore } from '../../../taskmanager/state/keyed-states.js';

const { OnCreateAndWrite, OnReadAndWrite, Disabled } = StateTtlConfig.UpdateType;
const { NeverReturnExpired, ReturnExpiredIfNotCleanedUp } = StateTtlConfig.StateVisibility;
const count = {
  createAccumulator: () => 0,
  add: (n: number, acc: number) => acc + n,
  getResult: (acc: number) => acc,
  merge: (a: number, b: number) => a + b,
};

describe('state with a time to live of 10 ms', () => {
  let now: number;
  let states: KeyedStates;
  let store: ScopedStateStore;
  beforeEach(() => {
    now = 1000;
    const keys = new KeyContext();
    keys.slot = keys.keySlots.slotOf('a');
    states = new KeyedStates(keys, () => now);
    store = new ScopedStateStore(states);
  });

  function living<S extends State, D extends StateDescriptor<S>>(
    descriptor: D,
    type = OnCreateAndWrite,
    visibility = NeverReturnExpired,
  ): D {
    const ttl = StateTtlConfig.newBuilder(Duration.ofMillis(10)).setUpdateType(type).setStateVisibility(visibility);
    descriptor.enableTimeToLive(ttl.build());
    return descriptor;
  }

  it('is gone 10 ms after it was written', () => {
    const state = store.getState(living(new ValueStateDescriptor<number>('v')));
    state.update(1);
    now += 9;
    expect(state.value()).to.equal(1);
    now += 1;
    expect(state.value()).to.equal(null);
    state.update(2);
    now += 5;
    state.update(3);
    now += 9;
    expect(state.value()).to.equal(3);
    state.clear();
    expect(state.value()).to.equal(null);
  });

  it('lives on by being read, if it is told so', () => {
    const value = store.getState(living(new ValueStateDescriptor<number>('v'), OnReadAndWrite));
    const list = store.getListState(living(new ListStateDescriptor<number>('l'), OnReadAndWrite));
    const map = store.getMapState(living(new MapStateDescriptor<string, number>('m'), OnReadAndWrite));
    const reducing = store.getReducingState(living(new ReducingStateDescriptor<number>('r', Math.max), OnReadAndWrite));
    const aggregating = store.getAggregatingState(living(new AggregatingStateDescriptor('a', count), OnReadAndWrite));
    value.update(1);
    list.add(1);
    map.put('x', 1);
    reducing.add(1);
    aggregating.add(1);
    const all = (): unknown[] => [value.value(), [...list.get()], map.get('x'), reducing.get(), aggregating.get()];
    for (let i = 0; i < 5; i++) {
      now += 9;
      expect(all(), `read ${i}`).to.deep.equal([1, [1], 1, 1, 1]);
    }
    now += 10;
    expect(all()).to.deep.equal([null, [], null, null, null]);
  });

  it('may be shown once more after its time, where it is there still', () => {
    const value = store.getState(
      living(new ValueStateDescriptor<number>('v'), OnCreateAndWrite, ReturnExpiredIfNotCleanedUp),
    );
    value.update(1);
    now += 50;
    expect([value.value(), value.value()]).to.deep.equal([1, null]);
  });

  it('of lists and maps ends for each element', () => {
    const list = store.getListState(living(new ListStateDescriptor<number>('l')));
    const map = store.getMapState(living(new MapStateDescriptor<string, number>('m')));
    list.add(1);
    map.put('x', 1);
    now += 6;
    list.addAll([2, 3]);
    map.putAll([['y', 2]]);
    now += 6;
    expect([...list.get()]).to.deep.equal([2, 3]);
    expect([[...map.entries()], map.get('x'), map.contains('x'), map.isEmpty()]).to.deep.equal([
      [['y', 2]],
      null,
      false,
      false,
    ]);
    expect([[...map.keys()], [...map.values()]]).to.deep.equal([['y'], [2]]);
    now += 6;
    expect([[...list.get()], map.isEmpty()]).to.deep.equal([[], true]);
    expect(() => list.add(null as never)).to.throw(/null can't be added/);
    expect(() => map.put('x', undefined as never)).to.throw(/undefined is no value/);
  });

  it('that adds begins anew after its time', () => {
    const reducing = store.getReducingState(living(new ReducingStateDescriptor<number>('r', (a, b) => a + b)));
    const aggregating = store.getAggregatingState(living(new AggregatingStateDescriptor('a', count)));
    const add = (n: number): unknown[] => {
      reducing.add(n);
      aggregating.add(n);
      return [reducing.get(), aggregating.get()];
    };
    expect(add(1)).to.deep.equal([1, 1]);
    now += 9;
    expect(add(2)).to.deep.equal([3, 3]);
    now += 10;
    expect(add(5)).to.deep.equal([5, 5]);
  });

  it('that adds merges namespaces without what has expired', () => {
    const aggregating = store.getAggregatingState(living(new AggregatingStateDescriptor('a', count)));
    store.scope.namespace = 1;
    aggregating.add(1);
    now += 10;
    store.scope.namespace = 2;
    aggregating.add(2);
    if (isMerging(aggregating)) aggregating.mergeNamespaces(1, [2]);
    store.scope.namespace = 1;
    expect(aggregating.get()).to.equal(2);
  });

  it('is found when it has expired, though nobody asks for it', () => {
    const keys = new KeyContext();
    states = new KeyedStates(keys, () => now);
    store = new ScopedStateStore(states);
    const value = store.getState(living(new ValueStateDescriptor<number>('v')));
    const list = store.getListState(living(new ListStateDescriptor<number>('l')));
    const map = store.getMapState(living(new MapStateDescriptor<string, number>('m')));
    const reducing = store.getReducingState(living(new ReducingStateDescriptor<number>('r', Math.max)));
    const aggregating = store.getAggregatingState(living(new AggregatingStateDescriptor('a', count)));
    const kept = new ValueStateDescriptor<number>('kept');
    kept.enableTimeToLive(StateTtlConfig.newBuilder(Duration.ofMillis(10)).disableCleanupInBackground().build());
    const unswept = store.getState(kept);
    const held = (): number[] =>
      [
        new ValueStateDescriptor('v'),
        new ListStateDescriptor('l'),
        new MapStateDescriptor('m'),
        new ReducingStateDescriptor('r', Math.max),
        new AggregatingStateDescriptor('a', count),
        new ValueStateDescriptor('kept'),
      ].map(descriptor => {
        let slots = 0;
        states.forEachSlot(descriptor, 0, () => slots++);
        return slots;
      });
    for (let key = 0; key < 1000; key++) {
      if (key === 900) now += 5;
      keys.slot = keys.keySlots.slotOf(key);
      for (const state of [list, reducing, aggregating]) state.add(1);
      for (const state of [value, unswept]) state.update(1);
      map.put('x', 1);
    }
    for (let i = 0; i < 10; i++) states.sweep();
    expect(held()).to.deep.equal([1000, 1000, 1000, 1000, 1000, 1000]);
    now += 5;
    for (let i = 0; i < 10; i++) states.sweep();
    expect(held()).to.deep.equal([100, 100, 100, 100, 100, 1000]);
    expect([value.value(), [...list.get()], map.get('x'), reducing.get()]).to.deep.equal([1, [1], 1, 1]);
  });

  it('is none if it is disabled, and another one for the same name is refused', () => {
    const disabled = store.getState(living(new ValueStateDescriptor<number>('v'), Disabled));
    disabled.update(1);
    now += 1000;
    expect(disabled.value()).to.equal(1);
    expect(() => store.getState(living(new ValueStateDescriptor<number>('v')))).to.throw(
      "State 'v': it has another time to live already. Give one of them another name.",
    );
    expect(store.getState(new ValueStateDescriptor<number>('v')).value()).to.equal(1);
    expect(() => StateTtlConfig.newBuilder(Duration.ZERO)).to.throw(/positive/);
  });
});
