import { expect } from 'chai';
import { eventually } from '../../testing/eventually.js';
import { TestingJobManager } from '../testing-job-manager.js';
import { TestingUser } from '../testing-user.js';

const PROGRAM = `
import { StreamExecutionEnvironment } from 'millrace';
class Words {
  static async main(args) {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.fromElements(...args, 'end').print();
    await env.execute('words');
  }
}
class Other extends Words {}
export { Words, Other };
`;
const HINT = 'Use the help option (-h or --help) to get help on the command.';
const SUBMITTED = /^Job has been submitted with JobID ([0-9a-f]{32})$/;

describe('flink run', () => {
  let user: TestingUser;
  let manager: TestingJobManager;
  let program: string;
  let at: string[];

  beforeEach(async () => {
    manager = await TestingJobManager.start();
    user = new TestingUser();
    program = user.file('words.js', PROGRAM);
    at = ['-m', manager.address];
  });
  afterEach(() => manager.close());

  const job = () => [...manager.jobs.values()][0]!;
  const lines = (out: string): string[] => out.trimEnd().split('\n');

  it('follows the job and prints what Flink prints, and nothing else', async () => {
    manager.onJob = taken => {
      taken.accumulators = { words: { type: 'Integer', value: 3 } } as typeof taken.accumulators;
      taken.state = 'FINISHED';
    };
    const end = await user.flink('run', ...at, '-c', 'Words', program);
    const { jobId } = job().jobGraph;
    expect(lines(end.out)).to.deep.equal([
      `Job has been submitted with JobID ${jobId}`,
      'Program execution finished',
      `Job with JobID ${jobId} has finished.`,
      'Job Runtime: 42 ms',
      'Accumulator Results: ',
      '- words (Integer): 3',
    ]);
    expect(end.err).to.equal(`${jobId} is FINISHED\n`);
    expect(end.code).to.equal(0);
  });

  describe('finds the JobManager', () => {
    const ways: Array<[string, (address: string) => string[]]> = [
      ['by -m host:port', a => ['-m', a]],
      ['by --jobmanager host:port', a => ['--jobmanager', a]],
      ['by -t remote and -D', a => ['-t', 'remote', ...restAt(a)]],
      ['by --target remote and -m', a => ['--target', 'remote', '-m', a]],
      ['by -e remote, the older -t, and -D', a => ['-e', 'remote', ...restAt(a)]],
      ['by -yD', a => ['-yD', `rest.address=${host(a)}`, `-yDrest.port=${port(a)}`]],
    ];
    for (const [how, options] of ways) {
      it(how, async () => {
        const { code, err } = await user.flink('run', ...options(manager.address), '-c', 'Words', program);
        expect(code, err).to.equal(0);
        expect(manager.jobs.size).to.equal(1);
      });
    }
  });

  it('takes -c and --class, -p and --parallelism, and a dotted name', async () => {
    for (const [flagC, name, flagP] of [
      ['-c', 'Other', '-p'],
      ['--class', 'org.example.Other', '--parallelism'],
    ] as const) {
      manager.jobs.clear();
      const { code, err } = await user.flink('run', ...at, flagC, name, flagP, '3', program);
      expect(code, err).to.equal(0);
      expect(job().jobGraph.program?.entry).to.equal(name);
      expect(Math.max(...job().jobGraph.vertices.map(v => v.parallelism))).to.equal(3);
    }
  });

  it('leaves everything behind the bundle to the program', async () => {
    const own = ['--', '-d', '--bogus', '-m', 'elsewhere:1', '-Dx=y', '--verbose', 'a b'];
    const { code, err } = await user.flink('run', ...at, '-c', 'Words', '--', program, ...own);
    expect(code, err).to.equal(0);
    expect(job().jobGraph.program?.args).to.deep.equal(own);
  });

  it("does not take the program's --verbose for its own", async () => {
    const end = await user.flink('run', ...at, '-c', 'Nope', program, '--verbose');
    expect(end.err).to.contain("The program's entry point class 'Nope' was not found");
    const odd = await user.flink('run', ...at, '--', user.file('words.exe', ''), '--verbose');
    for (const { code, err } of [end, odd]) {
      expect(err).to.contain('The program finished with the following exception:');
      expect(err).not.to.match(/^\s+at /m);
      expect(code).to.equal(1);
    }
  });

  it('-t local runs the job in this process', async () => {
    const { code, out, err } = await user.flink('run', '-t', 'local', '-c', 'Words', program);
    expect(code, err).to.equal(0);
    expect(lines(out).filter(line => SUBMITTED.test(line))).to.have.length(1);
    expect(lines(out)).to.include('Program execution finished');
    expect(manager.jobs.size).to.equal(0);
  });

  it('brings back what a program collects, and shows no accumulator of it', async () => {
    const collecting = user.file(
      'collect.js',
      `import { StreamExecutionEnvironment } from 'millrace';
      export async function main() {
        const env = StreamExecutionEnvironment.getExecutionEnvironment();
        const words = await env.fromElements('to be', 'or not').flatMap(s => s.split(' ')).executeAndCollect();
        // What was collected makes the next job: whoever takes functions from it has to see the same.
        const lengths = await env.fromCollection(words.sort()).map(w => w.length).setParallelism(1).executeAndCollect('lengths', 3);
        if (lengths.join() !== '2,3,2') throw new Error('It got ' + lengths.join());
      }`,
    );
    const { code, out, err } = await user.flink('run', '-t', 'local', collecting);
    expect(code, err).to.equal(0);
    expect(lines(out).filter(line => SUBMITTED.test(line))).to.have.length(2);
    expect(out).not.to.contain('Accumulator Results');
  });

  describe('refuses', () => {
    const usage: Array<[string, string[], string]> = [
      ['-p that is no number', ['-p', 'x'], 'The parallelism must be a positive number: x'],
      ['-p 0', ['-p', '0'], 'The parallelism must be a positive number: 0'],
      ['-p -1', ['-p', '-1'], 'The parallelism must be a positive number: -1'],
      ['-p without a value', ['-p'], 'Missing argument for option: p'],
      ['-ys 0', ['-ys', '0'], '-ys: the number of slots must be a positive number: 0'],
      ['-yn 0', ['-yn', '0'], '-yn: the number of TaskManagers must be a positive number: 0'],
      ['an unknown target', ['-t', 'moon'], '-t moon is no target: take local, remote, yarn-session or yarn-per-job.'],
      ['-m that is no address', ['-m', 'a:b:c'], '-m a:b:c: host:port or yarn-cluster is expected.'],
      ['-D without a key', ['-D', '=x'], '-D needs key=value, not "=x".'],
      ['yarn-session without one', ['-t', 'yarn-session'], 'Which YARN session? Name it with -yid'],
    ];
    for (const [what, options, message] of usage) {
      it(`${what}, on standard output with the hint`, async () => {
        const words = options.at(-1) === '-p' ? options : [...options, program];
        const { code, out, err } = await user.flink('run', ...words);
        expect(lines(out)[0]!.startsWith(message), out + err).to.equal(true);
        expect(lines(out).slice(1)).to.deep.equal(['', HINT]);
        expect({ code, err }).to.deep.equal({ code: 1, err: '' });
      });
    }

    it('no bundle, and one that is not there', async () => {
      const none = await user.flink('run', ...at);
      expect(lines(none.out)).to.deep.equal([
        'Java program should be specified a JAR file.',
        'Its place is taken by a bundle here: a .js, .mjs, .cjs, .ts or .tgz file.',
        '',
        HINT,
      ]);
      const missing = await user.flink('run', ...at, 'nope.js');
      expect(lines(missing.out)).to.deep.equal([
        'Could not get job jar and dependencies from JAR file: JAR file does not exist: nope.js',
        '',
        HINT,
      ]);
      expect([none.code, none.err, missing.code, missing.err]).to.deep.equal([1, '', 1, '']);
    });

    it('-s and -n while there are no savepoints', async () => {
      for (const options of [
        ['-s', '/savepoint'],
        ['--fromSavepoint', '/savepoint'],
        ['-n'],
        ['--allowNonRestoredState'],
        ['-cm', 'CLAIM'],
        ['--restoreMode', 'CLAIM'],
      ]) {
        const { code, err } = await user.flink('run', ...at, ...options, program);
        expect(err).to.contain('Starting from a savepoint (-s, -n, -cm, -rm) comes with checkpoints');
        expect(code).to.equal(1);
      }
      expect(manager.jobs.size).to.equal(0);
    });

    it('Python, by name', async () => {
      const { code, err } = await user.flink('run', ...at, '-py', 'job.py');
      expect(err).to.contain('Python (-py and the like) is not supported: a program is JavaScript or TypeScript.');
      expect(code).to.equal(1);
    });

    it('to run where no cluster answers, and names the address', async () => {
      const { code, out, err } = await user.flink('run', '-m', '127.0.0.1:1', '-c', 'Words', program);
      expect([code, out]).to.deep.equal([1, '']);
      expect(err).to.match(/Could not submit the job words\.\nCaused by: .*127\.0\.0\.1:1/);
    });
  });

  it('warns of YARN options that have no effect, and of -yd, on standard error', async () => {
    const options = ['-yjm', '512', '-ytm', '1g', '-ys', '2', '-ynm', 'n', '-yqu', 'q', '-yd'];
    const { code, out, err } = await user.flink('run', ...at, ...options, '-c', 'Words', program);
    expect(err).to.contain('WARNING: -yd is deprecated: use -d.');
    expect(err).to.contain(
      'WARNING: -yjm, -ytm, -ys, -ynm, -yqu have no effect: the job does not go to YARN (-m yarn-cluster).\n',
    );
    expect(lines(out)).to.have.length(1);
    expect(code).to.equal(0);
  });

  describe('warns by name of what changes nothing:', () => {
    const cases: Array<[string[], string]> = [
      [['-z', 'ns'], '-z has no effect: there is no ZooKeeper'],
      [['--yarnzookeeperNamespace', 'ns'], '-yz has no effect: there is no ZooKeeper'],
      [['-yj', 'flink.jar'], '-yj has no effect: the runtime is shipped as it is'],
      [['-d', '-sae'], '-sae has no effect: a detached client is not there to be interrupted'],
      [
        ['-t', 'remote', '-yid', 'application_1_0001'],
        '-yid has no effect: the target is the JobManager at 127.0.0.1:',
      ],
    ];
    for (const [options, message] of cases) {
      it(options.join(' '), async () => {
        const { code, err } = await user.flink('run', ...at, ...options, '-c', 'Words', program);
        expect(err).to.contain(`WARNING: ${message}`);
        expect(err.match(/WARNING/g)).to.have.length(1);
        expect(code).to.equal(0);
      });
    }

    it('-m beside -t local', async () => {
      const { code, err } = await user.flink('run', ...at, '-t', 'local', '-c', 'Words', program);
      expect(err).to.contain('WARNING: -m has no effect: the target is local.\n');
      expect(code).to.equal(0);
    });

    it('nothing, where all has its effect', async () => {
      const { err } = await user.flink(
        'run',
        ...at,
        '-sae',
        '-p',
        '2',
        '-Dparallelism.default=2',
        '-c',
        'Words',
        program,
      );
      expect(err).not.to.contain('WARNING');
    });
  });

  describe('info', () => {
    it('warns of options that name a cluster, and of -z', async () => {
      const options = ['-m', 'there:1', '-yid', 'application_1_0001', '-z', 'ns', '-t', 'remote'];
      const { code, out, err } = await user.flink('info', ...options, '-c', 'Words', program);
      expect(err).to.equal(
        'WARNING: -z has no effect: there is no ZooKeeper.\n' +
          'WARNING: -t, -m, -yid have no effect: a plan is made without a cluster.\n',
      );
      expect(lines(out)[0]).to.equal('----------------------- Execution Plan -----------------------');
      expect(code).to.equal(0);
    });

    it("leaves nothing of the program's world behind in this process", async () => {
      const random = Object.getOwnPropertyDescriptor(Math, 'random');
      expect((await user.flink('info', '-c', 'Words', program)).code).to.equal(0);
      expect(Object.getOwnPropertyDescriptor(Math, 'random')).to.deep.equal(random);
    });

    it('says what the program has thrown before its execute, or that it has none', async () => {
      const odd = user.file(
        'odd.js',
        "export class T { static main() { throw new RangeError('no') } }\nexport class I { static main() {} }\n",
      );
      expect((await user.flink('info', '-c', 'T', odd)).err).to.match(/RangeError: no\n\s+at .*odd\.js:1/);
      expect((await user.flink('info', '-c', 'I', odd)).err).to.contain('did not call execute()');
    });
  });

  it('of a job that fails reports the root cause first, and exits 1', async () => {
    manager.onJob = taken => manager.fail(taken, new Error('wrapped', { cause: new TypeError('no such word') }));
    const { code, out, err } = await user.flink('run', ...at, '-c', 'Words', program);
    const report = err.slice(err.indexOf(' The program finished with the following exception:'));
    expect(report.split('\n')[2]).to.equal('TypeError: no such word');
    expect(report).to.contain(`The job words (${job().jobGraph.jobId}) failed.`);
    expect(lines(out)).to.have.length(1);
    expect(code).to.equal(1);
  });

  it('that is interrupted cancels its job and waits for that', async () => {
    manager.onJob = taken => {
      taken.state = 'RUNNING';
    };
    const command = user.startFlink('run', ...at, '-c', 'Words', program);
    await eventually(() => command.io.err.includes('is RUNNING'));
    command.interrupt();
    const { code, err } = await command.ended;
    expect(err).to.contain(`Cancelled job ${job().jobGraph.jobId}.`).and.to.contain('Interrupted by SIGINT.');
    expect(job().state).to.equal('CANCELED');
    expect(code).to.equal(1);
  });

  describe('-d', () => {
    for (const flag of ['-d', '--detached', '-yd']) {
      it(`${flag} prints the id and returns when the job runs`, async () => {
        manager.onJob = taken => {
          taken.state = 'RUNNING';
        };
        const { code, out, err } = await user.flink('run', flag, ...at, '-c', 'Words', program);
        expect(out).to.equal(`Job has been submitted with JobID ${job().jobGraph.jobId}\n`);
        expect(err).to.contain('is RUNNING');
        expect(code).to.equal(0);
      });
    }

    it('prints the id before the job runs, and returns only when it does', async () => {
      manager.onJob = () => {};
      const command = user.startFlink('run', '-d', ...at, '-c', 'Words', program);
      await eventually(() => command.io.err.includes('is CREATED'));
      expect(command.io.out.trimEnd()).to.match(SUBMITTED);
      job().state = 'RUNNING';
      expect((await command.ended).code).to.equal(0);
    });

    it('says what a job waits for that does not run in time, and exits 0: it goes on', async function () {
      this.timeout(5000);
      user.detachedWait = 1;
      manager.onJob = taken => Object.assign(taken, { state: 'RUNNING', waitingFor: '2 slots of 4' });
      const { code, out, err } = await user.flink('run', '-d', ...at, '-c', 'Words', program);
      expect(err).to.contain('The job does not run yet: 2 slots of 4. It goes on; see "flink list".');
      expect(lines(out)).to.have.length(1);
      expect(code).to.equal(0);
      expect(job().state).to.equal('RUNNING');
    });

    it('exits 1 with the reason when the job fails in that time', async () => {
      manager.onJob = taken => manager.fail(taken, new Error('no luck'));
      const { code, err } = await user.flink('run', '-d', ...at, '-c', 'Words', program);
      expect(err).to.contain('no luck');
      expect(code).to.equal(1);
    });

    it('that is interrupted lets the job go on', async () => {
      manager.onJob = () => {};
      const command = user.startFlink('run', '-d', ...at, '-c', 'Words', program);
      await eventually(() => command.io.err.includes('is CREATED'));
      command.interrupt();
      expect((await command.ended).code).to.equal(1);
      expect(job().state).to.equal('CREATED');
    });
  });
});

const host = (address: string): string => address.split(':')[0]!;
const port = (address: string): string => address.split(':')[1]!;
const restAt = (address: string): string[] => [`-Drest.address=${host(address)}`, '-D', `rest.port=${port(address)}`];
