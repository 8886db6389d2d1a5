import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CLUSTER_SECRET_ALIAS, TASKMANAGER_SETTINGS_ALIAS } from '../../../core/protocol/index.js';
import { Credentials } from '../../../yarn-bridge/rpc/index.js';
import { eventually } from '../../testing/eventually.js';
import { tempDir } from '../../testing/temp-dir.js';
import { TestingApplicationMaster } from '../testing-application-master.js';
import { SECRET } from '../testing-slots.js';

const PROPERTIES = {
  'taskmanager.memory.process.size': '512m',
  'taskmanager.numberOfTaskSlots': '2',
  'taskmanager.registration.timeout': '2 s',
};

describe('the TaskManager process', () => {
  let master: TestingApplicationMaster;
  let process_: ChildProcess | undefined;
  let output = '';

  beforeEach(async () => {
    master = await TestingApplicationMaster.start();
  });
  afterEach(async () => {
    if (process_?.exitCode === null) {
      process_.kill('SIGKILL');
      await once(process_, 'exit');
    }
    await master.close();
  });

  function launch(dir: string, env: Record<string, string>): ChildProcess {
    output = '';
    const main = join(import.meta.dirname, '../../../taskmanager/entrypoint/main.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', main], {
      cwd: join(import.meta.dirname, '../../..'),
      env: { PATH: process.env['PATH']!, TMPDIR: dir, TSX_DISABLE_CACHE: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout!.on('data', chunk => (output += String(chunk)));
    child.stderr!.on('data', chunk => (output += String(chunk)));
    process_ = child;
    return child;
  }

  function standalone(settings: object = {}): { child: ChildProcess; dir: string } {
    const dir = tempDir();
    const secretFile = join(dir, 'secret');
    writeFileSync(secretFile, SECRET, { mode: 0o600 });
    const file = join(dir, 'taskmanager.json');
    const rpc = { host: '127.0.0.1', port: master.port };
    writeFileSync(file, JSON.stringify({ rpc, host: '127.0.0.1', secretFile, properties: PROPERTIES, ...settings }));
    return { child: launch(dir, { MILLRACE_TASKMANAGER_CONFIG: file }), dir };
  }

  const exitOf = async (child: ChildProcess): Promise<unknown> =>
    child.exitCode ?? child.signalCode ?? (await once(child, 'exit'))[0];

  it('registers with what its settings say, and leaves nothing behind on SIGTERM', async () => {
    const { child, dir } = standalone();
    const before = readdirSync(dir);
    await eventually(() => master.registrations.length === 1);
    const [registration] = master.registrations;
    expect(registration!.taskManagerId).to.match(/^127\.0\.0\.1:\d+-[0-9a-f]{6}$/);
    expect(registration!.pid).to.equal(child.pid);
    expect(registration!.slots).to.have.length(2);
    expect(registration!.memory.process).to.equal(512 * 1024 ** 2);
    expect(output).to.match(/INFO {2}TaskManager - Memory: 512 MB: code 88 MB, heap 2 × \d+ MB/);
    child.kill('SIGTERM');
    expect(await exitOf(child)).to.equal(143);
    expect(master.disconnected).to.deep.equal(['The TaskManager got SIGTERM.']);
    expect(readdirSync(dir)).to.deep.equal(before);
  });

  it('finds settings and secret in the token file of its container', async () => {
    const dir = tempDir();
    const settings = {
      rpc: { host: '127.0.0.1', port: master.port },
      properties: { ...PROPERTIES, 'io.tmp.dirs': dir, 'flink.hadoop.yarn.nodemanager.aux-services': '' },
    };
    const credentials = new Credentials()
      .addSecret(CLUSTER_SECRET_ALIAS, SECRET)
      .addSecret(TASKMANAGER_SETTINGS_ALIAS, JSON.stringify(settings));
    writeFileSync(join(dir, 'container_tokens'), credentials.write());
    const child = launch(dir, {
      HADOOP_TOKEN_FILE_LOCATION: join(dir, 'container_tokens'),
      CONTAINER_ID: 'container_1_0001_01_000002',
      NM_HOST: '127.0.0.1',
      LOG_DIRS: dir,
    });
    await eventually(() => master.registrations.length === 1);
    expect(master.registrations[0]!.taskManagerId).to.equal('container_1_0001_01_000002');
    // The TaskManager hears of its registration after its master.
    const log = await eventually(() => {
      const text = readFileSync(join(dir, 'taskmanager.log'), 'utf8');
      return text.includes('Registered at the ApplicationMaster') && text;
    });
    expect(log).not.to.contain(SECRET);
    expect(await master.taskManager.call('readLog', { file: 'log', maxBytes: 10 })).to.deep.equal({
      content: log.slice(-10),
      size: Buffer.byteLength(log),
    });
    master.taskManager.notify('shutDown', { reason: 'the test is over' });
    expect(await exitOf(child)).to.equal(0);
  });

  it('ends with 1 when its ApplicationMaster is gone for good', async () => {
    const { child } = standalone();
    await eventually(() => master.registrations.length === 1);
    await master.close();
    expect(await exitOf(child)).to.equal(1);
    expect(output).to.contain('taskmanager.registration.timeout');
    master = await TestingApplicationMaster.start();
  });

  it('says in one line what is wrong with its settings', async () => {
    const { child } = standalone({ rpc: { host: '127.0.0.1', port: 'x' } });
    expect(await exitOf(child)).to.equal(1);
    expect(output.trim().split('\n')).to.have.length(1);
    expect(output).to.contain('rpc.port');
  });

  it('refuses a secret that others may read', async () => {
    const dir = tempDir();
    const secretFile = join(dir, 'secret');
    writeFileSync(secretFile, SECRET, { mode: 0o644 });
    const { child } = standalone({ secretFile });
    expect(await exitOf(child)).to.equal(1);
    expect(output).to.contain(`chmod 600 ${secretFile}`);
  });
});
