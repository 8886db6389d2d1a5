import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { tempDir } from '../testing/temp-dir.js';
import { applicationIdIn, JOBS, jobIdIn, YarnUser } from '../testing/yarn-user.js';
import { YarnView } from '../testing/yarn-view.js';

describe('a session whose ResourceManager is restarted', function () {
  this.timeout(120_000);
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let user: YarnUser;
  let session: string;
  let job: string;
  let managers: number[];

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 2, memoryMb: 2048 });
    yarn = new YarnView(hadoop);
    user = new YarnUser(hadoop, tempDir());
    const started = await user.yarnSession('-n', '2', '-s', '2', '-jm', '512', '-tm', '512', '-d');
    expect(started.code, started.stderr).to.equal(0);
    session = applicationIdIn(started.stdout);
    managers = await eventually(() => {
      const pids = yarn.processes('taskmanager.js');
      return pids.length === 2 && pids;
    });
    const run = await user.flink('run', '-d', '-p', '2', '-c', 'Endless', JOBS);
    expect(run.code, run.stderr).to.equal(0);
    job = jobIdIn(run.stdout);
  });

  after(async () => {
    await user?.close();
    await hadoop?.stop();
  });

  it('goes on with its job in the same processes, and is found under the same id', async () => {
    const { trackingUrl } = await yarn.application(session);
    await hadoop.kill('resourcemanager');
    await hadoop.startDaemon('resourcemanager');
    const listed = await user.flink('list', '-yid', session);
    expect(listed.code, listed.stderr).to.equal(0);
    expect(listed.stdout).to.contain(`${job} : endless (RUNNING)`);
    await eventually(async () => {
      const app = await yarn.application(session);
      return app.state === 'RUNNING' && app.runningContainers === 3 && app.trackingUrl === trackingUrl;
    });
    expect(yarn.processes('taskmanager.js').sort()).to.deep.equal([...managers].sort());
  });

  it('gets containers from the new one', async () => {
    process.kill(managers[0]!, 'SIGKILL');
    await eventually(
      () => {
        const now = yarn.processes('taskmanager.js');
        return now.length === 2 && !now.includes(managers[0]!);
      },
      { timeout: 40_000 },
    );
    const run = await user.flink('run', '-d', '-p', '4', '-c', 'Endless', JOBS);
    expect(run.code, run.stderr).to.equal(0);
    await eventually(async () => {
      const { stdout } = await user.flink('list');
      return stdout.includes(`${jobIdIn(run.stdout)} : endless (RUNNING)`);
    });
  });

  it('ends by the word stop, with nothing left', async () => {
    const stopped = await user.start('yarn-session.sh', ['-id', session], { stdin: 'stop\n' }).ended;
    expect(stopped.code, stopped.stderr).to.equal(0);
    expect(await yarn.application(session)).to.include({ state: 'FINISHED', finalStatus: 'SUCCEEDED' });
    await eventually(async () => (await yarn.containers()) === 0);
    await eventually(
      () => [...yarn.processes('taskmanager.js'), ...yarn.processes('applicationmaster.js')].length === 0,
    );
  });
});
