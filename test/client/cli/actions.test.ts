import { expect } from 'chai';
import { TestingJobManager } from '../testing-job-manager.js';
import { type CommandEnd, TestingUser } from '../testing-user.js';

const ID = '1157c86f2047ff29a83329131517330f';
const OTHER = 'ffffffffffffffffffffffffffffffff';
const HINT = '\n\nUse the help option (-h or --help) to get help on the command.\n';
const REPORT = `\n${'-'.repeat(60)}\n The program finished with the following exception:\n\n`;
const DOWN = '127.0.0.1:1';

/** Wrong use: on standard output with the hint, nothing else, exit code 1. */
function expectUsage({ code, out, err }: CommandEnd, message: string): void {
  expect({ code, out, err }).to.deep.equal({ code: 1, out: message + HINT, err: '' });
}

/** A failure: Flink's report on standard error, which begins with `first`, exit code 1, no stack. */
function expectReport({ code, err }: CommandEnd, first: string): void {
  expect(err).to.match(/\n$/);
  expect(err.startsWith(REPORT + first), err).to.equal(true);
  expect(err).not.to.match(/^\s+at /m);
  expect(code).to.equal(1);
}

const lines = (end: CommandEnd): string[] => end.out.trimEnd().split('\n');
const local = (...fields: [number, number, number, number, number, number]): number => new Date(...fields).getTime();

