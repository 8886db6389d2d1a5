import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { Footprint } from '../testing/footprint.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { tempDir } from '../testing/temp-dir.js';
import { applicationIdIn, JOBS, jobIdIn, YarnUser } from '../testing/yarn-user.js';
import { YarnView } from '../testing/yarn-view.js';

const SESSION = ['-n', '1', '-jm', '512', '-tm', '512'];
const PER_JOB = ['run', '-m', 'yarn-cluster', '-yjm', '512', '-ytm', '512', '-c', 'Endless', JOBS];

describe('a command on YARN that is interrupted', function () {
  this.timeout(120_000);
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let user: YarnUser;
  let footprint: Footprint;
  let before_: string[];

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 2, memoryMb: 2048 });
    yarn = new YarnView(hadoop);
    user = new YarnUser(hadoop, tempDir());
    footprint = new Footprint(hadoop, user);
  });

  after(async () => {
    await user?.close();
    await footprint?.close();
    await hadoop?.stop();
  });

  beforeEach(async () => {
    before_ = await footprint.take();
  });

  /** Fails with what is left, by name. */
  async function nothingIsLeft(): Promise<void> {
    let now: string[] = [];
    await eventually(async () => (now = await footprint.take()).join() === before_.join(), { timeout: 30_000 }).catch(
      () => expect(now).to.deep.equal(before_),
    );
  }

  // The first of all: nothing is in the cache yet.
  for (const [moment, shown] of [
    ['while it uploads Node', /Uploading node/],
    ['before it submits', /^Submitting application master/m],
    ['once it has submitted', /^Submitted application/m],
    ['while YARN starts the ApplicationMaster', /current state ACCEPTED/],
    ['when it is up', /^JobManager Web Interface/m],
  ] as const) {
    it(`leaves nothing of a session, ${moment}`, async () => {
      const command = user.start('yarn-session.sh', SESSION);
      await command.shows(shown);
      command.signal('SIGINT');
      expect((await command.ended).code).to.equal(130);
      await nothingIsLeft();
    });
  }

  for (const [moment, shown] of [
    ['before it submits', /^Submitting application master/m],
    ['while YARN starts the ApplicationMaster', /current state ACCEPTED/],
    ['when its job was taken', /^Job has been submitted/m],
    ['while its job runs', /is RUNNING/],
  ] as const) {
    it(`leaves nothing of a job of its own, ${moment}`, async () => {
      const command = user.start('flink', PER_JOB);
      await command.shows(shown);
      command.signal('SIGINT');
      expect((await command.ended).code).to.equal(130);
      await nothingIsLeft();
    });
  }

  it('leaves a session as it was when its job is interrupted', async () => {
    const started = await user.yarnSession(...SESSION, '-d');
    expect(started.code, started.stderr).to.equal(0);
    const command = user.start('flink', ['run', '-c', 'Endless', JOBS]);
    await command.shows(/is RUNNING/);
    command.signal('SIGINT');
    expect((await command.ended).code).to.equal(130);
    const listed = await user.flink('list', '-a');
    expect(listed.stdout).to.contain(`${jobIdIn(command.stdout)} : endless (CANCELED)`);
    const id = applicationIdIn(started.stdout);
    const stopped = await user.start('yarn-session.sh', ['-id', id], { stdin: 'stop\n' }).ended;
    expect(stopped.code, stopped.stderr).to.equal(0);
    await nothingIsLeft();
  });

  it('is cleaned up after by the next one, when it was killed while it submitted', async () => {
    const command = user.start('flink', PER_JOB);
    await command.shows(/^Submitting application master/m);
    command.signal('SIGKILL');
    await command.ended;
    const id = applicationIdIn(command.stdout);
    await user.flink('list', '-yid', id);
    await nothingIsLeft();
  });

  it('is cleaned up after by the next one, when it was killed while YARN started its session', async () => {
    const command = user.start('yarn-session.sh', SESSION);
    await command.shows(/^Submitted application/m);
    command.signal('SIGKILL');
    await command.ended;
    const id = applicationIdIn(command.stdout);
    const next = await user.flink('list', '-yid', id);
    expect(next.stderr).to.contain(`Killed ${id}: the command that was bringing it up was killed`);
    await nothingIsLeft();
    expect((await yarn.application(id)).state).to.equal('KILLED');
  });

  it('is cleaned up after by the next one, when YARN killed its session', async () => {
    const started = await user.yarnSession(...SESSION, '-d');
    const id = applicationIdIn(started.stdout);
    await yarn.kill(id);
    const listed = await user.flink('list');
    expect(listed.code).to.equal(1);
    expect(listed.stderr).to.contain(id).and.to.contain(user.propertiesFile);
    await nothingIsLeft();
  });
});
