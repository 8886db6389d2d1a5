import { join } from 'node:path';
import { expect } from 'chai';
import { Limiter } from '../../core/limiter.js';
import { tempDir } from '../testing/temp-dir.js';
import { caseNames, difference, expectedOf, inputOf, linesOf, parallelismsOf } from './expectations.js';
import { programs } from './programs.js';

/** Most cases wait for pauses of their sources: some wait side by side. */
const AT_ONCE = 6;

/** Each in a MiniCluster of its own, in this process, through the program's own `main`. */
async function outputOf(name: string, parallelism: number): Promise<string[]> {
  const output = join(tempDir('millrace-golden-'), 'out');
  const program = await programs[name]!();
  await program.main(['--input', inputOf(name), '--output', output, '--parallelism', String(parallelism)]);
  return linesOf(output);
}

describe('the output of a real Flink is that of', function () {
  this.timeout(120_000);
  const limiter = new Limiter(AT_ONCE);
  const outputs = new Map<string, Promise<string[]>>();
  const runs = Object.keys(programs).flatMap(name => parallelismsOf(name).map(parallelism => ({ name, parallelism })));
  const titleOf = ({ name, parallelism }: (typeof runs)[number]): string => `${name} at parallelism ${parallelism}`;

  before(() => {
    for (const run of runs) {
      const output = limiter.run(() => outputOf(run.name, run.parallelism));
      // Whoever asks for it hears of its failure.
      output.catch(() => {});
      outputs.set(titleOf(run), output);
    }
  });
  after(() => Promise.allSettled(outputs.values()));

  for (const run of runs) {
    it(titleOf(run), async () => {
      const expected = expectedOf(run.name, run.parallelism);
      expect(difference(expected, await outputs.get(titleOf(run))!)).to.deep.equal([]);
      expect(expected).to.not.deep.equal([]);
    });
  }
});

describe('the golden cases', () => {
  it('have a program each', () => {
    expect(Object.keys(programs)).to.have.members(caseNames());
  });

  it('differ by lines, however often each is there', () => {
    expect(difference(['a', 'a', 'b'], ['a', 'b', 'c'])).to.deep.equal(['- a', '+ c']);
    expect(difference(['a', 'b'], ['a', 'b'])).to.deep.equal([]);
  });
});
