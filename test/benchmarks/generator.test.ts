import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { BENCHMARKS } from '../../benchmarks/catalogue.js';
import { lines, payloads } from '../../benchmarks/jobs/generator.js';
import { STATED } from './stated.js';

const sha256 = (texts: string[]): string => createHash('sha256').update(texts.join('\n')).digest('hex');

describe("the benchmarks' generator", () => {
  it('gives the lines and payloads that the Java jobs have, bit for bit', () => {
    const text = lines(42);
    expect(text[0]).to.equal('w13639 w13501 w10095 w10390 w10006 w10788 w18121 w10140 w10877 w14510');
    expect(sha256(text)).to.equal('723dc831eb82b956523c73c5ffe69e8de70ad716f112fd20be0b25f1b6c86c11');
    expect(sha256(payloads(42))).to.equal('e64ae928b755a5d0cdc1cc0001713e677071a66c7de699c363f36d16cd5651ed');
    expect(sha256(payloads(7))).to.equal('1a16dad9ebab0106780c36d2f3d4bc48a18e980e980f26b1e960bd3e3f94f8c4');
  });

  it('leads to the counts and sums that Flink came to, at every size', () => {
    for (const { job, records, seed, count, sum } of STATED) {
      const benchmark = BENCHMARKS.find(b => b.id === job)!;
      expect(benchmark.expected(records, seed), `${job}, ${records} records`).to.deep.equal({
        count: BigInt(count),
        sum: BigInt(sum),
      });
    }
  });

  it('is asked for no more than LongCounter counts exactly', () => {
    for (const { id, records } of BENCHMARKS) {
      const stated = STATED.find(s => s.job === id && s.records === records);
      expect(stated?.sum, `${id}, ${records} records`).to.satisfy(Number.isSafeInteger);
    }
  });
});
