import { expect } from 'chai';
import { LatencyStats } from '../../../taskmanager/task/latency-stats.js';

describe('the latencies of a task', () => {
  it('are figures of the last 128 markers of each source, by operator', () => {
    let now = 0;
    const stats = new LatencyStats(3, () => now);
    expect(stats.figures()).to.equal(undefined);
    const report = (latency: number, operatorId: string): void => {
      now = 10_000 + latency;
      stats.report({ markedAt: 10_000, operatorId: 's', subtaskIndex: 0 }, operatorId);
    };
    for (let i = 0; i < 500; i++) report(1e6, 'a');
    for (let i = 1; i <= 128; i++) report(i, 'a');
    report(-5, 'b');
    const figures = stats.figures()!;
    const name = (operator: string): string =>
      `latency.source_id.s.operator_id.${operator}.operator_subtask_index.3.latency`;
    expect(Object.keys(figures)).to.deep.equal([name('a'), name('b')]);
    const { stddev, ...rest } = figures[name('a')]!;
    expect(rest).to.deep.equal({
      ...{ min: 1, max: 128, mean: 64.5, median: 64 },
      ...{ p75: 96, p90: 116, p95: 122, p98: 126, p99: 127, p999: 128 },
    });
    expect(stddev).to.be.closeTo(37.09, 0.01);
    // A clock that runs behind.
    expect(figures[name('b')]).to.include({ min: 0, max: 0, stddev: 0 });
  });
});
