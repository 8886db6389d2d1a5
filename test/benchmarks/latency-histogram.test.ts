import { expect } from 'chai';
import fc from 'fast-check';
import { LatencyHistogram } from '../../benchmarks/jobs/latency-histogram.js';

describe('a histogram of latencies', () => {
  it('knows every quantile to a thirty-second of its value, or to a microsecond', () => {
    const latencies = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(latencies, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, q) => {
        const histogram = new LatencyHistogram();
        for (const ms of values) histogram.add(ms);
        const exact = [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1]!;
        expect(histogram.quantile(q)).to.be.within(exact, exact * (1 + 1 / 32) + 0.001);
      }),
    );
  });

  it('is the sum of the counts of its subtasks', () => {
    const [whole, first, second] = [new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram()];
    for (let i = 0; i < 1000; i++) {
      whole.add(i * i * 0.001);
      (i % 3 === 0 ? first : second).add(i * i * 0.001);
    }
    const merged = new LatencyHistogram();
    for (const part of [first, second]) for (const [bucket, count] of part.entries()) merged.addCount(bucket, count);
    expect(merged.entries()).to.deep.equal(whole.entries());
    expect(merged.count).to.equal(1000);
  });

  it('counts what would be below nothing as nothing, and has no quantile of nothing', () => {
    const histogram = new LatencyHistogram();
    expect(histogram.quantile(0.5)).to.be.NaN;
    histogram.add(-5);
    expect(histogram.entries()).to.deep.equal([[0, 1]]);
  });
});
