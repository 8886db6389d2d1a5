import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { RunningCommand } from '../../testing/command.js';
import { eventually } from '../../testing/eventually.js';
import { tempDir } from '../../testing/temp-dir.js';

const ROOT = join(import.meta.dirname, '../../..');

describe('the ApplicationMaster process, standalone', function () {
  this.timeout(30_000);
  let command: RunningCommand | undefined;
  afterEach(async () => {
    command?.signal('SIGKILL');
    await command?.ended;
  });

  function launch(settings: object): { dir: string; running: RunningCommand } {
    const dir = tempDir();
    writeFileSync(join(dir, 'secret'), 'a secret', { mode: 0o600 });
    const whole = {
      mode: 'standalone',
      configuration: { 'rest.port': '0', 'jobmanager.rpc.port': '0' },
      memory: 512 * 1024 ** 2,
      secretFile: join(dir, 'secret'),
      readyFile: join(dir, 'ready.json'),
      logFile: join(dir, 'jobmanager.log'),
      ...settings,
    };
    writeFileSync(join(dir, 'settings.json'), JSON.stringify(whole));
    command = new RunningCommand(
      process.execPath,
      ['--import', 'tsx', join(ROOT, 'applicationmaster/entrypoint/main.ts')],
      { cwd: ROOT, env: { TMPDIR: dir, MILLRACE_APPLICATIONMASTER_CONFIG: join(dir, 'settings.json') } },
    );
    return { dir, running: command };
  }

  it('says when it is ready and what its memory is, and leaves nothing behind on SIGTERM', async () => {
    const { dir, running } = launch({});
    await eventually(() => existsSync(join(dir, 'ready.json')), { timeout: 20_000 });
    const { restPort, pid } = JSON.parse(readFileSync(join(dir, 'ready.json'), 'utf8')) as Record<string, number>;
    expect(pid).to.equal(running.pid);
    expect((await fetch(`http://127.0.0.1:${restPort}/overview`)).status).to.equal(200);
    const log = readFileSync(join(dir, 'jobmanager.log'), 'utf8');
    expect(log)
      .to.match(/Memory: 512 MB, of which heap \d+ MB/)
      .and.not.contain('a secret');
    running.signal('SIGTERM');
    expect((await running.ended).code).to.equal(0);
    expect(
      readdirSync(dir)
        .filter(name => !name.startsWith('tsx'))
        .sort(),
    ).to.deep.equal(['jobmanager.log', 'ready.json', 'secret', 'settings.json']);
  });

  it('watches its own memory', async () => {
    const { dir } = launch({ memory: 60 * 1024 ** 2 });
    await eventually(
      () =>
        /WARN .*The JobManager uses \d+ MB \(RSS\) of 60 MB, \d+ %.* raise -jm \(jobmanager\.heap\.size\)/.test(
          existsSync(join(dir, 'jobmanager.log')) ? readFileSync(join(dir, 'jobmanager.log'), 'utf8') : '',
        ),
      { timeout: 20_000 },
    );
  });

  it('says in one line of standard error what is wrong with its settings', async () => {
    const { running } = launch({ mode: 'cluster' });
    const { code, stderr } = await running.ended;
    expect(code).to.equal(1);
    expect(stderr.trim().split('\n').at(-1)).to.match(/settings\.json: mode: /);
  });

  it('says which port is taken', async () => {
    const { dir } = launch({});
    await eventually(() => existsSync(join(dir, 'ready.json')), { timeout: 20_000 });
    const first = command!;
    const { restPort } = JSON.parse(readFileSync(join(dir, 'ready.json'), 'utf8')) as Record<string, number>;
    const { running } = launch({ configuration: { 'rest.port': String(restPort), 'jobmanager.rpc.port': '0' } });
    const { code, stderr } = await running.ended;
    first.signal('SIGTERM');
    expect((await first.ended).code).to.equal(0);
    expect(code).to.equal(1);
    expect(stderr).to.match(new RegExp(`127\\.0\\.0\\.1:${restPort}: the port is taken .* set rest\\.port`));
  });
});
