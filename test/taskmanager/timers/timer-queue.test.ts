import { expect } from 'chai';
import fc from 'fast-check';
import { TimerQueue } from '../../../taskmanager/timers/timer-queue.js';

/** time, slot, namespace */
type Timer = [number, number, number];

const polled = (queue: TimerQueue): Timer => {
  queue.poll();
  return [queue.time, queue.slot, queue.namespace];
};
const drained = (queue: TimerQueue): Timer[] => Array.from({ length: queue.size }, () => polled(queue));

describe('a queue of timers', () => {
  it('gives them in the order of their times, those of one time as they were set', () => {
    const queue = new TimerQueue();
    for (const [time, slot, namespace] of [
      [5, 1, 0],
      [3, 2, 0],
      [5, 0, 0],
      [-1, 7, 0],
      [3, 1, 9],
    ] as Timer[]) {
      expect(queue.add(time, slot, namespace)).to.equal(true);
    }
    expect(queue.nextTime).to.equal(-1);
    expect(drained(queue)).to.deep.equal([
      [-1, 7, 0],
      [3, 2, 0],
      [3, 1, 9],
      [5, 1, 0],
      [5, 0, 0],
    ]);
    expect(queue.nextTime).to.equal(Number.POSITIVE_INFINITY);
  });

  it('holds one of the same time, key and namespace once', () => {
    const queue = new TimerQueue();
    queue.add(5, 1, 0);
    expect(queue.add(5, 1, 0)).to.equal(false);
    expect([queue.add(5, 1, 1), queue.add(5, 2, 0), queue.add(6, 1, 0)]).to.deep.equal([true, true, true]);
    expect(queue.remove(5, 1, 0)).to.equal(true);
    expect(queue.remove(5, 1, 0)).to.equal(false);
    expect(queue.add(5, 1, 0)).to.equal(true);
    expect(queue.size).to.equal(4);
  });

  it('takes times of the whole range, and refuses what is none', () => {
    const queue = new TimerQueue();
    const times = [Number.MIN_SAFE_INTEGER, -(2 ** 40), 0, 0.5, 2 ** 33, Number.MAX_SAFE_INTEGER];
    for (const time of [...times].reverse()) queue.add(time, 0, 0);
    expect(drained(queue).map(([time]) => time)).to.deep.equal(times);
    for (const wrong of [Number.NaN, new Date(), undefined, 5n]) {
      expect(() => queue.add(wrong as number, 0, 0)).to.throw(/number of epoch milliseconds, not/);
    }
  });

  it('does as a sorted list does, whatever is set, deleted and taken', () => {
    const timer = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 5 }), fc.constantFrom(0, 0, 3));
    const action = fc.tuple(fc.constantFrom('add', 'add', 'add', 'remove', 'poll'), timer);
    fc.assert(
      fc.property(fc.array(action, { maxLength: 400 }), actions => {
        const queue = new TimerQueue();
        let model: Timer[] = [];
        const same = (a: Timer, b: Timer): boolean => a.every((part, i) => part === b[i]);
        for (const [what, t] of actions) {
          const known = model.some(m => same(m, t));
          if (what === 'add') {
            expect(queue.add(...t)).to.equal(!known);
            // A stable sort: the later one of a time goes behind.
            if (!known) model = [...model, t].sort((a, b) => a[0] - b[0]);
          } else if (what === 'remove') {
            expect(queue.remove(...t)).to.equal(known);
            model = model.filter(m => !same(m, t));
          } else if (model.length > 0) expect(polled(queue)).to.deep.equal(model.shift());
          expect([queue.size, queue.nextTime]).to.deep.equal([model.length, model[0]?.[0] ?? Number.POSITIVE_INFINITY]);
        }
        expect(drained(queue)).to.deep.equal(model);
      }),
      { numRuns: 200 },
    );
  });

  it('holds many, and uses the room of those that are gone', () => {
    const queue = new TimerQueue();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 50_000; i++) queue.add((i * 7919) % 50_000, i % 1000, i % 3);
      expect(queue.size).to.equal(50_000);
      let last = -1;
      for (let i = 0; i < 50_000; i++) {
        queue.poll();
        if (queue.time < last) throw new Error(`${queue.time} after ${last}`);
        last = queue.time;
      }
    }
    expect(queue.size).to.equal(0);
  });
});
