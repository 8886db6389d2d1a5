import { expect } from 'chai';
import { VOID_NAMESPACE as VOID } from '../../../taskmanager/state/state-scope.js';
import { InternalTimerService } from '../../../taskmanager/timers/internal-timer-service.js';
import { ProcessingTimeService } from '../../../taskmanager/timers/processing-time.js';
import { eventually } from '../../testing/eventually.js';

describe('the timers of a keyed operator', () => {
  let now: number;
  let fired: string[];
  /** By slot of a key, how many timers the key context knows of. */
  let kept: Map<number, number>;
  let suspended: Array<{ thenable: PromiseLike<unknown>; resume: () => void }>;
  let room: Promise<void> | undefined;
  let onFire: ((domain: string, time: number, slot: number) => unknown) | undefined;
  let processingTime: ProcessingTimeService;
  let timers: InternalTimerService;

  beforeEach(() => {
    now = 1000;
    fired = [];
    suspended = [];
    room = undefined;
    onFire = undefined;
    processingTime = new ProcessingTimeService({
      now: () => now,
      onDue: () => {},
      position: { current: -1 },
      mayFire: () => suspended.length === 0,
    });
    const fire = (domain: string, time: number, slot: number, namespace: number): unknown => {
      fired.push(`${domain}${time} of ${slot}/${namespace}`);
      return onFire?.(domain, time, slot);
    };
    kept = new Map();
    const keys = {
      retain: (slot: number) => void kept.set(slot, (kept.get(slot) ?? 0) + 1),
      release: (slot: number) => void kept.set(slot, kept.get(slot)! - 1),
    };
    const target = {
      onEventTime: (...timer: [number, number, number]) => fire('e', ...timer),
      onProcessingTime: (...timer: [number, number, number]) => fire('p', ...timer),
      suspendTimers: (thenable: PromiseLike<unknown>, resume: () => void) => void suspended.push({ thenable, resume }),
    };
    timers = new InternalTimerService({ processingTime, whenRoom: () => room }, 3, target, keys);
  });
  afterEach(() => processingTime.stop());

  const pass = async (time: number): Promise<void> => {
    now = time;
    await eventually(() => processingTime.isDue, { interval: 1 });
    processingTime.fireDue();
  };

  it('fire in order when the watermark comes to them, and know it by then', () => {
    timers.registerEventTimeTimer(0, VOID, 30);
    timers.registerEventTimeTimer(1, VOID, 10);
    timers.registerEventTimeTimer(0, 7, 20);
    timers.registerEventTimeTimer(1, VOID, 10);
    onFire = () => void fired.push(`w${timers.currentWatermark()}`);
    expect(timers.currentWatermark()).to.equal(Number.MIN_SAFE_INTEGER);
    expect(timers.advanceWatermark(9)).to.equal(undefined);
    expect(fired).to.deep.equal([]);
    timers.advanceWatermark(20);
    expect(fired).to.deep.equal(['e10 of 1/0', 'w20', 'e20 of 0/7', 'w20']);
    expect(timers.eventTimeTimers).to.equal(1);
  });

  it('of a batch job know the last watermark also when all keys are done, and no sooner', () => {
    const target = { onEventTime: () => {}, onProcessingTime: () => {}, suspendTimers: () => {} };
    timers = new InternalTimerService({ processingTime, whenRoom: () => undefined, batch: true }, 3, target, undefined);
    timers.endKeys();
    expect(timers.currentWatermark()).to.equal(Number.MIN_SAFE_INTEGER);
    timers.advanceWatermark(Number.MAX_SAFE_INTEGER);
    expect(timers.currentWatermark()).to.equal(Number.MAX_SAFE_INTEGER);
  });

  it('that were deleted do not fire', () => {
    timers.registerEventTimeTimer(0, VOID, 10);
    timers.registerEventTimeTimer(1, VOID, 10);
    timers.deleteEventTimeTimer(0, VOID, 10);
    timers.deleteEventTimeTimer(1, VOID, 11);
    timers.deleteProcessingTimeTimer(1, VOID, 11);
    timers.advanceWatermark(100);
    expect(fired).to.deep.equal(['e10 of 1/0']);
  });

  it('that are set while others fire do so in the same advance if they are due, else and behind the watermark in the next', () => {
    onFire = (_, time, slot) => {
      if (time === 10) timers.registerEventTimeTimer(slot, VOID, 15);
      if (time === 10) timers.registerEventTimeTimer(slot, VOID, 25);
    };
    timers.registerEventTimeTimer(0, VOID, 10);
    timers.registerEventTimeTimer(1, VOID, 18);
    timers.advanceWatermark(20);
    expect(fired).to.deep.equal(['e10 of 0/0', 'e15 of 0/0', 'e18 of 1/0']);
    timers.registerEventTimeTimer(2, VOID, 5);
    expect(fired).to.have.length(3);
    timers.advanceWatermark(25);
    expect(fired.slice(3)).to.deep.equal(['e5 of 2/0', 'e25 of 0/0']);
  });

  it('hold their key, each once, until they fire or are deleted', async () => {
    for (const slot of [0, 0, 1]) {
      timers.registerEventTimeTimer(slot, VOID, 10);
      timers.registerProcessingTimeTimer(slot, VOID, 1001);
      timers.registerProcessingTimeTimer(slot, VOID, 1009);
    }
    expect([...kept]).to.deep.equal([
      [0, 3],
      [1, 3],
    ]);
    timers.deleteProcessingTimeTimer(0, VOID, 1009);
    timers.deleteProcessingTimeTimer(0, VOID, 1009);
    timers.deleteEventTimeTimer(1, VOID, 10);
    expect([...kept]).to.deep.equal([
      [0, 2],
      [1, 2],
    ]);
    timers.advanceWatermark(10);
    await pass(1005);
    expect([...kept]).to.deep.equal([
      [0, 0],
      [1, 1],
    ]);
  });

  it('of processing time fire when it has passed them, the earliest first, whenever it was set', async () => {
    timers.registerProcessingTimeTimer(0, VOID, 1005);
    timers.registerProcessingTimeTimer(1, VOID, 1002);
    timers.registerProcessingTimeTimer(0, VOID, 1007);
    timers.deleteProcessingTimeTimer(0, VOID, 1007);
    await pass(1003);
    expect(fired).to.deep.equal(['p1002 of 1/0']);
    await pass(1006);
    expect(fired).to.deep.equal(['p1002 of 1/0', 'p1005 of 0/0']);
    expect(timers.processingTimeTimers).to.equal(0);
  });

  it('of processing time may set each other', async () => {
    onFire = (_, time, slot) => {
      if (time < 1004) timers.registerProcessingTimeTimer(slot, VOID, time + 1);
    };
    timers.registerProcessingTimeTimer(0, VOID, 1001);
    await pass(1010);
    expect(fired).to.deep.equal(['p1001 of 0/0', 'p1002 of 0/0', 'p1003 of 0/0', 'p1004 of 0/0']);
  });

  it('stop at a promise, and go on where they were', async () => {
    const promise = Promise.resolve();
    onFire = (_, time) => (time === 10 || time === 1001 ? promise : undefined);
    for (const time of [10, 11]) timers.registerEventTimeTimer(0, VOID, time);
    expect(timers.advanceWatermark(20)).to.equal(promise);
    expect(fired).to.deep.equal(['e10 of 0/0']);
    expect(timers.advanceWatermark(20)).to.equal(undefined);
    expect(fired).to.deep.equal(['e10 of 0/0', 'e11 of 0/0']);

    for (const time of [1001, 1002, 1500]) timers.registerProcessingTimeTimer(0, VOID, time);
    await pass(1600);
    expect(suspended.map(s => s.thenable)).to.deep.equal([promise]);
    expect(fired.slice(2)).to.deep.equal(['p1001 of 0/0']);
    suspended.splice(0)[0]!.resume();
    expect(fired.slice(2)).to.deep.equal(['p1001 of 0/0']);
    await pass(1600);
    expect(fired.slice(3)).to.deep.equal(['p1002 of 0/0', 'p1500 of 0/0']);
  });

  it('that are many give way when outputs are full or their time is over', () => {
    for (let i = 0; i < 1000; i++) timers.registerEventTimeTimer(i, VOID, i);
    room = Promise.resolve();
    expect(timers.advanceWatermark(1000)).to.equal(room);
    expect(fired.length).to.be.lessThan(100);
    room = undefined;
    expect(timers.advanceWatermark(1000)).to.equal(undefined);
    expect(fired).to.have.length(1000);
    expect(new Set(fired).size).to.equal(1000);
  });
});
