import { existsSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { unpack } from 'msgpackr';
import type { JobGraph } from '../../../core/graph/index.js';
import type { ApplicationMasterSettings, JobStatus } from '../../../core/protocol/index.js';
import { eventually } from '../../testing/eventually.js';
import { TestingJobManager } from '../testing-job-manager.js';
import { type CommandEnd, TestingHadoop, TestingUser } from '../testing-user.js';

const PROGRAM = `
import { StreamExecutionEnvironment } from 'millrace';
export class Numbers {
  static async main(args) {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.fromElements(...args, 'end').keyBy(x => x).reduce(a => a).print();
    await env.execute('numbers');
  }
}
export class Idle { static async main() {} }
export class Thrower { static async main() { throw new RangeError('not today'); } }
export class Chance {
  static async main() {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const stream = env.fromElements(1);
    (globalThis.seen = !globalThis.seen) ? stream.map(x => x).print() : stream.print();
    await env.execute('chance');
  }
}
`;
const HINT = 'Use the help option (-h or --help) to get help on the command.';
const lines = (out: string): string[] => out.trimEnd().split('\n');

describe('flink run -m yarn-cluster', () => {
  let user: TestingUser;
  let hadoop: TestingHadoop;
  let manager: TestingJobManager;
  let program: string;
  /** How the job stands once its application runs. */
  let state: JobStatus;

  beforeEach(async () => {
    user = new TestingUser();
    user.configure({ 'yarn.node-path': '/opt/node' });
    program = user.file('numbers.js', PROGRAM);
    state = 'FINISHED';
    [hadoop, manager] = await Promise.all([TestingHadoop.start(user), TestingJobManager.start()]);
    hadoop.yarn.onSubmit = application => {
      const { jobId, jobName } = graph();
      manager.add(jobId, jobName, state);
      Object.assign(application, { state: 'RUNNING', amRPCAddress: manager.address });
    };
    // It ends when its client has the result.
    manager.onResult = job => job.state === 'FINISHED' && end('SUCCEEDED');
  });
  afterEach(async () => {
    await manager.close();
    await hadoop.close();
  });

  const perJob = (...words: string[]): Promise<CommandEnd> => user.flink('run', '-m', 'yarn-cluster', ...words);
  const numbers = (...options: string[]): Promise<CommandEnd> => perJob(...options, '-c', 'Numbers', program);
  const staged = (name: string): string => `/user/me/.flink/${hadoop.yarn.last.id}/${name}`;
  const graph = (): JobGraph =>
    unpack(hadoop.hdfs.namespace.read(staged('job.graph'), 0, Number.POSITIVE_INFINITY)) as JobGraph;
  const settings = (): ApplicationMasterSettings =>
    JSON.parse(hadoop.read(staged('applicationmaster.json'))) as ApplicationMasterSettings;
  const end = (finalStatus: string): void => void Object.assign(hadoop.yarn.last, { state: 'FINISHED', finalStatus });

  /** Nothing went to YARN but a question for an id, and nothing is staged in HDFS. */
  function expectNothingSubmitted(): void {
    expect(hadoop.yarn.applications.size).to.equal(0);
    expect(hadoop.names('/user/me/.flink').filter(name => name !== 'cache')).to.deep.equal([]);
  }

  it('prints what Flink prints: the application, the job, its end', async () => {
    const { code, out, err } = await numbers();
    const { id } = hadoop.yarn.last;
    const { jobId } = graph();
    expect(lines(out)).to.deep.equal([
      'Cluster specification: ClusterSpecification{masterMemoryMB=1024, taskManagerMemoryMB=1024, slotsPerTaskManager=1}',
      `Submitting application master ${id}`,
      `Submitted application ${id}`,
      'Waiting for the cluster to be allocated',
      'YARN application has been deployed successfully.',
      `Found Web Interface ${manager.address} of application '${id}'.`,
      `Job has been submitted with JobID ${jobId}`,
      'Program execution finished',
      `Job with JobID ${jobId} has finished.`,
      'Job Runtime: 42 ms',
    ]);
    expect(err)
      .to.match(/^JobManager of 1024 MB: heap \d+ MB/m)
      .and.match(/^TaskManager of .*1024 MB/m);
    expect(code).to.equal(0);
  });

  it('submits an application with the job in it', async () => {
    const options = [
      '-yn',
      '2',
      '-ys',
      '3',
      '-yjm',
      '512',
      '-ytm',
      '2g',
      '-ynm',
      'my job',
      '-yat',
      'mine',
      '-ynl',
      'ssd',
    ];
    const tags = ['-yD', 'yarn.tags=a,b', '-yD', 'my.key=1', '-D', 'yarn.application.priority=3'];
    const { code, err } = await perJob(
      ...options,
      ...tags,
      '-yqu',
      'default',
      '-p',
      '4',
      '-c',
      'Numbers',
      program,
      'x',
      '-y',
    );
    expect(code, err).to.equal(0);
    expect(err).to.contain('WARNING: -yn is deprecated');
    const { body } = hadoop.yarn.last;
    expect(body).to.deep.include({
      'application-name': 'my job',
      'application-type': 'mine',
      'app-node-label-expression': 'ssd',
      'application-tags': { tag: ['a', 'b'] },
      queue: 'default',
      priority: 3,
      'max-app-attempts': 1,
      resource: { memory: 512, vCores: 1 },
    });
    const { mode, memory, yarn, configuration } = settings();
    expect({ mode, memory }).to.deep.equal({ mode: 'per-job', memory: 512 * 1024 ** 2 });
    expect(yarn).to.include({ preStarted: 2, containerVcores: 3, attached: true, nodeCommand: '/opt/node' });
    expect(configuration).to.include({ 'my.key': '1', 'taskmanager.numberOfTaskSlots': '3' });
    expect(configuration['taskmanager.memory.process.size']).to.equal(`${2 * 1024 ** 3}b`);
    const { program: reference, vertices } = graph();
    expect(reference).to.deep.include({ entry: 'Numbers', args: ['x', '-y'] });
    expect(Math.max(...vertices.map(v => v.parallelism))).to.equal(4);
    expect(hadoop.read(staged('job.bundle'))).to.contain("execute('numbers')".replaceAll("'", '"'));
    const { commands } = body['am-container-spec'] as { commands: { command: string } };
    expect(commands.command).to.contain('/opt/node').and.not.contain('my.key').and.not.contain('numbers');
  });

  it('takes the long names, -t yarn-per-job and execution.target alike', async () => {
    const long = [
      '--yarnjobManagerMemory',
      '512',
      '--yarntaskManagerMemory',
      '512m',
      '--yarnslots',
      '2',
      '--yarnname',
      'n',
    ];
    const end_ = await user.flink('run', '-t', 'yarn-per-job', ...long, '-c', 'Numbers', program);
    expect(end_.out).to.contain('{masterMemoryMB=512, taskManagerMemoryMB=512, slotsPerTaskManager=2}');
    expect(hadoop.yarn.last.body['application-name']).to.equal('n');
    user.configure({ 'yarn.node-path': '/opt/node', 'execution.target': 'yarn-per-job' });
    expect((await user.flink('run', '-c', 'Numbers', program)).code).to.equal(0);
    expect(hadoop.yarn.applications.size).to.equal(2);
  });

  it('is named and typed as Flink does where nothing else is said, and leaves no properties file', async () => {
    const { code, err } = await numbers();
    expect(code, err).to.equal(0);
    expect(hadoop.yarn.last.body).to.include({
      'application-name': 'Flink per-job cluster',
      'application-type': 'Apache Flink',
      queue: 'default',
    });
    expect(settings().yarn).not.to.have.property('preStarted');
    expect(existsSync(join(user.dir, `.yarn-properties-${userInfo().username}`))).to.equal(false);
  });

  it('brings up an application of its own beside a session that the properties file names', async () => {
    const file = join(user.dir, `.yarn-properties-${userInfo().username}`);
    writeFileSync(file, 'applicationID=application_1_0001\n');
    const { code, err } = await numbers();
    expect(code, err).to.equal(0);
    expect(err).not.to.contain('properties file');
    expect(existsSync(file)).to.equal(true);
    expect(hadoop.yarn.applications.size).to.equal(1);
  });

  it('with -yid goes to that session instead', async () => {
    hadoop.yarn.onSubmit = application => {
      Object.assign(application, { state: 'RUNNING', amRPCAddress: manager.address });
    };
    await user.yarnSession('-d');
    const { code, err } = await numbers('-yid', hadoop.yarn.last.id, '-ytm', '512');
    expect(code, err).to.equal(0);
    expect(err).to.contain('WARNING: -ytm has no effect: the session runs already.\n');
    expect(manager.jobs.size).to.equal(1);
    expect(hadoop.yarn.applications.size).to.equal(1);
  });

  for (const flag of ['-d', '-yd']) {
    it(`${flag} returns when the job runs, says how to stop it, and lets it go on`, async () => {
      state = 'RUNNING';
      const { code, out, err } = await numbers(flag);
      const { id } = hadoop.yarn.last;
      expect(lines(out).slice(6)).to.deep.equal([
        'The Flink YARN session cluster has been started in detached mode. In order to stop Flink gracefully, use the following command:',
        `$ echo "stop" | ./bin/yarn-session.sh -id ${id}`,
        "If this should not be possible, then you can also kill Flink via YARN's web interface or via:",
        `$ yarn application -kill ${id}`,
        `Job has been submitted with JobID ${graph().jobId}`,
      ]);
      expect(err.includes('-yd is deprecated')).to.equal(flag === '-yd');
      expect(settings().yarn).to.include({ attached: false });
      expect([code, hadoop.yarn.last.state]).to.deep.equal([0, 'RUNNING']);
    });
  }

  it('of a job that fails reports the root cause first, and exits 1', async () => {
    state = 'RUNNING';
    const command = user.startFlink('run', '-m', 'yarn-cluster', '-c', 'Numbers', program);
    await eventually(() => command.io.err.includes('is RUNNING'));
    manager.fail([...manager.jobs.values()][0]!, new Error('wrapped', { cause: new TypeError('no such number') }));
    end('FAILED');
    const { code, err } = await command.ended;
    const report = err.slice(err.indexOf(' The program finished with the following exception:'));
    expect(report.split('\n')[2]).to.equal('TypeError: no such number');
    expect(code).to.equal(1);
  });

  it('that is interrupted cancels its job, and its application ends', async () => {
    state = 'RUNNING';
    manager.onCancel = job => {
      job.state = 'CANCELED';
      end('KILLED');
    };
    const command = user.startFlink('run', '-m', 'yarn-cluster', '-c', 'Numbers', program);
    await eventually(() => command.io.err.includes('is RUNNING'));
    command.interrupt();
    const { code, err } = await command.ended;
    expect(err).to.contain('Cancelled job ').and.contain('Interrupted by SIGINT.');
    expect([code, hadoop.yarn.last.state]).to.deep.equal([1, 'FINISHED']);
  });

  it('that is interrupted while it waits for YARN kills its application, and leaves nothing', async () => {
    hadoop.yarn.onSubmit = () => {};
    const command = user.startFlink('run', '-m', 'yarn-cluster', '-c', 'Numbers', program);
    await eventually(() => command.io.out.includes('current state ACCEPTED'));
    command.interrupt();
    expect((await command.ended).code).to.equal(1);
    expect(hadoop.yarn.last.state).to.equal('KILLED');
    expect(hadoop.names('/user/me/.flink')).not.to.include(hadoop.yarn.last.id);
  });

  it('whose ApplicationMaster ends while it starts says so with its last lines, and leaves nothing', async () => {
    hadoop.yarn.logs = { 'jobmanager.err': 'it went wrong\n' };
    hadoop.yarn.onSubmit = application => {
      Object.assign(application, {
        state: 'FAILED',
        finalStatus: 'FAILED',
        diagnostics: 'AM Container exited with  exitCode: 1',
      });
    };
    const { code, out, err } = await numbers();
    expect(err).to.contain('exitCode: 1').and.contain('it went wrong').and.contain(hadoop.yarn.last.id);
    expect(out).not.to.contain('Job has been submitted');
    expect(code).to.equal(1);
    expect(hadoop.names('/user/me/.flink')).not.to.include(hadoop.yarn.last.id);
  });

  for (const [problem, exitCode, line, why] of [
    [
      'is for another architecture',
      126,
      'bash: ./node: cannot execute binary file: Exec format error\nbash: ./node: Success',
      /^The Node executable is for another architecture than that node: set yarn\.node-path/m,
    ],
    [
      'needs a newer C library',
      1,
      "./node: /lib64/libc.so.6: version `GLIBC_2.28' not found (required by ./node)",
      /^The Node executable needs a newer C library than that node's: set yarn\.node-path/m,
    ],
    [
      'is not there',
      127,
      'bash: line 1: /nope/node: No such file or directory',
      /^There is no such Node executable on that node: check yarn\.node-path/m,
    ],
  ] as const) {
    it(`says first that Node ${problem}, where it does not start for that`, async () => {
      hadoop.yarn.logs = { 'jobmanager.err': `${line}\n` };
      hadoop.yarn.onSubmit = application => {
        const diagnostics = `AM Container exited with  exitCode: ${exitCode}\nLast 4096 bytes of stderr :\n${line}`;
        Object.assign(application, { state: 'FAILED', finalStatus: 'FAILED', diagnostics });
      };
      const { code, err } = await numbers();
      expect(code).to.equal(1);
      expect(err).to.match(why);
      expect(err.search(why)).to.be.lessThan(err.indexOf('The application '));
      expect(err).to.contain(line.split('\n')[0]);
    });
  }

  describe('refuses, with one message and nothing submitted,', () => {
    const usage: Array<[string, string[], string]> = [
      ['no slots', ['-ys', '0'], '-ys: the number of slots must be a positive number: 0'],
      ['slots that are no number', ['-ys', 'x'], '-ys: the number of slots must be a positive number: x'],
      ['no TaskManagers', ['-yn', '0'], '-yn: the number of TaskManagers must be a positive number: 0'],
      ['memory that is none', ['-yjm', 'plenty'], '-yjm: "plenty" is not a memory size'],
      ['memory of an unknown unit', ['-ytm', '5x'], '-ytm: "5x" is not a memory size'],
      ['a size without a value', ['-yjm', '-ytm', '512'], 'Missing argument for option: yjm'],
      ['an unknown y-option', ['-yzz', '1'], 'Unrecognized option: -yzz'],
      ['-yD without a key', ['-yD', '=1'], '-D needs key=value, not "=1".'],
    ];
    for (const [what, options, message] of usage) {
      it(what, async () => {
        const { code, out, err } = await numbers(...options);
        expect(lines(out)[0]!.startsWith(message), out).to.equal(true);
        expect(lines(out).slice(1)).to.deep.equal(['', HINT]);
        expect({ code, err }).to.deep.equal({ code: 1, err: '' });
        expectNothingSubmitted();
      });
    }

    const reports: Array<[string, string[], RegExp]> = [
      ['memory below 256 MB', ['-yjm', '255'], /JobManager's memory of 255 MB \(-jm.*minimum of 256 MB/],
      ['memory below it for TaskManagers', ['-ytm', '200m'], /TaskManager's memory of 200 MB \(-tm.*minimum of 256 MB/],
      ['more than the largest container', ['-ytm', '9g'], /9216 MB \(-tm\).*8192 MB.*maximum-allocation-mb/],
      ['more virtual cores than it has', ['-ys', '9', '-ytm', '4g'], /9 .*8 .*maximum-allocation-vcores/],
      ['an unknown queue, naming those that there are', ['-yqu', 'nowhere'], /no queue 'nowhere'.*default, closed/],
      ['a queue that is stopped', ['-yqu', 'closed'], /'closed'.*STOPPED/],
      ['an id that is none', ['-yid', 'app_1'], /"app_1" is no application id/],
      ['a job larger than -yn × -ys', ['-yn', '2', '-ys', '2', '-p', '5'], /needs 5 slots, .* at 4: -yn 2 × -ys 2/],
      ['a bad value of a key', ['-yD', 'rest.port=x'], /rest\.port: "x" is not a whole number/],
      ['-yt', ['-yt', '/lib'], /-yt \(ship files\) is not supported: pack what a program needs into its bundle/],
      ['-C', ['-C', 'file:///lib.jar'], /-C \(class path\) is not supported: .* its bundle has it all/],
    ];
    for (const [what, options, message] of reports) {
      it(what, async () => {
        const { code, out, err } = await numbers(...options);
        expect(err, out).to.match(message);
        expect(err).not.to.match(/^\s+at /m);
        expect([code, out.includes('Submitted')]).to.deep.equal([1, false]);
        expectNothingSubmitted();
      });
    }

    const programs: Array<[string, string, RegExp]> = [
      ['an unknown entry', 'Nope', /entry point class 'Nope' was not found/],
      ['a program without a job', 'Idle', /execute/],
      ['a program whose main throws', 'Thrower', /RangeError: not today\n\s+at .*numbers\.js:11/],
      ['a graph that can not be bound again', 'Chance', /can(no|')t be bound|another graph|other graph/],
    ];
    for (const [what, entry, message] of programs) {
      it(what, async () => {
        const { code, out, err } = await perJob('-c', entry, program);
        expect(err, out).to.match(message);
        expect(code).to.equal(1);
        expectNothingSubmitted();
      });
    }

    it('a program whose module throws, with the line', async () => {
      const broken = user.file('broken.js', "const a = 1;\nthrow new Error('at the top');\nexport const main = a;\n");
      const { code, err } = await perJob(broken);
      expect(err).to.match(/broken\.js can't be loaded: at the top\n\s+at .*broken\.js:2/);
      expect(code).to.equal(1);
      expectNothingSubmitted();
    });

    it('where Hadoop is not configured, saying how it is found', async () => {
      user.env['HADOOP_CONF_DIR'] = '';
      const { code, err } = await numbers();
      expect(err).to.contain('HADOOP_CONF_DIR').and.contain('mini-hadoop.sh');
      expect(code).to.equal(1);
    });
  });

  it('-yz and -yj change nothing, which is said', async () => {
    const { code, err } = await numbers('-yz', 'ns', '-yj', 'flink.jar');
    expect(code, err).to.equal(0);
    expect(err).to.contain('WARNING: -yz has no effect').and.contain('WARNING: -yj has no effect');
    expect(hadoop.yarn.applications.size).to.equal(1);
  });

  it('-yq shows nodes and queues, -yh the help, and neither starts anything', async () => {
    const query = await perJob('-yq');
    expect(query.out).to.contain('NodeManagers in the ClusterClient 1').and.contain('Queue: default');
    const help = await perJob('-yh');
    expect(help.out)
      .to.match(/^Action "run" compiles and runs a program/)
      .and.contain('-yjm,--yarnjobManagerMemory <arg>');
    expect([query.code, help.code]).to.deep.equal([0, 0]);
    expectNothingSubmitted();
  });
});
