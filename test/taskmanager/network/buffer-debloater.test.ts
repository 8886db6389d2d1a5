import { expect } from 'chai';
import { BufferDebloater } from '../../../taskmanager/network/buffer-debloater.js';

const OPTIONS = { targetMs: 1000, periodMs: 200, thresholdPercentages: 25, samples: 3 };

describe('the debloater of batches', () => {
  let now: number;
  let consumed: number;
  let limits: number[];
  let debloater: BufferDebloater;
  beforeEach(() => {
    now = 0;
    consumed = 0;
    limits = [];
    const input = { batchesInFlight: 10, limitBatches: (records: number) => void limits.push(records) };
    debloater = new BufferDebloater(input, OPTIONS, 1024, () => now);
  });

  /** Time in which the task works off so many records a second, looked at after each 10 ms. */
  function works(ms: number, perSecond: number): void {
    for (const end = now + ms; now < end; ) {
      now += 10;
      consumed += perSecond / 100;
      debloater.update(consumed);
    }
  }

  it('lets what is in flight shrink to what the task works off in the target', () => {
    works(5000, 500);
    expect(limits[0]).to.equal(537);
    expect(limits.at(-1)).to.be.within(50, 62);
    for (const [i, limit] of limits.slice(1).entries()) expect(limit).to.be.at.most(limits[i]! * 0.75);
  });

  it('lets it grow again when the task is fast again, as slowly as it shrank', () => {
    works(5000, 500);
    const least = limits.at(-1)!;
    works(210, 1e6);
    expect(limits.at(-1)).to.be.at.most(least * 2);
    works(10_000, 1e6);
    expect(limits.at(-1)).to.equal(1024);
  });

  it('asks for one record at least, and comes back from there', () => {
    works(20_000, 1);
    expect(limits.at(-1)).to.equal(1);
    works(20_000, 1e6);
    expect(limits.at(-1)).to.equal(1024);
  });

  it('does not take a task that waits for input for a slow one', () => {
    for (let i = 0; i < 100; i++) {
      works(10, 1e6);
      debloater.onIdle();
      debloater.update(consumed);
      now += 1000;
      debloater.onInput();
    }
    expect(limits).to.deep.equal([]);
  });
});
