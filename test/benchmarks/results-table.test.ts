import { expect } from 'chai';
import { medians, type Run, ratios } from '../../benchmarks/results-table.js';

const run = (engine: Run['engine'], reuse: boolean, recordsPerSecond: number, changes: Partial<Run> = {}): Run => ({
  ...{ job: 'b1', parallelism: 2, tms: 1, engine, reuse, recordsPerSecond },
  recordsPerCpuSecond: recordsPerSecond / 2,
  ...changes,
});

const cells = (line: string): string[] => line.split(/\s{2,}/);

describe("the benchmarks' tables", () => {
  const runs = [
    ...[50, 10, 30].map(rate => run('millrace', false, rate)),
    ...[4, 5, 90].map(rate => run('flink', false, rate)),
    ...[10, 1, 10].map(rate => run('flink', true, rate, { recordsPerCpuSecond: 1 })),
  ];

  it('have the median, the least and the most of each setting', () => {
    const [, first, second] = medians(runs).map(cells);
    expect(first).to.deep.equal(['b1', '2', '1', 'millrace', 'off', '30', '10 … 50', '15', '5 … 25', '3']);
    expect(second!.slice(3, 7)).to.deep.equal(['flink', 'off', '5', '4 … 90']);
  });

  it("divide by the better of Flink's medians, in time and in CPU time each", () => {
    expect(cells(ratios(runs)[1]!)).to.deep.equal(['b1', '2', '1', 'millrace', 'off', '3.00', '6.00']);
  });

  it('divide only what was measured in turns', () => {
    const apart = runs.map(r => (r.engine === 'flink' ? { ...r, tms: 2 as const } : r));
    expect(ratios(apart)).to.deep.equal([]);
  });
});
