import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { HdfsView } from '../testing/hdfs-view.js';
import { tempDir } from '../testing/temp-dir.js';
import { applicationIdIn, JOBS, jobIdIn, YarnUser } from '../testing/yarn-user.js';
import { YarnView } from '../testing/yarn-view.js';

describe('a job of its own on YARN', function () {
  this.timeout(120_000);
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let hdfs: HdfsView;
  let user: YarnUser;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 2, memoryMb: 2048 });
    yarn = new YarnView(hadoop);
    hdfs = new HdfsView(hadoop);
    user = new YarnUser(hadoop, tempDir());
    await hdfs.write('/tmp/words.txt', 'to be or not to be\n'.repeat(500));
  });

  after(async () => {
    await user?.close();
    await hadoop?.stop();
  });

  afterEach('nothing is left in YARN or the staging folder', async () => {
    await eventually(async () => (await yarn.containers()) === 0, { timeout: 30_000 });
    const staging = `${await hdfs.home()}/.flink`;
    await eventually(async () => (await hdfs.names(staging)).join() === 'cache', { timeout: 30_000 });
  });

  it('brings its application up, ends it with its job, and both say the same', async () => {
    const result = await user.flink(
      ...['run', '-m', 'yarn-cluster', '-ynm', 'my count', '-yjm', '512', '-ytm', '512', '-ys', '2', '-p', '2'],
      ...['-c', 'WordCount', JOBS, '--input', 'hdfs:///tmp/words.txt', '--output', 'hdfs:///tmp/per-job'],
    );
    expect(result.code, result.stderr).to.equal(0);
    expect(result.stdout).to.contain('Program execution finished');
    expect((await hdfs.readAll('/tmp/per-job')).split('\n')).to.include.members(['be 1000', 'not 500']);
    const app = await eventually(async () => {
      const a = await yarn.application(applicationIdIn(result.stdout));
      return a.state === 'FINISHED' && a;
    });
    expect(app).to.include({ name: 'my count', finalStatus: 'SUCCEEDED' });
  });

  it('ends FAILED when its job fails, and the client has the reason', async () => {
    const result = await user.flink('run', '-m', 'yarn-cluster', '-yjm', '512', '-ytm', '512', '-c', 'Failing', JOBS);
    expect(result.code).to.equal(1);
    expect(result.stderr).to.contain('record 1000 is one too many');
    const app = await eventually(async () => {
      const a = await yarn.application(applicationIdIn(result.stdout));
      return a.state === 'FINISHED' && a;
    });
    expect(app.finalStatus).to.equal('FAILED');
    expect(app.diagnostics).to.contain('record 1000 is one too many');
  });

  it('is reached by its application id, and ends KILLED when its job is cancelled', async () => {
    const result = await user.flink(
      ...['run', '-m', 'yarn-cluster', '-d', '-yjm', '512', '-ytm', '512', '-c', 'Endless', JOBS],
    );
    expect(result.code, result.stderr).to.equal(0);
    const id = applicationIdIn(result.stdout);
    const job = jobIdIn(result.stdout);
    expect((await user.flink('list', '-yid', id)).stdout).to.contain(`${job} : endless (RUNNING)`);
    expect((await user.flink('cancel', '-yid', id, job)).code).to.equal(0);
    const app = await eventually(async () => {
      const a = await yarn.application(id);
      return a.state === 'FINISHED' && a;
    });
    expect(app.finalStatus).to.equal('KILLED');
  });

  it('takes its application with it on Ctrl-C', async () => {
    const command = user.start('flink', [
      'run',
      '-m',
      'yarn-cluster',
      '-yjm',
      '512',
      '-ytm',
      '512',
      '-c',
      'Endless',
      JOBS,
    ]);
    await command.shows(/Job has been submitted/);
    const id = applicationIdIn(command.stdout);
    command.signal('SIGINT');
    expect((await command.ended).code).not.to.equal(0);
    const app = await eventually(async () => {
      const a = await yarn.application(id);
      return ['FINISHED', 'KILLED'].includes(a.state) && a;
    });
    expect(app.finalStatus).to.equal('KILLED');
  });

  it('fails with its application when the ApplicationMaster is killed, and the client says why', async () => {
    const command = user.start('flink', [
      'run',
      '-m',
      'yarn-cluster',
      '-yjm',
      '512',
      '-ytm',
      '512',
      '-c',
      'Endless',
      JOBS,
    ]);
    await command.shows(/Job has been submitted/);
    const id = applicationIdIn(command.stdout);
    const [master] = yarn.processes('applicationmaster.js');
    process.kill(master!, 'SIGKILL');
    const result = await command.ended;
    expect(result.code).to.equal(1);
    expect(result.stderr).to.contain(id);
    expect(result.stderr).to.match(/exitCode: 137|FAILED/);
    expect((await yarn.application(id)).finalStatus).to.equal('FAILED');
    await eventually(() => yarn.processes('taskmanager.js').length === 0, { timeout: 30_000 });
    // What a hard kill leaves in HDFS the next command sweeps.
    await user.flink('list', '-yid', id);
  });
});
