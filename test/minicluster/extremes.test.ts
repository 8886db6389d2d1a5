import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { MillraceError } from '../../core/errors.js';
import { runs, TestingCluster } from '../applicationmaster/testing-cluster.js';
import { eventually } from '../testing/eventually.js';
import { tempDir } from '../testing/temp-dir.js';

const MB = 1024 ** 2;

describe('inputs and records of unusual size', function () {
  this.timeout(30_000);
  let cluster: TestingCluster;
  let dir: string;
  beforeEach(() => {
    dir = tempDir();
  });
  afterEach(() => cluster.close());

  /** What all files of an output hold together. */
  function linesOf(out: string): string[] {
    const files = statSync(out).isDirectory() ? readdirSync(out).map(f => join(out, f)) : [out];
    return files.flatMap(f => readFileSync(f, 'utf8').split('\n')).filter(line => line !== '');
  }

  it('lets records of 20 MB travel between TaskManagers', async () => {
    cluster = await TestingCluster.start({ taskManagers: 2 });
    const lengths: number[] = [];
    const job = cluster.submit(
      env => {
        env
          .fromSequence(1, 3)
          .setParallelism(1)
          .map(n => ({ n, text: 'ä'.repeat(10 * MB) }))
          .setParallelism(1)
          .rebalance()
          .map(r => {
            lengths.push(Buffer.byteLength(r.text));
            return r.n;
          })
          .print();
      },
      'large',
      2,
    );
    await job.ended;
    expect(job.status, String(job.failure)).to.equal('FINISHED');
    expect(lengths).to.deep.equal([20 * MB, 20 * MB, 20 * MB]);
  });

  it('reads a line of 20 MB, whichever split it begins in', async () => {
    cluster = await TestingCluster.start({ slots: 3 });
    const input = join(dir, 'input');
    writeFileSync(input, `first\n${'x'.repeat(20 * MB)}\nlast\n`);
    const out = join(dir, 'out');
    const job = cluster.submit(
      env =>
        void env
          .readTextFile(input)
          .map(s => `${s.length}`)
          .writeAsText(out),
      'line',
      3,
    );
    await job.ended;
    expect(job.status, String(job.failure)).to.equal('FINISHED');
    expect(linesOf(out).sort()).to.deep.equal([String(20 * MB), '4', '5'].sort());
  });

  it('finishes on an empty file, an empty folder, and fewer lines than subtasks', async () => {
    cluster = await TestingCluster.start({ slots: 4 });
    const empty = join(dir, 'empty');
    writeFileSync(empty, '');
    const folder = join(dir, 'folder');
    mkdirSync(folder);
    const one = join(dir, 'one');
    writeFileSync(one, 'only');
    for (const [i, input] of [empty, folder, one].entries()) {
      const out = join(dir, `out${i}`);
      const job = cluster.submit(
        env =>
          void env
            .readTextFile(input)
            .map(word => ({ word, n: 1 }))
            .keyBy(r => r.word)
            .sum('n')
            .map(r => `${r.word} ${r.n}`)
            .writeAsText(out),
        'few',
        4,
      );
      await job.ended;
      expect(job.status, String(job.failure)).to.equal('FINISHED');
      expect(readdirSync(out).sort()).to.deep.equal(['1', '2', '3', '4']);
      expect(linesOf(out)).to.deep.equal(input === one ? ['only 1'] : []);
    }
  });

  it('names the file when the input is missing', async () => {
    cluster = await TestingCluster.start();
    const job = cluster.submit(env => void env.readTextFile(join(dir, 'nothing here')).print());
    await job.ended;
    expect(job.failure?.message).to.contain(join(dir, 'nothing here'));
  });

  it('fails two jobs that write to one output, the second one, and leaves the first its result', async () => {
    cluster = await TestingCluster.start({ slots: 2 });
    const out = join(dir, 'out');
    const first = cluster.submit(env => void env.fromElements('first').writeAsText(out), 'first');
    await first.ended;
    const second = cluster.submit(env => void env.fromElements('second').writeAsText(out), 'second');
    await second.ended;
    expect((second.failure as MillraceError).code).to.equal('FILE_ALREADY_EXISTS');
    expect(linesOf(out)).to.deep.equal(['first']);
  });

  it('refuses a job with two sinks on one path', async () => {
    cluster = await TestingCluster.start();
    const out = join(dir, 'twice');
    const job = cluster.submit(env => {
      const words = env.fromElements('word');
      words.writeAsText(out);
      words.map(w => w.toUpperCase()).writeAsText(out);
    });
    await job.ended;
    expect(job.status).to.equal('FAILED');
    expect(job.failure?.message).to.contain(out);
  });

  it('keeps memory bounded when a sink is slower than its source', async () => {
    cluster = await TestingCluster.start({ taskManagers: 2 });
    let made = 0;
    let taken = 0;
    const job = cluster.submit(
      env => {
        env
          .fromSequence(0, Number.MAX_SAFE_INTEGER)
          .map(n => {
            made++;
            return { n, text: 'x'.repeat(1000) };
          })
          .setParallelism(1)
          .rebalance()
          .map(async r => {
            await new Promise(resolve => setTimeout(resolve, 1));
            taken++;
            return r.n;
          })
          .filter(() => false)
          .print();
      },
      'slow',
      2,
    );
    await runs(job);
    await eventually(() => taken > 300);
    // Buffers of 128 MB TaskManagers: megabytes, not what a free source would have made meanwhile.
    expect((made - taken) * 1000).to.be.lessThan(40 * MB);
    const before = made - taken;
    const at = taken;
    await eventually(() => taken > at + 300);
    expect(made - taken).to.be.lessThan(before + 5000);
    job.cancel();
    await job.ended;
  });
});
