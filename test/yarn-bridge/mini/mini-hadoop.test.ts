import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { MiniHadoop } from '../../../yarn-bridge/mini/index.js';
import { formatContainerId } from '../../../yarn-bridge/rpc/index.js';
import { type CommandResult, RunningCommand } from '../../testing/command.js';
import { startEmbeddedHadoop } from '../../testing/embedded-hadoop.js';
import { eventually } from '../../testing/eventually.js';
import type { HadoopUnderTest } from '../../testing/hadoop.js';
import { tempDir } from '../../testing/temp-dir.js';
import { UnmanagedMaster } from '../../testing/unmanaged-master.js';
import { YarnView } from '../../testing/yarn-view.js';
import { TEST_USER } from './testing-cluster.js';

const script = (...args: string[]): Promise<CommandResult> => new RunningCommand('scripts/mini-hadoop.sh', args).ended;

/** Processes whose environment names the folder: daemons and containers of the Hadoop in it. */
const processesOf = (dir: string): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(dir);
      } catch {
        return false;
      }
    });

const stat = async (hadoop: HadoopUnderTest, path: string): Promise<Record<string, unknown>> => {
  const env = readFileSync(join(hadoop.dir, 'cluster.env'), 'utf8');
  const base = /WEBHDFS_URL=(.*)/.exec(env)![1];
  const response = await fetch(`${base}${path}?op=GETFILESTATUS&user.name=${TEST_USER}`);
  return ((await response.json()) as { FileStatus: Record<string, unknown> }).FileStatus;
};

const webhdfs = async (hadoop: HadoopUnderTest, method: string, path: string, query: string, body?: string) => {
  const base = /WEBHDFS_URL=(.*)/.exec(readFileSync(join(hadoop.dir, 'cluster.env'), 'utf8'))![1];
  const response = await fetch(`${base}${path}?${query}&user.name=${TEST_USER}`, { method, ...(body && { body }) });
  expect(response.ok, await response.text()).to.equal(true);
};

describe('the embedded Hadoop as processes', function () {
  this.timeout(30_000);
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let master: UnmanagedMaster | undefined;

  before(async () => {
    hadoop = await startEmbeddedHadoop({ dir: tempDir(), memoryMb: 512 });
    yarn = new YarnView(hadoop);
  });
  after(() => hadoop?.stop());
  afterEach(async () => {
    await master?.close();
    master = undefined;
  });

  const container = async (command: string) => {
    master = await UnmanagedMaster.start(hadoop, TEST_USER);
    await master.client.register({ host: 'localhost', rpc_port: 7, tracking_url: '' });
    await master.askFor(1, 128);
    await master.until(() => master!.granted.length > 0);
    const granted = master.granted[0]!;
    await master.containers.startContainer(granted, { command: [command] });
    await eventually(() => readdirSync(join(hadoop.dir, 'nm/nodemanager1/logs'), { recursive: true }).length > 2);
    return granted;
  };

  it('keeps files with their owner, mode, time and replication when the NameNode is killed and started', async () => {
    await webhdfs(hadoop, 'PUT', '/tmp/kept', 'op=CREATE&permission=640&replication=1', 'content');
    await webhdfs(hadoop, 'PUT', '/tmp/kept', 'op=SETREPLICATION&replication=3');
    await webhdfs(hadoop, 'PUT', '/tmp/kept', 'op=SETOWNER&owner=alice&group=writers');
    await webhdfs(hadoop, 'PUT', '/tmp/kept', 'op=SETTIMES&modificationtime=1700000000123');
    const before = await stat(hadoop, '/tmp/kept');
    expect(before).to.include({ owner: 'alice', group: 'writers', permission: '640', replication: 3, length: 7 });
    expect(before['modificationTime']).to.equal(1700000000123);
    await hadoop.kill('namenode');
    await hadoop.startDaemon('namenode');
    expect(await stat(hadoop, '/tmp/kept')).to.deep.equal(before);
  });

  it('goes on with its containers when the ResourceManager is killed and started', async () => {
    const granted = await container('sleep 100');
    await hadoop.kill('resourcemanager');
    await hadoop.startDaemon('resourcemanager');
    await master!.beat();
    await eventually(async () => (await yarn.application(master!.applicationId)).runningContainers === 1);
    await master!.beat([], [granted]);
    await master!.until(() => master!.completed.length > 0);
    expect(master!.completed[0]!.exit_status).to.equal(-100);
  });

  it('reports the containers of a killed NodeManager as lost once it is back', async () => {
    const granted = await container('sleep 100');
    await hadoop.kill('nodemanager1');
    await hadoop.startDaemon('nodemanager1');
    await master!.until(() => master!.completed.length > 0);
    const [ended] = master!.completed;
    expect(formatContainerId(ended!.container_id)).to.equal(formatContainerId(granted.id));
    expect(ended).to.include({ exit_status: -100, diagnostics: 'Container released on a *lost* node' });
  });

  it('ends containers that are stopped, detached, or left by a killed NodeManager, and comes back with all it had', async () => {
    await webhdfs(hadoop, 'PUT', '/tmp/stays', 'op=CREATE', 'content');
    const file = await stat(hadoop, '/tmp/stays');
    await container('setsid sleep 100 & sleep 100');
    await hadoop.kill('nodemanager1');
    await hadoop.startDaemon('nodemanager1');
    await master!.close();
    const { applicationId } = master!;
    master = undefined;
    await container('setsid sleep 100 & kill -STOP $$; sleep 100');
    const conf = readFileSync(join(hadoop.dir, 'conf/yarn-site.xml'), 'utf8');
    await hadoop.stop();
    expect(processesOf(hadoop.dir)).to.deep.equal([]);
    await MiniHadoop.start({ dir: hadoop.dir, memoryMb: 512 });
    expect(readFileSync(join(hadoop.dir, 'conf/yarn-site.xml'), 'utf8')).to.equal(conf);
    expect(await stat(hadoop, '/tmp/stays')).to.deep.equal(file);
    expect((await yarn.application(applicationId)).state).to.equal('KILLED');
  });
});

