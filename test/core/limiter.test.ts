import { expect } from 'chai';
import { Limiter } from '../../core/limiter.js';
import { eventually } from '../testing/eventually.js';

describe('a Limiter', () => {
  it('has so many under way, the others in order, also after some have failed', async () => {
    const queue = new Limiter(4);
    const begun: number[] = [];
    const ends: Array<(error?: Error) => void> = [];
    const dialed = Array.from({ length: 10 }, (_, i) =>
      queue
        .run(
          () =>
            new Promise<string>((resolve, reject) => {
              begun.push(i);
              ends.push(error => (error ? reject(error) : resolve(`connection ${i}`)));
            }),
        )
        .catch((error: Error) => error.message),
    );
    expect(begun).to.deep.equal([0, 1, 2, 3]);
    ends[1]!(new Error('refused'));
    await eventually(() => begun.length === 5);
    for (let i = 0; i < 10; i++) {
      await eventually(() => ends[i]);
      ends[i]!();
    }
    expect(begun).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const connections = await Promise.all(dialed);
    expect(connections[1]).to.equal('refused');
    expect(connections[9]).to.equal('connection 9');
    const again = queue.run(async () => 'at once');
    expect(await again).to.equal('at once');
  });
});
