import { expect } from 'chai';
import { Lifecycle } from '../../core/lifecycle.js';
import { eventually } from '../testing/eventually.js';

describe('a Lifecycle', () => {
  it('closes what it owns in reverse order, once, and reports the first failure after all were tried', async () => {
    const lifecycle = new Lifecycle();
    const closed: number[] = [];
    for (const i of [1, 2, 3]) {
      lifecycle.defer(() => {
        closed.push(i);
        if (i !== 1) throw new Error(`no ${i}`);
      });
    }
    const first = lifecycle.close();
    expect(lifecycle.close()).to.equal(first);
    expect(await first.catch((error: Error) => error.message)).to.equal('no 3');
    expect(closed).to.deep.equal([3, 2, 1]);
  });

  it('keeps nothing of timers that have fired: its owner may set them for years', async () => {
    const lifecycle = new Lifecycle();
    let fired = 0;
    for (let i = 0; i < 100; i++) lifecycle.setTimeout(() => fired++, 0);
    expect(lifecycle.size).to.equal(100);
    await eventually(() => fired === 100);
    expect(lifecycle.size).to.equal(0);
    lifecycle.setTimeout(() => fired++, 0);
    await lifecycle.close();
    expect(fired).to.equal(100);
  });
});
