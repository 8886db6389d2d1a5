import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { HdfsView } from '../testing/hdfs-view.js';
import { tempDir } from '../testing/temp-dir.js';
import { JOBS, jobIdIn, YarnUser } from '../testing/yarn-user.js';
import { YarnView } from '../testing/yarn-view.js';

const MB = 1024 * 1024;
const SIZE = 200 * MB;
const VOCABULARY = 50_000;

/** Text of about `size` bytes, a frequent word much more often than a rare one, and how often each occurs. */
function someText(size: number): { chunks: string[]; counts: Map<string, number> } {
  const counts = new Uint32Array(VOCABULARY);
  const chunks: string[] = [];
  let state = 1;
  for (let bytes = 0; bytes < size; ) {
    const words: string[] = [];
    for (let i = 0; i < 100_000; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const word = Math.floor(VOCABULARY * (state / 2 ** 32) ** 4);
      counts[word]!++;
      words.push(`w${word}${i % 12 === 11 ? '\n' : ' '}`);
    }
    const chunk = `${words.join('')}\n`;
    chunks.push(chunk);
    bytes += chunk.length;
  }
  return { chunks, counts: new Map([...counts].flatMap((n, i) => (n > 0 ? [[`w${i}`, n]] : []))) };
}

describe('200 MB of text at parallelism 4 over two TaskManagers of 512 MB', () => {
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let hdfs: HdfsView;
  let user: YarnUser;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 2, memoryMb: 2048 });
    yarn = new YarnView(hadoop);
    hdfs = new HdfsView(hadoop);
    user = new YarnUser(hadoop, tempDir());
  });
  after(async () => {
    await user?.close();
    await hdfs?.close();
    await hadoop?.stop();
  });

  it('is counted right, within the memory of its containers, and holds its source back', async () => {
    const { chunks, counts } = someText(SIZE);
    await hdfs.write('/tmp/large.txt', Buffer.concat(chunks.map(c => Buffer.from(c))));
    const session = await user.yarnSession('-n', '2', '-s', '2', '-jm', '512', '-tm', '512', '-d');
    expect(session.code, session.stderr).to.equal(0);
    const web = /JobManager Web Interface: (\S+)/.exec(session.stdout)![1]!;
    const managers = await eventually(() => {
      const pids = yarn.processes('taskmanager.js');
      return pids.length === 2 && pids;
    });

    const run = user.start(
      'flink',
      ['run', '-p', '4', '-c', 'WordCount', JOBS, '--input', 'hdfs:///tmp/large.txt', '--output', 'hdfs:///tmp/counts'],
      { timeoutMs: 600_000 },
    );
    let largest = 0;
    const watch = setInterval(() => {
      for (const pid of managers) largest = Math.max(largest, residentBytes(pid));
    }, 250);
    const result = await run.ended.finally(() => clearInterval(watch));
    expect(result.code, result.stderr).to.equal(0);
    const job = (await (await fetch(`${web}/jobs/${jobIdIn(result.stdout)}`)).json()) as {
      duration: number;
      vertices: Array<{ name: string; metrics: { 'accumulated-backpressured-time': number } }>;
    };
    const source = job.vertices.find(v => v.name.startsWith('Source'))!;
    const backPressured = source.metrics['accumulated-backpressured-time'];
    console.log(
      `    ${job.duration} ms, largest TaskManager ${Math.round(largest / MB)} MB, source held ${backPressured} ms`,
    );

    expect(yarn.processes('taskmanager.js')).to.deep.equal(managers);
    expect(largest)
      .to.be.greaterThan(0)
      .and.lessThan(512 * MB);
    expect(backPressured).to.be.greaterThan(0);
    const found = new Map<string, number>();
    for (const name of await hdfs.names('/tmp/counts')) {
      for (const line of (await hdfs.readAll(`/tmp/counts/${name}`)).split('\n')) {
        const [word, count] = line.split(' ');
        if (word) found.set(word, Math.max(found.get(word) ?? 0, Number(count)));
      }
    }
    expect(found.size).to.equal(counts.size);
    for (const [word, count] of counts) expect(found.get(word), word).to.equal(count);
  });
});

function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
  } catch {
    return 0; // it has ended, which the test notices by itself
  }
}