describe('scripts/mini-hadoop.sh', function () {
  this.timeout(30_000);

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`leaves no daemon when its start is interrupted by ${signal}`, async () => {
      const dir = tempDir();
      const command = new RunningCommand('scripts/mini-hadoop.sh', ['start', '--dir', dir, '--nodes', '2']);
      await eventually(() => processesOf(dir).length > 0, { interval: 5 });
      command.signal(signal);
      const { code, stdout, stderr } = await command.ended;
      const left = processesOf(dir);
      await MiniHadoop.at(dir).stop();
      expect([code, stdout, stderr]).to.deep.equal([signal === 'SIGINT' ? 130 : 143, '', '']);
      expect(left).to.deep.equal([]);
    });
  }

  it('starts several side by side, says truthfully what runs, and leaves nothing', async () => {
    const [a, b] = [join(tempDir(), 'with blank'), tempDir()];
    const file = join(tempDir(), 'of-the-caller');
    // Descriptors of the caller, as a shell's redirections make them. A held pipe would show as a command that never ends.
    const holding = new RunningCommand('bash', [
      '-c',
      `exec 3>${file} 77>${file}; scripts/mini-hadoop.sh start --dir "${a}" --nodes 2 --memory-mb 256`,
    ]);
    const [first, second] = await Promise.all([holding.ended, script('start', '--dir', b)]);
    try {
      expect(first.code, first.stderr).to.equal(0);
      expect(second.code, second.stderr).to.equal(0);
      expect(first.stdout).to.match(/nodemanager2 +running, pid \d+[\s\S]*export HADOOP_CONF_DIR='.*with blank\/conf'/);
      const held = processesOf(a).flatMap(pid =>
        readdirSync(`/proc/${pid}/fd`).map(fd => {
          try {
            return readlinkSync(`/proc/${pid}/fd/${fd}`);
          } catch {
            return '';
          }
        }),
      );
      expect(held.filter(target => target === file)).to.deep.equal([]);
      const again = await script('start', '--dir', a);
      expect(again.code).to.equal(1);
      expect(again.stderr).to.match(/^An embedded Hadoop already runs in .*: stop it first\n$/);
      expect((await script('status', '--dir', b)).code).to.equal(0);
      await script('kill', 'nodemanager1', '--dir', b);
      const status = await script('status', '--dir', b);
      expect(status.code).to.equal(1);
      expect(status.stdout).to.match(/nodemanager1 +not running[\s\S]*resourcemanager +running, pid/);
    } finally {
      expect((await script('stop', '--dir', a)).code).to.equal(0);
      expect((await script('stop', '--dir', b)).code).to.equal(0);
    }
    expect([...processesOf(a), ...processesOf(b)]).to.deep.equal([]);
    expect((await script('stop', '--dir', a)).code).to.equal(0);
    expect((await script('status', '--dir', a)).code).to.equal(1);
  });

  it('is not misled by a pid that belongs to another program now, and names a port that is taken', async () => {
    const dir = tempDir();
    await script('start', '--dir', dir);
    try {
      await script('kill', 'resourcemanager', '--dir', dir);
      writeFileSync(join(dir, 'run/resourcemanager.pid'), String(process.pid));
      expect((await script('status', '--dir', dir)).stdout).to.match(/resourcemanager +not running/);
      const { ports } = JSON.parse(readFileSync(join(dir, 'run/resourcemanager.json'), 'utf8'));
      const squatter = createServer().listen(ports.webapp, '127.0.0.1');
      const refused = await script('start-daemon', 'resourcemanager', '--dir', dir);
      await new Promise(resolve => squatter.close(resolve));
      expect(refused.code).to.equal(1);
      expect(refused.stderr).to.contain(`port ${ports.webapp} is in use by another program`);
      expect((await script('start-daemon', 'resourcemanager', '--dir', dir)).code).to.equal(0);
    } finally {
      expect((await script('stop', '--dir', dir)).code).to.equal(0);
    }
  });

  it('answers wrong use with one message', async () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    const cases: Array<[string[], RegExp]> = [
      [['start', '--nodes', '0'], /--nodes <n>' argument '0' is invalid. a whole number from 1/],
      [['start', '--nodes', '0x2'], /--nodes <n>' argument '0x2' is invalid/],
      [['start', '--vcores', '1e1'], /--vcores <n>' argument '1e1' is invalid/],
      [['start', '--memory-mb', 'much'], /--memory-mb <n>' argument 'much' is invalid/],
      [['start', '--memory-mb', '64', '--dir', file], /at least 128 MB/],
      [['start', '--colour'], /unknown option '--colour'/],
      [['explode'], /unknown command 'explode'/],
      [['start', '--dir', file], /can't keep its files in .*file \(a file stands in its way\)/],
      [['start', '--dir', '/proc/nowhere'], /can't keep its files in \/proc\/nowhere/],
      [['kill', 'datanode', '--dir', tempDir()], /no daemon "datanode"/],
    ];
    const answers = await Promise.all(cases.map(([args]) => script(...args)));
    for (const [i, { code, stdout, stderr }] of answers.entries()) {
      const [args, expected] = cases[i]!;
      expect(code, args.join(' ')).to.equal(1);
      expect(stdout).to.equal('');
      expect(stderr.trim().split('\n'), stderr).to.have.length(1);
      expect(stderr).to.match(expected);
    }
  });
});
