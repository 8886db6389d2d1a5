import { expect } from 'chai';
import { scaleOptions } from '../../benchmarks/scale-options.js';
import { stagesProgram } from '../../benchmarks/scale-program.js';

describe('the options of the scale benchmark', () => {
  it('name settings of slots and shapes of jobs', () => {
    const { parts, slots, deployment } = scaleOptions([
      '--parts',
      'slots,jobs',
      '--slots',
      '1x1,16x8',
      '--shapes',
      '5x3:rebalance',
    ]);
    expect(parts).to.deep.equal(['slots', 'jobs']);
    expect(slots.settings).to.deep.equal([
      { slots: 1, taskManagers: 1 },
      { slots: 16, taskManagers: 8 },
    ]);
    expect(deployment.shapes).to.deep.equal([{ parallelism: 5, stages: 3, exchange: 'rebalance' }]);
  });

  it('are refused by name where they make no sense', () => {
    expect(() => scaleOptions(['--parts', 'all'])).to.throw(
      '--parts all: there are slots, deployment, jobs, simulated.',
    );
    expect(() => scaleOptions(['--slots', '4x3'])).to.throw('--slots 4x3: slots in all x TaskManagers');
    expect(() => scaleOptions(['--shapes', '5'])).to.throw('--shapes 5: subtasks x stages');
    expect(() => scaleOptions(['--jobs', 'many'])).to.throw('--jobs many: a whole number from 1 on.');
  });
});

describe('the program of the scale benchmark', () => {
  it('has so many subtasks in so many stages that nothing chains, and another id each time', async () => {
    const { next } = await stagesProgram({ parallelism: 5, stages: 3, exchange: 'forward', endless: false });
    const job = next();
    expect(job.vertices.map(v => v.parallelism)).to.deep.equal([5, 5, 5]);
    expect(job.edges.map(e => e.partitioner)).to.deep.equal(['forward', 'forward']);
    expect(next().jobId).to.not.equal(job.jobId);
  });
});
