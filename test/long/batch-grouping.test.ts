import { expect } from 'chai';
import { group } from '../taskmanager/batch/grouping-job.js';

const SIZE = 2 * 1024 ** 3;

describe('a batch job that groups 2 GB in a TaskManager of 256 MB', () => {
  it('keeps to its share of memory: what it groups lies on disk', async () => {
    expect(await group(SIZE / 1024)).to.be.lessThan(SIZE / 16);
  });
});