describe('flink <action>', () => {
  const user = new TestingUser();
  let manager: TestingJobManager;
  let at: string[];

  before(async () => {
    manager = await TestingJobManager.start();
    at = ['-m', manager.address];
  });
  beforeEach(() => manager.jobs.clear());
  after(() => manager.close());

  describe('itself', () => {
    for (const word of ['-h', '--help']) {
      it(`${word} shows all actions`, async () => {
        const { code, out, err } = await user.flink(word);
        expect({ code, err }).to.deep.equal({ code: 0, err: '' });
        for (const action of ['run', 'info', 'list', 'stop', 'cancel', 'savepoint']) {
          expect(out).to.contain(`Action "${action}"`);
        }
      });
    }

    for (const word of ['-v', '--version']) {
      it(`${word} first is the version`, async () => {
        const { code, out, err } = await user.flink(word);
        expect(out).to.match(/^Version: \d+\.\d+\.\d+, Commit ID: \S+\n$/);
        expect({ code, err }).to.deep.equal({ code: 0, err: '' });
      });
    }

    it('without an action shows the help and asks for one', async () => {
      const end = await user.flink();
      expect(lines(end)[0]).to.equal('./flink <ACTION> [OPTIONS] [ARGUMENTS]');
      expect(lines(end).at(-1)).to.equal('Please specify an action.');
      expect([end.code, end.err]).to.deep.equal([1, '']);
    });

    it('names an unknown action, those that there are, and both hints', async () => {
      const end = await user.flink('bogus', '-m', DOWN);
      expect(lines(end)).to.deep.equal([
        '"bogus" is not a valid action.',
        '',
        'Valid actions are "run", "list", "info", "savepoint", "stop", "cancel", or "doctor".',
        '',
        'Specify the version option (-v or --version) to print Flink version.',
        '',
        'Specify the help option (-h or --help) to get help on the command.',
      ]);
      expect([end.code, end.err]).to.deep.equal([1, '']);
    });

    it('takes no property of objects for an action', async () => {
      expect((await user.flink('constructor')).out).to.contain('"constructor" is not a valid action.');
    });

    for (const action of ['run', 'info', 'list', 'cancel', 'stop', 'savepoint']) {
      it(`${action} shows its help, and refuses an unknown option by name`, async () => {
        for (const flag of ['-h', '--help']) {
          const { code, out, err } = await user.flink(action, flag);
          expect({ code, err }).to.deep.equal({ code: 0, err: '' });
          expect(out.split('\n')[0]).to.match(new RegExp(`^Action "${action}" `));
        }
        expectUsage(await user.flink(action, '--bogus', ID), 'Unrecognized option: --bogus');
      });
    }

    const stray: Array<[string[], string]> = [
      [['list', 'all'], 'all'],
      [['cancel', ID, OTHER], OTHER],
      [['cancel', ID, '-m', DOWN], '-m (options stand before the other arguments)'],
      [['stop', ID, '-d'], '-d (options stand before the other arguments)'],
      [['savepoint', ID, '/dir', 'more'], 'more'],
      [['doctor', 'me'], 'me'],
    ];
    for (const [words, named] of stray) {
      it(`refuses what is left over in ${words.join(' ').replace(ID, '<id>').replace(OTHER, '<id>')}`, async () => {
        expectUsage(await user.flink(...words), `Unrecognized argument: ${named}`);
      });
    }

    for (const words of [['list'], ['cancel', ID]]) {
      it(`warns of -z in ${words[0]}`, async () => {
        manager.add(ID, 'job', 'RUNNING');
        const [action = '', ...rest] = words;
        const { code, err } = await user.flink(action, '-z', 'ns', ...at, ...rest);
        expect([code, err]).to.deep.equal([0, 'WARNING: -z has no effect: there is no ZooKeeper.\n']);
      });
    }

    it('shows the stack of a failure after --verbose or -v, and not without', async () => {
      for (const flag of ['--verbose', '-v']) {
        expect((await user.flink('cancel', flag, '-m', DOWN, ID)).err, flag).to.match(/^\s+at .*:\d+:\d+/m);
      }
      expectReport(await user.flink('cancel', '-m', DOWN, ID), `Could not cancel job ${ID}.\nCaused by: `);
    });
  });

  describe('list', () => {
    beforeEach(() => {
      manager.add(OTHER, 'Second', 'RESTARTING', local(2023, 10, 23, 17, 53, 1));
      manager.add(ID, 'Lab Job', 'RUNNING', local(2023, 10, 23, 17, 52, 40));
      manager.add('a'.repeat(32), 'New', 'CREATED', local(2023, 10, 24, 1, 2, 3));
      manager.add('b'.repeat(32), 'Old', 'FINISHED', local(2022, 0, 1, 0, 0, 0));
    });
    const end = '-'.repeat(62);
    const running = [
      '------------------ Running/Restarting Jobs -------------------',
      `23.11.2023 17:52:40 : ${ID} : Lab Job (RUNNING)`,
      `23.11.2023 17:53:01 : ${OTHER} : Second (RESTARTING)`,
      end,
    ];
    const scheduled = [
      '----------------------- Scheduled Jobs -----------------------',
      `24.11.2023 01:02:03 : ${'a'.repeat(32)} : New`,
      end,
    ];
    const terminated = [
      '---------------------- Terminated Jobs -----------------------',
      `01.01.2022 00:00:00 : ${'b'.repeat(32)} : Old (FINISHED)`,
      end,
    ];
    const cases: Array<[string[], string[]]> = [
      [[], [...running, ...scheduled]],
      [['-r'], running],
      [['--running'], running],
      [['-s'], scheduled],
      [['--scheduled'], scheduled],
      [
        ['-r', '-s'],
        [...running, ...scheduled],
      ],
      [['-a'], [...running, ...scheduled, ...terminated]],
      [['--all'], [...running, ...scheduled, ...terminated]],
      [
        ['-a', '-r'],
        [...running, ...scheduled, ...terminated],
      ],
    ];
    for (const [options, blocks] of cases) {
      it(`${options.join(' ') || 'without options'} shows those, by start time, in frames of 62 characters`, async () => {
        const shown = await user.flink('list', ...options, ...at);
        expect(lines(shown)).to.deep.equal(['Waiting for response...', ...blocks]);
        expect([shown.code, shown.err]).to.deep.equal([0, '']);
      });
    }

    it('says what there is none of', async () => {
      manager.jobs.clear();
      expect(lines(await user.flink('list', ...at))).to.deep.equal([
        'Waiting for response...',
        'No running jobs.',
        'No scheduled jobs.',
      ]);
    });

    it('without a cluster fails with its report, which names the address', async () => {
      const failed = await user.flink('list', '-m', DOWN);
      expectReport(failed, 'Failed to retrieve job list.\n');
      expect(failed.err).to.contain(DOWN);
      expect(failed.out).to.equal('Waiting for response...\n');
    });
  });

  describe('cancel', () => {
    it('cancels the job', async () => {
      const job = manager.add(ID, 'job', 'RUNNING');
      for (const id of [ID, ID.toUpperCase()]) {
        job.state = 'RUNNING';
        const { code, out, err } = await user.flink('cancel', ...at, id);
        expect({ code, out, err }).to.deep.equal({
          code: 0,
          out: `Cancelling job ${ID}.\nCancelled job ${ID}.\n`,
          err: '',
        });
        expect(job.state).to.equal('CANCELED');
      }
    });

    it('wants an id that is one', async () => {
      expectUsage(await user.flink('cancel', ...at), 'Missing JobID. Specify a JobID to cancel a job.');
      for (const id of ['zz', `${ID}0`, `${ID.slice(1)}g`]) {
        const end = await user.flink('cancel', ...at, id);
        expectUsage(end, `Cannot parse JobID from "${id}". A JobID has 32 hexadecimal digits.`);
      }
    });

    it('of a job that is not there, or has ended, says so', async () => {
      manager.add(OTHER, 'job', 'FINISHED');
      const unknown = await user.flink('cancel', ...at, ID);
      expectReport(unknown, `Could not cancel job ${ID}.\nCaused by: Could not find Flink job (${ID})`);
      expect(unknown.out).to.equal(`Cancelling job ${ID}.\n`);
      expectReport(await user.flink('cancel', ...at, OTHER), `Could not cancel job ${OTHER}.\n`);
    });

    it('without a cluster fails with its report', async () => {
      expectReport(await user.flink('cancel', '-m', DOWN, ID), `Could not cancel job ${ID}.\n`);
    });

    it('-s is refused while there are no savepoints, and lets the job run', async () => {
      const job = manager.add(ID, 'job', 'RUNNING');
      for (const options of [['-s'], ['-s', '/savepoints'], ['--withSavepoint=/savepoints']]) {
        const end = await user.flink('cancel', ...options, ...at, ID);
        expectReport(end, 'Cancelling a job with a savepoint comes with checkpoints');
        expect(end.out).to.match(/^DEPRECATION WARNING: Cancelling a job with savepoint is deprecated\. Use "stop"/);
      }
      // Where only one word follows, it is the id.
      expect((await user.flink('cancel', '-s', ID)).err).to.contain('comes with checkpoints');
      expectUsage(await user.flink('cancel', '-s'), 'Missing JobID. Specify a JobID to cancel a job.');
      expect(job.state).to.equal('RUNNING');
    });
  });

  describe('stop and savepoint', () => {
    const refused: Array<[string[], RegExp]> = [
      [['stop', ID], /Stopping a job with a savepoint comes with checkpoints/],
      [['stop', '-d', '-p', '/dir', ID], /Stopping a job/],
      [['stop', '--drain', '--savepointPath', '/dir', '-type', 'native', '-detached', ID], /Stopping a job/],
      [['savepoint', ID, '/dir'], /Taking a savepoint comes with checkpoints/],
      [['savepoint', '-type', 'canonical', '-yid', 'application_1_0001', ID], /Taking a savepoint/],
      [['savepoint', '-d', '/savepoint'], /Disposing a savepoint comes with checkpoints/],
      [['savepoint', '-dispose', '/savepoint', '-j', 'job.js'], /Disposing a savepoint/],
    ];
    for (const [words, message] of refused) {
      it(`${words.join(' ').replace(ID, '<id>')} is refused while there are no savepoints`, async () => {
        const end = await user.flink(...words);
        expectReport(end, '');
        expect(end.err).to.match(message);
        expect(end.out).to.equal('');
      });
    }

    it('want an id that is one', async () => {
      expectUsage(await user.flink('stop'), 'Missing JobId');
      expectUsage(await user.flink('savepoint'), 'Missing JobID. Specify a Job ID to trigger a savepoint.');
      const message = 'Cannot parse JobID from "zz". A JobID has 32 hexadecimal digits.';
      expectUsage(await user.flink('stop', 'zz'), message);
      expectUsage(await user.flink('savepoint', 'zz', '/dir'), message);
      expectUsage(await user.flink('savepoint', '-d'), 'Missing argument for option: d');
    });
  });
});
