import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { HdfsView } from '../testing/hdfs-view.js';
import { tempDir } from '../testing/temp-dir.js';
import { applicationIdIn, JOBS, YarnUser } from '../testing/yarn-user.js';
import { YarnView } from '../testing/yarn-view.js';

describe('wrong use on YARN', function () {
  this.timeout(120_000);
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let hdfs: HdfsView;
  let user: YarnUser;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 1, memoryMb: 1024 });
    yarn = new YarnView(hadoop);
    hdfs = new HdfsView(hadoop);
    user = new YarnUser(hadoop, tempDir());
  });

  after(async () => {
    await user?.close();
    await hadoop?.stop();
  });

  const perJob = ['run', '-m', 'yarn-cluster'];
  const cases: Array<[what: string, script: 'flink' | 'yarn-session.sh', args: string[], message: RegExp]> = [
    ['no memory size', 'yarn-session.sh', ['-jm', 'plenty', '-d'], /"?plenty"?/],
    ['a size below the minimum', 'yarn-session.sh', ['-jm', '64', '-d'], /64.*256/s],
    [
      'a size above the largest container',
      'yarn-session.sh',
      ['-tm', '9999', '-d'],
      /9999.*yarn\.scheduler\.maximum-allocation-mb|yarn\.scheduler\.maximum-allocation-mb.*1024/s,
    ],
    ['no slots', 'yarn-session.sh', ['-s', '0', '-d'], /slot/i],
    ['an unknown queue', 'yarn-session.sh', ['-qu', 'nowhere', '-d'], /nowhere/],
    ['an unknown option', 'yarn-session.sh', ['--bogus'], /--bogus/],
    ['an application that is not there', 'yarn-session.sh', ['-id', 'application_1_0001'], /application_1_0001/],
    ['a missing bundle', 'flink', [...perJob, 'nope.ts'], /nope\.ts/],
    ['no bundle', 'flink', perJob, /JAR file|bundle/],
    ['a missing entry', 'flink', [...perJob, '-c', 'Nope', JOBS], /'Nope'/],
    ['a missing argument of the program', 'flink', [...perJob, '-c', 'WordCount', JOBS], /input/],
    [
      'a missing input',
      'flink',
      [...perJob, '-c', 'WordCount', JOBS, '--input', 'hdfs:///nope', '--output', 'hdfs:///tmp/x'],
      /\/nope/,
    ],
    ['no such session', 'flink', ['list', '-yid', 'application_1_0001'], /application_1_0001/],
  ];
  for (const [what, script, args, message] of cases) {
    it(`answers ${what} with one clear message, and leaves nothing`, async () => {
      const before = (await yarn.applications()).filter(a => !['FAILED', 'KILLED', 'FINISHED'].includes(a.state));
      const result = await user.start(script, args).ended;
      expect(result.code, result.stdout + result.stderr).to.equal(1);
      expect(result.stdout + result.stderr).to.match(message);
      expect(result.stdout + result.stderr).not.to.match(/^\s+at .*\(.*:\d+:\d+\)/m);
      const after = (await yarn.applications()).filter(a => !['FAILED', 'KILLED', 'FINISHED'].includes(a.state));
      expect(after.map(a => a.id)).to.deep.equal(before.map(a => a.id));
      const left = await hdfs.names(`${await hdfs.home()}/.flink`).catch(() => []);
      expect(left.filter(n => n !== 'cache')).to.deep.equal([]);
    });
  }

  it('names file, line and column of a syntax error', async () => {
    const program = join(user.cwd, 'broken.ts');
    writeFileSync(program, 'export class A {\n  static main( {\n}\n');
    const result = await user.flink(...perJob, program);
    expect(result.code).to.equal(1);
    expect(result.stderr + result.stdout).to.match(/broken\.ts:\d+:\d+/);
  });

  it('refuses a Java jar by name', async () => {
    const jar = join(user.cwd, 'WordCount.jar');
    writeFileSync(jar, Buffer.from('504b0304', 'hex'));
    const result = await user.flink(...perJob, jar);
    expect(result.code).to.equal(1);
    expect(result.stderr + result.stdout).to.match(/WordCount\.jar.*Java|Java.*WordCount\.jar/s);
  });

  it('says how to set HADOOP_CONF_DIR where it is empty', async () => {
    const env = { HADOOP_CONF_DIR: '', YARN_CONF_DIR: '' };
    const result = await user.start('flink', [...perJob, '-c', 'Endless', JOBS], { env }).ended;
    expect(result.code).to.equal(1);
    expect(result.stderr).to.match(/HADOOP_CONF_DIR/);
    expect(result.stderr).to.match(/mini-hadoop\.sh/);
  });

  it('waits in ACCEPTED while the cluster is full, says what it waits for, and leaves nothing on Ctrl-C', async () => {
    const first = await user.yarnSession('-jm', '512', '-tm', '512', '-n', '1', '-d');
    expect(first.code, first.stderr).to.equal(0);
    await eventually(async () => (await yarn.application(applicationIdIn(first.stdout))).runningContainers === 2);
    const second = user.start('yarn-session.sh', ['-jm', '512', '-tm', '512', '-d']);
    await second.shows(/waiting for 512 MB/i);
    const id = applicationIdIn(second.stdout);
    expect((await yarn.application(id)).state).to.equal('ACCEPTED');
    second.signal('SIGINT');
    expect((await second.ended).code).not.to.equal(0);
    await eventually(async () => (await yarn.application(id)).state === 'KILLED');
    const stop = await user.start('yarn-session.sh', ['-id', applicationIdIn(first.stdout)], { stdin: 'stop\n' }).ended;
    expect(stop.code).to.equal(0);
    expect(await hdfs.names(`${await hdfs.home()}/.flink`)).to.deep.equal(['cache']);
  });
});
