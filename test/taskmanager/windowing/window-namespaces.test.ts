import { expect } from 'chai';
import { GlobalWindow, TimeWindow, Window } from '../../../api/index.js';
import { WindowNamespaces } from '../../../taskmanager/windowing/window-namespaces.js';

class Named extends Window {
  constructor(readonly name: string) {
    super();
  }
  maxTimestamp(): number {
    return 0;
  }
}

describe('numbers of windows', () => {
  let dropped: number[];
  let numbers: WindowNamespaces;
  beforeEach(() => {
    dropped = [];
    numbers = new WindowNamespaces(n => dropped.push(n));
  });

  it('are one for equal windows, and never the void namespace', () => {
    const make = [
      () => new TimeWindow(0, 5),
      () => new TimeWindow(0, 6),
      () => new TimeWindow(0, 7),
      () => new Named('a'),
      () => new Named('b'),
      () => GlobalWindow.get(),
    ];
    const first = make.map(f => numbers.hold(f()));
    expect(new Set(first).size).to.equal(make.length);
    expect(first).to.not.include(0);
    expect(make.map(f => numbers.hold(f()))).to.deep.equal(first);
  });

  it('are free, and what is in them is dropped, once nobody holds them, in whatever order', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
    ]) {
      const held = [5, 6, 7].map(end => numbers.hold(new TimeWindow(0, end)));
      numbers.retain(held[0]!);
      numbers.release(held[0]!);
      expect(dropped).to.deep.equal([]);
      for (const i of order) {
        numbers.release(held[i]!);
        const again = numbers.hold(new TimeWindow(0, 5 + ((i + 1) % 3)));
        numbers.release(again);
      }
      expect(numbers.size).to.equal(0);
      expect(dropped).to.include.members(held);
      dropped = [];
    }
  });

  it('stay for windows that never end', () => {
    const held = numbers.hold(GlobalWindow.get());
    numbers.pin(held);
    numbers.release(held);
    expect(numbers.hold(GlobalWindow.get())).to.equal(held);
    expect(dropped).to.deep.equal([]);
  });
});
