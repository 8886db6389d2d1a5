import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { BENCHMARKS } from '../../benchmarks/catalogue.js';
import { KeyedLatency } from '../../benchmarks/jobs/keyed-latency.js';
import { MapFilter } from '../../benchmarks/jobs/map-filter.js';
import { Rebalance } from '../../benchmarks/jobs/rebalance.js';
import { Tiny } from '../../benchmarks/jobs/tiny.js';
import { WordCount } from '../../benchmarks/jobs/word-count.js';
import { setExecutor } from '../../core/executor.js';
import type { JobResultData } from '../../core/graph/index.js';
import { VERSION } from '../../core/version.js';
import { LocalExecutor } from '../../minicluster/index.js';
import { STATED } from './stated.js';

const MAINS: Record<string, (args: string[]) => Promise<void>> = {
  b1: MapFilter.main,
  b2: WordCount.main,
  b5: Rebalance.main,
  latency: KeyedLatency.main,
  tiny: Tiny.main,
};

describe("the benchmarks' jobs", () => {
  afterEach(() => setExecutor(undefined));

  async function run(job: string, parallelism: number, args: string[]): Promise<JobResultData> {
    const local = new LocalExecutor({ parallelism });
    let result: Promise<JobResultData> | undefined;
    setExecutor({
      platformVersion: VERSION,
      execute: async graph => {
        const handle = await local.execute(graph);
        result = handle.result();
        return handle;
      },
    });
    await MAINS[job]!(args);
    return result!;
  }

  for (const { id } of BENCHMARKS) {
    it(`come to the stated counts and sums at parallelism 1 and 2, objects reused or not: ${id}`, async () => {
      for (const { records, seed, count, sum } of STATED.filter(s => s.job === id && s.records <= 1000)) {
        for (const [parallelism, reuse] of [
          [1, false],
          [2, true],
        ] as const) {
          const args = ['--records', String(records), '--seed', String(seed), '--reuse', String(reuse)];
          const { accumulators } = await run(id, parallelism, args);
          expect(accumulators).to.deep.equal({
            out_count: { type: 'LongCounter', value: count },
            out_sum: { type: 'LongCounter', value: sum },
          });
        }
      }
    });
  }

  it('come to the counts of two lines of words: tiny', async () => {
    const { accumulators } = await run('tiny', 1, ['--records', '1']);
    // to, be, or, not, to, be, that, is, the, question: the second "to" and the second "be" count 2.
    expect(accumulators['out_count']!.value).to.equal(10);
    expect(accumulators['out_sum']!.value).to.equal(12);
  });

  it('measure the latency of each record that is due after the warm-up', async () => {
    const { accumulators } = await run('latency', 2, [
      ...['--rate', '2000', '--timeout', '10', '--warm-up', '50', '--measured', '100'],
    ]);
    const counter = (name: string): number => Number(accumulators[name]?.value ?? 0);
    const sum = (prefix: string): number =>
      Object.keys(accumulators).reduce((n, name) => n + (name.startsWith(prefix) ? counter(name) : 0), 0);
    expect(counter('in_count') + counter('in_dropped')).to.equal(300);
    expect(counter('out_count')).to.equal(counter('in_count'));
    expect(counter('in_measured')).to.be.within(1, counter('in_count') - 1);
    expect(sum('crossed_') + sum('stayed_')).to.equal(counter('in_measured'));
    expect(Math.min(sum('crossed_'), sum('stayed_'))).to.be.greaterThan(0);
  });

  it('are known to no part of the runtime', () => {
    const sources = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.mjs'], {
      encoding: 'utf8',
    })
      .split('\n')
      .filter(file => /^(api|core|bundle|client|yarn-bridge|applicationmaster|taskmanager|minicluster)\//.test(file));
    const names = /\bb[1-6]\b|map-filter|word-?count|out_count|out_sum|benchmark/i;
    const offenders = sources.filter(file => names.test(readFileSync(file, 'utf8')));
    expect(sources).to.have.length.above(100);
    expect(offenders).to.deep.equal([]);
  });
});
