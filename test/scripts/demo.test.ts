import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { RunningCommand } from '../testing/command.js';
import { eventually } from '../testing/eventually.js';
import { tempDir } from '../testing/temp-dir.js';

const TEXT = 'To be, or not to be,\nthat is the question:\nfoo_bar foo bar\nbe\n';

/** `npm run demo`, but for the build. */
class Demo {
  readonly tmp = tempDir();
  private readonly bin = tempDir();
  private readonly javaWasCalled = join(this.bin, 'called');

  start(...args: string[]): RunningCommand {
    for (const name of ['java', 'mvn']) {
      writeFileSync(join(this.bin, name), `#!/bin/sh\necho ${name} >> ${this.javaWasCalled}\nexit 1\n`);
      chmodSync(join(this.bin, name), 0o755);
    }
    const env = { TMPDIR: this.tmp, PATH: `${this.bin}:${process.env['PATH']}`, INIT_CWD: undefined, USER: undefined };
    return new RunningCommand(process.execPath, ['scripts/demo.mjs', ...args], { env, timeoutMs: 240_000 });
  }

  nothingIsLeft(): void {
    expect(readdirSync(this.tmp)).to.deep.equal([]);
    const mark = `${this.tmp}/`;
    const processes = readdirSync('/proc').filter(pid => {
      try {
        return ['environ', 'cmdline'].some(file => readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(mark));
      } catch {
        return false;
      }
    });
    expect(processes).to.deep.equal([]);
    expect(existsSync(this.javaWasCalled), 'Java was called').to.equal(false);
  }
}

describe('the demo', function () {
  this.timeout(300_000);

  it('shows the most frequent words with the counts of tr, sort and uniq, without Java, and leaves nothing', async () => {
    const demo = new Demo();
    const input = join(tempDir(), 'text.txt');
    writeFileSync(input, TEXT);
    const { code, stdout, stderr } = await demo.start('--input', input).ended;
    expect(code, stdout + stderr).to.equal(0);
    const pipeline = `tr A-Z a-z < '${input}' | tr -cs a-z0-9_ '\\n' | sort | uniq -c | sort -k1,1nr -k2,2 | head -10`;
    const expected = execFileSync('sh', ['-c', pipeline], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
    const shown = [...stdout.matchAll(/^ +(\d+) {2}(\w+)$/gm)].map(match => `${match[1]} ${match[2]}`);
    expect(shown).to.deep.equal([...expected.matchAll(/(\d+) (\w+)/g)].map(match => match[0]));
    expect(stdout).to.match(/11 different words in hdfs:\/\/\/demo\/counts/);
    demo.nothingIsLeft();
  });

  for (const [moment, shown] of [
    ['while the embedded Hadoop starts', undefined],
    ['while the text is uploaded', /embedded Hadoop is up/],
    ['while the session starts', /lies in hdfs/],
    ['while the job runs', /session application_\d+_\d+ is up/],
  ] as const) {
    it(`leaves nothing when it is interrupted ${moment}`, async () => {
      const demo = new Demo();
      const command = demo.start('--input', 'README.md');
      if (shown) await command.shows(shown, 200_000);
      else await started(demo);
      command.signal('SIGINT');
      const { code, stdout, stderr } = await command.ended;
      expect(code, stdout + stderr).to.equal(130);
      expect(stdout).to.match(/embedded Hadoop stopped, nothing is left\n$/);
      expect(stderr).to.equal('');
      demo.nothingIsLeft();
    });
  }

  it('starts nothing for a text that is not there, or an option that is none', async () => {
    for (const [args, problem] of [
      [['--input', 'nowhere.txt'], /^--input nowhere\.txt: \S+nowhere\.txt can't be read \(ENOENT\)\n$/],
      [['--inputs', 'README.md'], /^Unknown option '--inputs'.*\nnpm run demo \[-- --input FILE\]\n$/],
    ] as const) {
      const demo = new Demo();
      const { code, stdout, stderr } = await demo.start(...args).ended;
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.match(problem);
      demo.nothingIsLeft();
    }
  });
});

/** Its folder is there: from now on there is something to leave behind. */
async function started(demo: Demo): Promise<void> {
  await eventually(() => readdirSync(demo.tmp).some(name => existsSync(join(demo.tmp, name, 'hadoop'))), {
    timeout: 60_000,
    interval: 5,
  });
}
