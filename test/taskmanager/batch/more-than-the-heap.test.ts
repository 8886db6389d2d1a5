import { expect } from 'chai';
import { group } from './grouping-job.js';

const SIZE = 256 * 1024 ** 2;

describe('a batch job that groups 256 MB in a TaskManager of 256 MB', function () {
  this.timeout(180_000);

  it('keeps to its share of memory: what it groups lies on disk', async () => {
    expect(await group(SIZE / 1024)).to.be.lessThan(SIZE / 2);
  });
});
