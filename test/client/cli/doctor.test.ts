import { expect } from 'chai';
import { TestingHadoop, TestingUser } from '../testing-user.js';

describe('flink doctor', () => {
  let user: TestingUser;
  let hadoop: TestingHadoop;

  beforeEach(async () => {
    user = new TestingUser();
    user.configure({ 'yarn.node-path': '/opt/node' });
    hadoop = await TestingHadoop.start(user);
    hadoop.yarn.availableMb = 4096;
  });
  afterEach(() => hadoop.close());

  /** Lines `ok` or `FAIL` by the name of their check, and the last line. */
  async function examine(...options: string[]): Promise<{ code: number; checks: Record<string, string>; sum: string }> {
    const { code, out, err } = await user.flink('doctor', ...options);
    expect(err).to.equal('');
    const lines = out.trimEnd().split('\n');
    const sum = lines.pop()!;
    const checks = lines.map(line => /^ {2}(ok {2}|FAIL) {2}([^:]+): (.*)$/.exec(line)!);
    return {
      code,
      sum,
      checks: Object.fromEntries(checks.map(([, how, name, said]) => [name, `${how!.trim()} ${said}`])),
    };
  }

  /** The one check that failed; all others that were made are well. */
  async function fault(name: string, message: RegExp, ...options: string[]): Promise<void> {
    const { code, checks, sum } = await examine(...options);
    const failed = Object.entries(checks).filter(([, said]) => said.startsWith('FAIL'));
    expect(failed.map(([check]) => check)).to.deep.equal([name]);
    expect(checks[name]).to.match(message);
    expect(sum).to.equal(`1 of ${Object.keys(checks).length} checks failed.`);
    expect(code).to.equal(1);
  }

  it('finds all well, exits 0, and leaves nothing in HDFS', async () => {
    const { code, checks, sum } = await examine();
    expect(Object.keys(checks)).to.deep.equal([
      'Node',
      'configuration',
      'shipping Node',
      'Hadoop configuration',
      'NameNode',
      'DataNode',
      'ResourceManager',
      'NodeManagers',
      'container sizes',
      'queue',
    ]);
    expect(Object.values(checks).filter(said => !said.startsWith('ok '))).to.deep.equal([]);
    expect(checks['Node']).to.contain(process.version).and.to.contain(process.execPath);
    expect(checks['queue']).to.equal('ok default, 4096 MB left');
    expect([code, sum]).to.deep.equal([0, 'All is well.']);
    expect(hadoop.names('/user/me')).to.deep.equal([]);
  });

  it('says how Hadoop is found where it is not configured, also by an empty variable', async () => {
    for (const value of [undefined, '']) {
      user.env['HADOOP_CONF_DIR'] = value;
      await fault('Hadoop configuration', /HADOOP_CONF_DIR.*mini-hadoop\.sh/);
    }
  });

  it('names the NameNode that does not answer', async () => {
    await fault('NameNode', /127\.0\.0\.1:1\b/, '-Dflink.hadoop.fs.defaultFS=webhdfs://127.0.0.1:1');
  });

  it('names the DataNode whose host name is not known here', async () => {
    hadoop.hdfs.location = url => url.replace(/\/\/[^:/]+/, '//datanode-7.invalid');
    await fault('DataNode', /datanode-7\.invalid/);
    expect(hadoop.names('/user/me')).to.deep.equal([]);
  });

  it('names the ResourceManager that does not answer', async () => {
    await fault(
      'ResourceManager',
      /127\.0\.0\.1:1\b/,
      '-Dflink.hadoop.yarn.resourcemanager.webapp.address=127.0.0.1:1',
    );
  });

  it('says what the queue has left where a cluster would wait', async () => {
    hadoop.yarn.availableMb = 256;
    await fault('queue', /default has 256 MB left, a JobManager and one TaskManager need 2048 MB/);
  });

  it('names a queue that is not there, with those that are', async () => {
    await fault('queue', /no queue 'nowhere'.*default, closed/, '-Dyarn.application.queue=nowhere');
  });

  it('names a size that is larger than the largest container', async () => {
    hadoop.yarn.availableMb = 100_000;
    await fault('container sizes', /9216 MB.*8192 MB.*maximum-allocation-mb/, '-Dtaskmanager.memory.process.size=9g');
  });

  it('says of a Node with a shared libnode that it can not travel, and what to do', async () => {
    user.configure({});
    const { getReport } = process.report!;
    process.report!.getReport = () => ({
      header: { glibcVersionRuntime: '2.36' },
      sharedObjects: ['/usr/lib/libnode.so.115'],
    });
    try {
      await fault('shipping Node', /shared libnode.*yarn\.node-path/);
    } finally {
      process.report!.getReport = getReport;
    }
  });
});
