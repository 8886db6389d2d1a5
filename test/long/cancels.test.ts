import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { tempDir } from '../testing/temp-dir.js';
import { JOBS, jobIdIn, YarnUser } from '../testing/yarn-user.js';
import { YarnView } from '../testing/yarn-view.js';

describe('100 cancels in a row of a job under load', () => {
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let user: YarnUser;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 2, memoryMb: 2048 });
    yarn = new YarnView(hadoop);
    user = new YarnUser(hadoop, tempDir());
  });
  after(async () => {
    await user?.close();
    await hadoop?.stop();
  });

  it('lose no TaskManager and leave memory flat', async () => {
    const session = await user.yarnSession('-n', '2', '-s', '2', '-jm', '512', '-tm', '512', '-d');
    expect(session.code, session.stderr).to.equal(0);
    const managers = await eventually(() => {
      const pids = yarn.processes('taskmanager.js');
      return pids.length === 2 && pids;
    });
    const processes = [...managers, ...yarn.processes('applicationmaster.js')];
    const memory: number[] = [];
    for (let i = 0; i < 100; i++) {
      const run = await user.flink('run', '-d', '-p', '4', '-c', 'Endless', JOBS);
      expect(run.code, run.stderr).to.equal(0);
      const cancelled = await user.flink('cancel', jobIdIn(run.stdout));
      expect(cancelled.code, cancelled.stderr).to.equal(0);
      memory.push(processes.reduce((sum, pid) => sum + residentMb(pid), 0));
    }
    const [early, late] = [memory.slice(20, 40), memory.slice(80)].map(m => Math.max(...m));
    console.log(`    all three processes: ${early} MB after 40 cancels, ${late} MB after 100`);
    expect(yarn.processes('taskmanager.js')).to.deep.equal(managers);
    expect(late).to.be.lessThan(early! * 1.15);
  });
});

const residentMb = (pid: number): number =>
  Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024);
