import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ApplicationMasterSettings } from '../../../core/protocol/index.js';
import { eventually } from '../../testing/eventually.js';
import { TestingJobManager } from '../testing-job-manager.js';
import { type CommandEnd, TestingHadoop, TestingUser } from '../testing-user.js';

const PROGRAM = `
import { StreamExecutionEnvironment } from 'millrace';
export class Numbers {
  static async main() {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.fromSequence(1, 9).print();
    await env.execute('numbers');
  }
}
`;
const HINT = 'Use the help option (-h or --help) to get help on the command.';
const lines = (out: string): string[] => out.trimEnd().split('\n');

describe('yarn-session.sh', () => {
  let user: TestingUser;
  let hadoop: TestingHadoop;
  let manager: TestingJobManager;
  let propertiesFile: string;

  beforeEach(async () => {
    user = new TestingUser();
    user.configure({ 'yarn.node-path': '/opt/node' });
    propertiesFile = join(user.dir, `.yarn-properties-${userInfo().username}`);
    [hadoop, manager] = await Promise.all([TestingHadoop.start(user), TestingJobManager.start()]);
    // A session comes up at once, and ends when it is asked to.
    hadoop.yarn.onSubmit = application => {
      Object.assign(application, { state: 'RUNNING', amRPCAddress: manager.address });
    };
    manager.onShutDown = () => Object.assign(hadoop.yarn.last, { state: 'FINISHED', finalStatus: 'SUCCEEDED' });
  });
  afterEach(async () => {
    await manager.close();
    await hadoop.close();
  });

  const settings = (): ApplicationMasterSettings =>
    JSON.parse(
      hadoop.read(`/user/me/.flink/${hadoop.yarn.last.id}/applicationmaster.json`),
    ) as ApplicationMasterSettings;
  const specificationIn = (end: CommandEnd): string | undefined =>
    /^Cluster specification: ClusterSpecification\{(.*)\}$/m.exec(end.out)?.[1];

  it('-d prints what Flink prints, writes the properties file, and leaves the session', async () => {
    const end = await user.yarnSession('-n', '2', '-s', '2', '-jm', '1024', '-tm', '1024', '-nm', 'test', '-d');
    const { id, body } = hadoop.yarn.last;
    expect(lines(end.out)).to.deep.equal([
      'Cluster specification: ClusterSpecification{masterMemoryMB=1024, taskManagerMemoryMB=1024, slotsPerTaskManager=2}',
      `Submitting application master ${id}`,
      `Submitted application ${id}`,
      'Waiting for the cluster to be allocated',
      'YARN application has been deployed successfully.',
      `Found Web Interface ${manager.address} of application '${id}'.`,
      `JobManager Web Interface: http://${manager.address}`,
      'The Flink YARN session cluster has been started in detached mode. In order to stop Flink gracefully, use the following command:',
      `$ echo "stop" | ./bin/yarn-session.sh -id ${id}`,
      "If this should not be possible, then you can also kill Flink via YARN's web interface or via:",
      `$ yarn application -kill ${id}`,
    ]);
    expect(end.err).to.match(/WARNING: -n is deprecated/);
    expect(end.code).to.equal(0);
    expect(body['application-name']).to.equal('test');
    expect(hadoop.yarn.last.state).to.equal('RUNNING');
    const [comment, date, ...properties] = lines(readFileSync(propertiesFile, 'latin1'));
    expect(comment).to.equal('#Generated YARN properties file');
    expect(date).to.match(/^#/);
    expect(properties).to.deep.equal([`applicationID=${id}`, 'dynamicPropertiesString=']);
  });

  describe('asks for', () => {
    const cases: Array<[string[], string]> = [
      [[], 'masterMemoryMB=1024, taskManagerMemoryMB=1024, slotsPerTaskManager=1'],
      [['-jm', '512', '-tm', '512m'], 'masterMemoryMB=512, taskManagerMemoryMB=512, slotsPerTaskManager=1'],
      [['-jm', '1g', '-tm', '1024 mb'], 'masterMemoryMB=1024, taskManagerMemoryMB=1024, slotsPerTaskManager=1'],
      [['-jm', '262144k', '-tm', '2G'], 'masterMemoryMB=256, taskManagerMemoryMB=2048, slotsPerTaskManager=1'],
      [
        ['--jobManagerMemory', '300', '--taskManagerMemory', '2048', '--slots', '3'],
        'masterMemoryMB=300, taskManagerMemoryMB=2048, slotsPerTaskManager=3',
      ],
      [
        ['-Dtaskmanager.numberOfTaskSlots=2', '-D', 'taskmanager.memory.process.size=1536m'],
        'masterMemoryMB=1024, taskManagerMemoryMB=1536, slotsPerTaskManager=2',
      ],
      [
        ['-Dtaskmanager.numberOfTaskSlots=2', '-s', '1'],
        'masterMemoryMB=1024, taskManagerMemoryMB=1024, slotsPerTaskManager=1',
      ],
    ];
    for (const [options, specification] of cases) {
      it(`${specification} by ${options.join(' ') || 'default'}`, async () => {
        const end = await user.yarnSession('-d', ...options);
        expect(end.code, end.err).to.equal(0);
        expect(specificationIn(end)).to.equal(specification);
        const master = Number(/masterMemoryMB=(\d+)/.exec(specification)?.[1]);
        expect(hadoop.yarn.last.body['resource']).to.deep.include({ memory: master });
      });
    }

    it('name, queue and type on YARN, in their long spellings, and carries -D to the ApplicationMaster', async () => {
      const options = ['--name', 'n', '--queue', 'default', '--applicationType', 'mine', '-Dmy.key=a=b'];
      const end = await user.yarnSession('--detached', ...options);
      expect(end.code, end.err).to.equal(0);
      expect(hadoop.yarn.last.body).to.include({
        'application-name': 'n',
        queue: 'default',
        'application-type': 'mine',
      });
      expect(JSON.stringify(settings().configuration)).to.contain('my.key');
      expect(readFileSync(propertiesFile, 'latin1')).to.contain('dynamicPropertiesString=my.key\\=a\\=b\n');
    });
  });

  describe('refuses, with one message and nothing submitted,', () => {
    const usage: Array<[string, string[], RegExp]> = [
      ['an unknown option', ['--bogus'], /^Unrecognized option: --bogus$/],
      ['a stray word', ['start'], /^Unrecognized argument: start$/],
      ['memory that is none', ['-jm', 'plenty'], /^-jm: .*plenty/],
      ['memory of an unknown unit', ['-tm', '5x'], /^-tm: .*5x/],
      ['a negative size', ['-tm', '-5'], /^-tm: .*-5/],
      ['no slots', ['-s', '0'], /^-s: the number of slots must be a positive number: 0$/],
      ['slots that are no number', ['-s', 'two'], /^-s: the number of slots must be a positive number: two$/],
      ['no TaskManagers', ['-n', '0'], /^-n: the number of TaskManagers must be a positive number: 0$/],
      ['an option without its value', ['-jm', '-tm', '512'], /^Missing argument for option: jm$/],
    ];
    for (const [what, options, message] of usage) {
      it(what, async () => {
        const { code, out, err } = await user.yarnSession(...options, '-d');
        expect(lines(out)[0]).to.match(message);
        expect(lines(out).slice(1)).to.deep.equal(['', HINT]);
        expect({ code, err }).to.deep.equal({ code: 1, err: '' });
        expect(hadoop.yarn.applications.size).to.equal(0);
      });
    }

    const reports: Array<[string, string[], RegExp]> = [
      ['memory below 256 MB', ['-jm', '255'], /JobManager's memory of 255 MB \(-jm.*minimum of 256 MB/],
      ['memory below it for TaskManagers', ['-tm', '200m'], /TaskManager's memory of 200 MB \(-tm.*minimum of 256 MB/],
      ['more than the largest container', ['-tm', '9g'], /9216 MB \(-tm\).*8192 MB.*maximum-allocation-mb/],
      ['an unknown queue, naming those that there are', ['-qu', 'nowhere'], /no queue 'nowhere'.*default, closed/],
      ['a queue that is stopped', ['-qu', 'closed'], /'closed'.*STOPPED/],
      ['an id that is none', ['-id', 'app_1'], /"app_1" is no application id/],
      ['an unknown application', ['-id', 'application_1_0001'], /application_1_0001/],
      ['-t', ['-t', '/lib'], /-t \(ship files\) is not supported/],
    ];
    for (const [what, options, message] of reports) {
      it(what, async () => {
        const { code, out, err } = await user.yarnSession(...options, '-d');
        expect(err, out).to.match(message);
        expect(err).not.to.match(/^\s+at /m);
        expect(code).to.equal(1);
        expect(hadoop.yarn.applications.size).to.equal(0);
        expect(existsSync(propertiesFile)).to.equal(false);
      });
    }
  });

  it('attached answers help and unknown words on standard error, and stop ends it', async () => {
    const command = user.startSession('-jm', '512');
    await eventually(() => command.io.out.includes('JobManager Web Interface'));
    const { id } = hadoop.yarn.last;
    const help = 'Available commands:\nhelp - show these commands\nstop - stop the YARN session\n';
    command.type('help\nfoo\n');
    await eventually(() => command.io.err.includes(`${help}Unknown command 'foo'. Showing help:\n${help}`));
    expect(command.io.out).not.to.contain('Available');
    command.type('stop\n');
    const end = await command.ended;
    expect(end.code).to.equal(0);
    expect(end.err).to.contain(`The application ${id} has ended: FINISHED, final status SUCCEEDED.`);
    expect(existsSync(propertiesFile)).to.equal(false);
    expect(hadoop.names('/user/me/.flink')).not.to.include(id);
  });

  it('attached ends its session on Ctrl-C', async () => {
    const command = user.startSession();
    await eventually(() => command.io.out.includes('JobManager Web Interface'));
    command.interrupt();
    expect((await command.ended).code).to.equal(1);
    expect(hadoop.yarn.last.state).to.equal('FINISHED');
    expect(existsSync(propertiesFile)).to.equal(false);
  });

  it('-id attaches to a session, and stop ends it', async () => {
    expect((await user.yarnSession('-d')).code).to.equal(0);
    const { id } = hadoop.yarn.last;
    const command = user.startSession('-id', id);
    command.type('stop\n');
    const end = await command.ended;
    expect(end.code, end.err).to.equal(0);
    expect(lines(end.out)).to.include(`JobManager Web Interface: http://${manager.address}`);
    expect(existsSync(propertiesFile)).to.equal(false);
  });

  it('-id warns by name of what only a new session could have', async () => {
    expect((await user.yarnSession('-d')).err).not.to.contain('WARNING');
    const options = [
      '-n',
      '2',
      '-s',
      '3',
      '-jm',
      '512',
      '-tm',
      '512',
      '-nm',
      'x',
      '-qu',
      'default',
      '-at',
      't',
      '-nl',
      'l',
    ];
    const { id } = hadoop.yarn.last;
    const { code, err } = await user.yarnSession('-d', '-id', id, ...options);
    expect(err).to.equal(
      `WARNING: -n, -s, -jm, -tm, -nm, -qu, -at, -nl have no effect: the session ${id} runs already.\n`,
    );
    expect(code).to.equal(0);
  });

  it('warns by name of what changes nothing', async () => {
    const { code, err } = await user.yarnSession('-d', '-z', 'ns', '-j', 'flink.jar', '-m', 'yarn-cluster');
    expect(err).to.contain('WARNING: -j has no effect: the runtime is shipped as it is.\n');
    expect(err).to.contain('WARNING: -m has no effect: a session is always on YARN.\n');
    expect(err).to.contain('WARNING: -z has no effect: there is no ZooKeeper.\n');
    expect(code).to.equal(0);
  });

  it('-q shows nodes and queues, and starts nothing', async () => {
    for (const flag of ['-q', '--query']) {
      const { code, out, err } = await user.yarnSession(flag);
      expect({ code, err }).to.deep.equal({ code: 0, err: '' });
      expect(lines(out)[0]).to.equal('NodeManagers in the ClusterClient 1|Property         |Value');
      expect(out).to.match(/^\|Memory {11}\|8192 MB$/m);
      expect(out).to.match(/^Summary: totalMemory 8192 totalCores 8$/m);
      expect(out).to.match(/^Queue: default, Current Capacity: \S+ Max Capacity: 1\.0 Applications: \d+$/m);
    }
    expect(hadoop.yarn.applications.size).to.equal(0);
  });

  it('-h is the usage', async () => {
    const { code, out, err } = await user.yarnSession('-h');
    expect(lines(out).slice(0, 2)).to.deep.equal(['Usage:', '   Optional']);
    expect(lines(out)[2]).to.match(/^ {5}-/);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
  });

  describe('is found by later commands through the properties file', () => {
    it('which they name', async () => {
      await user.yarnSession('-d');
      const { code, out, err } = await user.flink('list');
      expect(err).to.equal(
        `Found Yarn properties file under ${propertiesFile}.\nUsing session ${hadoop.yarn.last.id} of ${propertiesFile}\n`,
      );
      expect(lines(out)).to.deep.equal(['Waiting for response...', 'No running jobs.', 'No scheduled jobs.']);
      expect(code).to.equal(0);
    });

    it('with the -D of the session, unless a command has its own', async () => {
      await user.yarnSession('-d', '-Dparallelism.default=3');
      const program = user.file('words.js', PROGRAM);
      for (const [own, parallelism] of [
        [[], 3],
        [['-Dparallelism.default=2'], 2],
      ] as Array<[string[], number]>) {
        manager.jobs.clear();
        const { code, err } = await user.flink('run', ...own, program);
        expect(code, err).to.equal(0);
        const { vertices } = [...manager.jobs.values()][0]!.jobGraph;
        expect(Math.max(...vertices.map(v => v.parallelism))).to.equal(parallelism);
      }
    });

    it('unless -m says where, and by -yid without it', async () => {
      await user.yarnSession('-d');
      const other = await TestingJobManager.start();
      try {
        const byAddress = await user.flink('list', '-m', other.address);
        expect([byAddress.code, byAddress.err]).to.deep.equal([0, '']);
      } finally {
        await other.close();
      }
      const { id } = hadoop.yarn.last;
      const both = await user.flink('list', '-m', 'elsewhere:1', '-yid', id);
      expect([both.code, both.err]).to.deep.equal([
        0,
        `WARNING: -m has no effect: the target is the YARN session ${id}.\n`,
      ]);
      for (const way of [['-yid'], ['--yarnapplicationId'], ['-m', 'yarn-cluster', '-yid']]) {
        const byId = await user.flink('list', ...way, hadoop.yarn.last.id);
        expect([byId.code, byId.err]).to.deep.equal([0, '']);
      }
    });

    it('also while a restarted ResourceManager does not know it yet', async () => {
      await user.yarnSession('-d');
      const { id } = hadoop.yarn.last;
      const application = hadoop.yarn.last;
      hadoop.yarn.applications.delete(id);
      Object.assign(hadoop.yarn, { startedOn: Date.now(), haState: 'INITIALIZING' });
      const listing = user.flink('list');
      const asked = (): number => hadoop.yarn.calls.filter(call => call === `GET apps/${id}`).length;
      const before = asked();
      await eventually(() => asked() > before + 2);
      hadoop.yarn.applications.set(id, application);
      expect((await listing).code).to.equal(0);
      expect(existsSync(propertiesFile)).to.equal(true);
    });

    it('but one that is active, though it has just started, is not asked again for what it does not know', async () => {
      Object.assign(hadoop.yarn, { startedOn: Date.now() });
      const { code, err } = await user.flink('list', '-yid', 'application_1_0001');
      expect(err).to.contain('application_1_0001 not found');
      expect(code).to.equal(1);
      expect(hadoop.yarn.calls).to.deep.equal([
        'GET apps/application_1_0001',
        'GET apps/application_1_0001',
        'GET info',
        'GET apps/application_1_0001',
      ]);
    });

    it('and when it has ended, the error names file and id, and the file is removed', async () => {
      await user.yarnSession('-d');
      const { id } = hadoop.yarn.last;
      Object.assign(hadoop.yarn.last, { state: 'KILLED', finalStatus: 'KILLED' });
      const end = await user.flink('list');
      expect(end.err).to.contain(`The YARN session ${id} that ${propertiesFile} names has ended. The file was removed`);
      expect(end.code).to.equal(1);
      expect(existsSync(propertiesFile)).to.equal(false);
    });

    it('a file without an id, or with a bad one, is an error that says to delete it', async () => {
      for (const content of ['', 'applicationID=nonsense\n']) {
        writeFileSync(propertiesFile, content);
        const { code, err } = await user.flink('list');
        expect(err).to.contain(propertiesFile).and.to.contain('Please delete the file.');
        expect(code).to.equal(1);
      }
    });
  });

  it('leaves no file behind but those it should', async () => {
    await user.yarnSession('-d');
    expect(readdirSync(user.dir).sort()).to.deep.equal([`.yarn-properties-${userInfo().username}`, 'conf', 'hadoop']);
  });
});
