import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Configuration, taskManagerMemory } from '../../core/config/index.js';
import type { RegisterTaskManager } from '../../core/protocol/index.js';
import { type BufferDebloatOptions, bufferDebloatOptions } from '../../taskmanager/network/buffer-debloater.js';
import { TestingApplicationMaster } from '../taskmanager/testing-application-master.js';
import { SECRET } from '../taskmanager/testing-slots.js';
import { eventually } from '../testing/eventually.js';
import { tempDir } from '../testing/temp-dir.js';

const ROOT = join(import.meta.dirname, '../..');
const MB = 1024 ** 2;

const CONF = {
  'taskmanager.memory.process.size': '640m',
  'taskmanager.memory.network.fraction': '0.2',
  'taskmanager.memory.managed.fraction': '0.05',
  'taskmanager.numberOfTaskSlots': '3',
  'taskmanager.host': '127.0.0.2',
  'taskmanager.bind-host': '127.0.0.3',
  'taskmanager.data.port': '42300-42399',
  'taskmanager.registration.timeout': '1 s',
};

describe('keys of flink-conf.yaml about buffer debloating', () => {
  const PREFIX = 'taskmanager.network.memory.buffer-debloat';
  const optionsOf = (key?: string, value?: string): BufferDebloatOptions | undefined =>
    bufferDebloatOptions(
      Configuration.from({ [`${PREFIX}.enabled`]: 'true', ...(key && { [`${PREFIX}.${key}`]: value! }) }),
    );

  it('taskmanager.network.memory.buffer-debloat.enabled lets batches shrink; they do not unless it is set', () => {
    expect(bufferDebloatOptions(Configuration.from({}))).to.equal(undefined);
    expect(optionsOf()).to.deep.equal({ targetMs: 1000, periodMs: 200, thresholdPercentages: 25, samples: 20 });
  });

  it('taskmanager.network.memory.buffer-debloat.target is the time that data in flight should take', () => {
    expect(optionsOf('target', '2 s')).to.include({ targetMs: 2000 });
  });

  it('taskmanager.network.memory.buffer-debloat.period is how often it is looked at', () => {
    expect(optionsOf('period', '50 ms')).to.include({ periodMs: 50 });
  });

  it('taskmanager.network.memory.buffer-debloat.threshold-percentages is the least change', () => {
    expect(optionsOf('threshold-percentages', '10')).to.include({ thresholdPercentages: 10 });
    expect(() => optionsOf('threshold-percentages', '0')).to.throw(/threshold-percentages: "0" is not at least 1/);
  });

  it('taskmanager.network.memory.buffer-debloat.samples is how many looks are averaged', () => {
    expect(optionsOf('samples', '5')).to.include({ samples: 5 });
  });
});

/** One process with all of its keys changed. Each title begins with its key. */
describe('keys of flink-conf.yaml that a TaskManager reads', function () {
  this.timeout(30_000);
  let master: TestingApplicationMaster;
  let child: ChildProcess;
  let registration: RegisterTaskManager;
  const dir = tempDir();
  const tmp = join(dir, 'scratch');

  before(async () => {
    master = await TestingApplicationMaster.start();
    const secretFile = join(dir, 'secret');
    writeFileSync(secretFile, SECRET, { mode: 0o600 });
    const settings = {
      rpc: { host: '127.0.0.1', port: master.port },
      secretFile,
      logDir: dir,
      properties: { ...CONF, 'io.tmp.dirs': tmp },
    };
    writeFileSync(join(dir, 'settings.json'), JSON.stringify(settings));
    child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'taskmanager/entrypoint/main.ts')], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], TMPDIR: dir, MILLRACE_TASKMANAGER_CONFIG: join(dir, 'settings.json') },
      stdio: 'ignore',
    });
    registration = await eventually(() => master.registrations[0], { timeout: 20_000 });
  });
  after(async () => {
    if (child.exitCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await master.close();
  });

  it('taskmanager.memory.process.size is what the split is made of, printed and told', () => {
    const { process, code, heapPerSlot, network, managed, overhead } = registration.memory;
    expect(process).to.equal(640 * MB);
    const sum = code + 3 * heapPerSlot + network + managed + overhead;
    expect(sum).to.be.within(640 * MB - 3, 640 * MB);
    expect(readFileSync(join(dir, 'taskmanager.log'), 'utf8')).to.match(/Memory: 640 MB: code 100 MB, heap 3 × \d+ MB/);
  });

  it('taskmanager.memory.network.fraction is the share of data in flight', () => {
    expect(
      registration.memory.network / (640 * MB - registration.memory.code - registration.memory.overhead),
    ).to.be.closeTo(0.2, 0.001);
    expect(
      taskManagerMemory(Configuration.from({ ...CONF, 'taskmanager.memory.network.fraction': '0.1' })).network,
    ).to.be.lessThan(registration.memory.network);
  });

  it('taskmanager.memory.managed.fraction is the share of state caches', () => {
    expect(
      registration.memory.managed / (640 * MB - registration.memory.code - registration.memory.overhead),
    ).to.be.closeTo(0.05, 0.001);
  });

  it('taskmanager.numberOfTaskSlots is how many slots it offers', () => {
    expect(registration.slots).to.have.length(3);
  });

  it('taskmanager.host is what others find it by', () => {
    expect(registration.host).to.equal('127.0.0.2');
    expect(registration.slots.map(s => s.data.host)).to.deep.equal(['127.0.0.2', '127.0.0.2', '127.0.0.2']);
  });

  it('taskmanager.bind-host is where its data servers listen', () => {
    const listening = readFileSync('/proc/net/tcp', 'utf8');
    const port = registration.slots[0]!.data.port.toString(16).toUpperCase().padStart(4, '0');
    expect(listening).to.contain(`0300007F:${port} 00000000:0000 0A`);
  });

  it('taskmanager.data.port is the range of its data ports', () => {
    for (const { data } of registration.slots) expect(data.port).to.be.within(42300, 42399);
  });

  it('io.tmp.dirs is where bundles that it fetches lie, and nothing is left there', async () => {
    const bundle = Buffer.from('export class Job {}');
    const { createHash } = await import('node:crypto');
    const sha256 = createHash('sha256').update(bundle).digest('hex');
    master.blobs.set(sha256, bundle);
    const program = { bundle: { sha256, name: 'b', size: bundle.length }, args: [], executeIndex: 0 };
    const job = { jobId: 'j', jobName: 'j', config: { objectReuse: false, properties: {} }, program };
    await master.request(0, job as never);
    await eventually(() => existsSync(tmp) && readdirSync(tmp).some(f => existsSync(join(tmp, f, `${sha256}.mjs`))));
  });

  it('taskmanager.registration.timeout is how long it looks for its JobManager', async () => {
    await master.close();
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).to.equal(1);
    expect(readFileSync(join(dir, 'taskmanager.log'), 'utf8')).to.match(
      /within 1000 ms \(taskmanager\.registration\.timeout\)/,
    );
    expect(readdirSync(tmp)).to.deep.equal([]);
    master = await TestingApplicationMaster.start();
  });
});
