import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { HdfsView } from '../testing/hdfs-view.js';
import { tempDir } from '../testing/temp-dir.js';
import { applicationIdIn, JOBS, YarnUser } from '../testing/yarn-user.js';
import { YarnView } from '../testing/yarn-view.js';

const CHECKS = {
  'yarn.nodemanager.pmem-check-enabled': 'true',
  'yarn.nodemanager.resource.memory.enforced': 'false',
  'yarn.nodemanager.container-monitor.interval-ms': '200',
};
const MB = 1024;

describe('memory limits of YARN', function () {
  this.timeout(120_000);
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let hdfs: HdfsView;
  let user: YarnUser;

  async function start(conf: Record<string, string>): Promise<void> {
    hadoop = await startHadoop({ dir: tempDir(), memoryMb: 4096, conf });
    yarn = new YarnView(hadoop);
    hdfs = new HdfsView(hadoop);
    user = new YarnUser(hadoop, tempDir());
    const lines = Array.from({ length: 20_000 }, (_, i) => `word${i % 3210} wörd${i % 7} to be or not to be`);
    await hdfs.write('/tmp/words.txt', lines.join('\n'));
  }

  async function end(): Promise<void> {
    await user?.close();
    await hdfs?.close();
    await hadoop?.stop();
  }

  async function countsWords(...options: string[]): Promise<void> {
    const output = `hdfs:///tmp/counts-${Math.random()}`;
    const result = await user.flink(
      ...['run', ...options, '-c', 'WordCount', JOBS],
      ...['--input', 'hdfs:///tmp/words.txt', '--output', output],
    );
    expect(result.code, result.stderr).to.equal(0);
    expect((await hdfs.readAll(output)).split('\n')).to.include.members(['be 40000', 'wörd6 2857']);
  }

  /** From /proc, in MB. */
  function peak(pid: number, figure: 'VmPeak' | 'VmHWM'): number {
    const found = new RegExp(`${figure}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(found![1]) / MB;
  }

  describe('with its check of virtual memory on', () => {
    before(() => start({ ...CHECKS, 'yarn.nodemanager.vmem-check-enabled': 'true' }));
    after(end);

    it('let a session of 1,024 MB and two slots work, well below them', async () => {
      const started = await user.yarnSession('-n', '1', '-s', '2', '-jm', '512', '-tm', '1024', '-d');
      expect(started.code, started.stderr).to.equal(0);
      await countsWords('-p', '2');
      const [taskManager] = yarn.processes('taskmanager.js');
      const [master] = yarn.processes('applicationmaster.js');
      await countsWords('-p', '2');
      expect(yarn.processes('taskmanager.js')).to.deep.equal([taskManager]);
      // What a size is held against when it is asked for: 800 MB for Node, 530 MB for each slot.
      expect(peak(master!, 'VmPeak')).to.be.lessThan(800);
      expect(peak(taskManager!, 'VmPeak')).to.be.lessThan(800 + 2 * 530);
      expect(peak(taskManager!, 'VmHWM')).to.be.lessThan(1024);
      const id = applicationIdIn(started.stdout);
      expect((await user.start('yarn-session.sh', ['-id', id], { stdin: 'stop\n' }).ended).code).to.equal(0);
    });

    it('are kept by containers that touch neither fetch nor WebAssembly, in any thread', async () => {
      const dir = tempDir();
      const [node, touched] = [join(dir, 'watched-node'), join(dir, 'touched.txt')];
      const preload = fileURLToPath(new URL('../testing/watch-reserving-globals.mjs', import.meta.url));
      const script = `#!/bin/sh\nexport MILLRACE_TEST_WATCH='${dir}'\nexec '${process.execPath}' --import '${preload}' "$@"\n`;
      writeFileSync(node, script, { mode: 0o755 });
      const perJob = ['-m', 'yarn-cluster', '-yjm', '512', '-ytm', '1024', '-ys', '2', '-yD', `yarn.node-path=${node}`];
      await countsWords(...perJob, '-p', '2');
      const threads = ['applicationmaster', 'taskmanager', 'slot-worker slot 0', 'slot-worker slot 1'];
      const text = readFileSync(touched, 'utf8');
      expect(text.split('\n')).to.include.members(threads.map(thread => `${thread}: watched`));
      expect(text).not.to.contain('touches');
    });

    it('refuse a size that can not hold, with the figures and the flag, and leave nothing', async () => {
      const before = (await yarn.applications()).length;
      const refused = await user.yarnSession('-n', '1', '-s', '2', '-jm', '512', '-tm', '512', '-d');
      expect(refused.code).to.equal(1);
      expect(refused.stderr).to.match(/TaskManager's container of 512 MB \(-tm\) would be killed/);
      expect(refused.stderr).to.contain('allows 1075 MB (2.1 times the size, yarn.nodemanager.vmem-pmem-ratio)');
      expect(refused.stderr).to.contain('800 MB and 530 MB for each of 2 slots, 1860 MB together');
      expect(refused.stderr).to.contain('Take at least 886 MB');
      const small = await user.flink('run', '-m', 'yarn-cluster', '-yjm', '256', '-ytm', '1024', '-c', 'Endless', JOBS);
      expect(small.code).to.equal(1);
      expect(small.stderr).to.match(/JobManager's container of 256 MB \(-jm\) would be killed/);
      expect(await yarn.applications()).to.have.length(before);
      expect(await hdfs.names(`${await hdfs.home()}/.flink`)).to.deep.equal(['cache']);
    });
  });

  describe('with its check of physical memory on', () => {
    before(async () => {
      await start({ ...CHECKS, 'yarn.nodemanager.vmem-check-enabled': 'false' });
      const started = await user.yarnSession('-n', '1', '-s', '1', '-jm', '512', '-tm', '512', '-d');
      expect(started.code, started.stderr).to.equal(0);
    });
    after(end);

    it('let a TaskManager of 512 MB work', async () => {
      await countsWords();
      const [taskManager] = yarn.processes('taskmanager.js');
      expect(peak(taskManager!, 'VmHWM')).to.be.lessThan(512);
    });

    it('are not reached by a job that fills its heap: it fails for itself, and its TaskManager stays', async () => {
      const before = yarn.processes('taskmanager.js');
      const result = await user.flink('run', '-c', 'HoggingHeap', JOBS);
      expect(result.code).to.equal(1);
      expect(result.stderr).to.match(/slot 0 ran out of memory: it needed more than its share of \d+ MB of heap/);
      expect(result.stderr).to.contain('Raise -tm (taskmanager.memory.process.size, now 512 MB) or lower -s');
      expect(yarn.processes('taskmanager.js')).to.deep.equal(before);
      await countsWords();
    });

    it('kill a TaskManager whose job holds too much: the client has the figures and the flag, another one comes', async () => {
      const [victim] = yarn.processes('taskmanager.js');
      const result = await user.flink('run', '-c', 'HoggingBuffers', JOBS);
      expect(result.code).to.equal(1);
      const figures = /running beyond physical memory limits \(it used ([\d.]+) MB of 512 MB\)/.exec(result.stderr);
      expect(Number(figures?.[1]), result.stderr).to.be.within(512, 1024);
      expect(result.stderr).to.contain('raise -tm (taskmanager.memory.process.size, now 512 MB)');
      await eventually(() => yarn.processes('taskmanager.js').some(pid => pid !== victim), { timeout: 30_000 });
      await countsWords();
    });
  });
});
