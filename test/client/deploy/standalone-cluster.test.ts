import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { CommandResult } from '../../testing/command.js';
import { eventually } from '../../testing/eventually.js';
import { freePort } from '../../yarn-bridge/http/testing-server.js';
import { TestingStandaloneUser } from './testing-standalone-user.js';

const WORD_COUNT = fileURLToPath(new URL('../../../examples/wordcount.ts', import.meta.url));

describe('start-cluster.sh and stop-cluster.sh', () => {
  const users: TestingStandaloneUser[] = [];
  const servers: Server[] = [];

  async function newUser(): Promise<TestingStandaloneUser> {
    const user = await TestingStandaloneUser.create();
    users.push(user);
    return user;
  }

  async function started(user: TestingStandaloneUser, ...args: string[]): Promise<void> {
    const start = await user.start(...args);
    expect(start.code, start.stdout + start.stderr).to.equal(0);
  }

  async function occupy(port: number): Promise<void> {
    const server = createServer();
    servers.push(server);
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  }

  /** Exit code 1, a report that says it, and nothing left but logs. */
  function expectRefused(user: TestingStandaloneUser, start: CommandResult, message: RegExp): void {
    expect(start.code, start.stdout + start.stderr).to.equal(1);
    expect(start.stderr).to.match(message);
    expect(start.stderr).not.to.match(/\n\s+at /);
    expect(user.leftovers()).to.deep.equal([]);
  }

  afterEach(async () => {
    await Promise.all(users.splice(0).map(user => user.close()));
    for (const server of servers.splice(0)) server.close();
  });

  it('start a cluster that counts words for flink run -m, and leave nothing of it', async () => {
    const user = await newUser();
    const start = await user.start();
    expect(start.code, start.stderr).to.equal(0);
    expect(start.stdout).to.match(
      /^Starting cluster\.\nStarting standalonesession daemon on host \S+\.\nStarting taskexecutor daemon on host \S+\.\n$/,
    );
    expect(start.stderr).to.equal(`2 slots are registered; JobManager Web Interface: http://${user.address}\n`);
    expect(user.processes('applicationmaster.js')).to.have.length(1);
    expect(user.processes('taskmanager.js')).to.have.length(1);

    const input = user.file('input.txt', 'to be or not to be\n'.repeat(500));
    const output = join(user.dir, 'output');
    const args = ['-m', user.address, '-p', '2', WORD_COUNT, '--input', input, '--output', output];
    const run = await user.run('flink', ['run', ...args], { env: { FLINK_CONF_DIR: user.dir } }).ended;
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stdout).to.match(/has finished\.\nJob Runtime: \d+ ms\n$/);
    const parts = readdirSync(output).flatMap(part => readFileSync(join(output, part), 'utf8').trim().split('\n'));
    const counts = new Map(parts.map(line => line.slice(1, -1).split(',') as [string, string]));
    expect(Object.fromEntries(counts)).to.deep.equal({ to: '1000', be: '1000', or: '500', not: '500' });

    // Without -m it is the cluster of FLINK_CONF_DIR.
    expect((await user.flink('list', '-a')).stdout).to.match(/\(FINISHED\)/);
    const stop = await user.stop();
    expect(stop.code, stop.stderr).to.equal(0);
    expect(stop.stdout).to.match(
      /^Stopping taskexecutor daemon \(pid: \d+\) on host \S+\.\nStopping standalonesession /,
    );
    expect(user.leftovers()).to.deep.equal([]);
    expect(readdirSync(user.logDir)).to.include.members(['jobmanager.log', 'taskmanager.log', 'taskmanager.out']);
    const again = await user.stop();
    expect(again.code).to.equal(0);
    expect(again.stdout).to.match(
      /^No taskexecutor daemon to stop on host \S+\.\nNo standalonesession daemon to stop /,
    );
  });

  it('name the port that is taken, and the key to change', async () => {
    const user = await newUser();
    const taken = await freePort();
    await occupy(taken);
    for (const [key, named] of [
      ['rest.port', 'rest\\.port'],
      ['jobmanager.rpc.port', 'jobmanager\\.rpc\\.port'],
      ['taskmanager.data.port', 'taskmanager\\.data\\.port'],
    ] as const) {
      const start = await user.start('-D', `${key}=${taken}`);
      expectRefused(user, start, new RegExp(`127\\.0\\.0\\.1:${taken}: the port is taken .* set ${named}`));
    }
  });

  it('quote only what the present start has written', async () => {
    const user = await newUser();
    await user.start('-D', 'taskmanager.host=no.such.host.invalid');
    const start = await user.start('-D', 'jobmanager.bind-host=no.such.host.invalid');
    expectRefused(user, start, /no\.such\.host\.invalid is no address of this host .* set jobmanager\.bind-host/);
    expect(start.stderr.match(/cannot listen/g)).to.have.length(1);
    const other = await user.start('-D', 'taskmanager.host=192.0.2.1');
    expectRefused(user, other, /slot \d did not start: cannot listen on 192\.0\.2\.1:0.* set taskmanager\.bind-host/);
    expect(other.stderr).not.to.contain('no.such.host.invalid');
  });

  it('refuse bad configuration before anything is started', async () => {
    const user = await newUser();
    for (const [setting, message] of [
      ['rest.port: ten', /rest\.port: "ten" is not a whole number \(.*flink-conf\.yaml:1\)/],
      ['rest.port: 70000', /rest\.port: "70000" is not a port/],
      ['taskmanager.numberOfTaskSlots: 0', /taskmanager\.numberOfTaskSlots: "0" is not at least 1/],
      ['taskmanager.numberOfTaskSlots: 50', /50 slots leaves .* heap per slot/],
      ['jobmanager.heap.size: 100m', /JobManager's memory of 100 MB .* below the minimum of 256 MB/],
      ['taskmanager.memory.process.size: lots', /"lots" is not a memory size/],
      ['restart-strategy: sometimes', /restart-strategy: "sometimes" is not one of none, /],
    ] as const) {
      user.file('conf/flink-conf.yaml', `${setting}\n`);
      const start = await user.start();
      expectRefused(user, start, message);
      expect(start.stdout, setting).to.equal('');
    }
    user.configure({});
    const option = await user.start('--bogus');
    expect([option.code, option.stdout.split('\n')[0]]).to.deep.equal([1, 'Unrecognized option: --bogus']);
    const word = await user.start('local');
    expect([word.code, word.stdout.split('\n')[0]]).to.deep.equal([1, 'Unrecognized argument: local']);
    const nowhere = await user.run('start-cluster.sh', [], { env: { FLINK_CONF_DIR: '/no/such/folder' } }).ended;
    expectRefused(user, nowhere, /configuration directory \('\/no\/such\/folder'\) does not exist/);
  });

  it('name the folder that cannot be made, and what to set', async () => {
    const user = await newUser();
    const inAFile = join(user.file('plain', ''), 'folder');
    const pid = await user.run('start-cluster.sh', [], { env: { FLINK_PID_DIR: inAFile } }).ended;
    expectRefused(user, pid, /folder of process ids, .*plain\/folder\/\S+, can't be made: ENOTDIR.*set FLINK_PID_DIR/);
    const log = await user.run('start-cluster.sh', [], { env: { FLINK_LOG_DIR: inAFile } }).ended;
    expectRefused(user, log, /folder of the logs, .*plain\/folder, can't be made: ENOTDIR.*set FLINK_LOG_DIR/);
    const tmp = await user.start('-D', `io.tmp.dirs=${inAFile}`);
    expectRefused(user, tmp, /folder for temporary files, .*, can't be made: ENOTDIR.*set io\.tmp\.dirs/);
  });

  it('keep two clusters apart that have different folders and ports', async () => {
    const [one, two] = [await newUser(), await newUser()];
    await Promise.all([started(one), started(two)]);
    const others = two.processes();
    expect(one.processes()).to.have.length(2);
    expect(others).to.have.length(2);
    await one.stop();
    expect(one.leftovers()).to.deep.equal([]);
    expect(two.processes()).to.deep.equal(others);
    expect((await two.flink('list')).code).to.equal(0);
    await two.stop();
    expect(two.leftovers()).to.deep.equal([]);
  });

  it('refuse a second start of a cluster that runs, and leave the first one alone', async () => {
    const user = await newUser();
    const first = user.run('start-cluster.sh');
    await first.shows(/Starting standalonesession/);
    const during = await user.start();
    expect([during.code, during.stdout]).to.deep.equal([1, '']);
    expect(during.stderr).to.match(/conf is (being started|running) already/);
    expect((await first.ended).code).to.equal(0);
    const processes = user.processes();
    const second = await user.start();
    expect([second.code, second.stdout]).to.deep.equal([1, '']);
    expect(second.stderr).to.contain(`is running already at http://${user.address} (pid `);
    expect(second.stderr).to.contain('stop-cluster.sh');
    expect(user.processes()).to.deep.equal(processes);
    expect((await user.flink('list')).code).to.equal(0);
  });

  it('give the cluster to one of two starts at the same moment', async () => {
    const user = await newUser();
    const ends = await Promise.all([user.start(), user.start(), user.start()]);
    expect(ends.map(end => end.code).sort()).to.deep.equal([0, 1, 1]);
    expect(user.processes()).to.have.length(2);
    await user.stop();
    expect(user.leftovers()).to.deep.equal([]);
  });

  for (const [role, other] of [
    ['applicationmaster.js', 'taskmanager.js'],
    ['taskmanager.js', 'applicationmaster.js'],
  ] as const) {
    it(`remove all that is left after a kill -9 of ${role}`, async () => {
      const user = await newUser();
      const scratch = join(user.dir, 'scratch');
      mkdirSync(scratch);
      await started(user, '-D', `io.tmp.dirs=${scratch}`);
      const job = await user.flink('run', '-d', await socketJob(user), '--port', String(await listeningPort()));
      expect(job.code, job.stderr).to.equal(0);
      expect(readdirSync(scratch)).to.have.length(1);
      process.kill(user.processes(role)[0]!, 'SIGKILL');
      await eventually(() => user.processes(role).length === 0);
      const refused = await user.start();
      expect([refused.code, refused.stderr.includes('is running already')]).to.deep.equal([1, true]);
      const stop = await user.stop();
      expect(stop.code, stop.stderr).to.equal(0);
      const names = { 'applicationmaster.js': 'standalonesession', 'taskmanager.js': 'taskexecutor' };
      expect(stop.stdout).to.contain(`No ${names[role]} daemon to stop`).and.contain(`Stopping ${names[other]} daemon`);
      expect(user.leftovers()).to.deep.equal([]);
      expect(readdirSync(scratch)).to.deep.equal([]);
    });
  }

  it('start again over what a cluster left of which everything was killed', async () => {
    const user = await newUser();
    await started(user);
    for (const pid of user.processes()) process.kill(pid, 'SIGKILL');
    await eventually(() => user.processes().length === 0);
    expect(user.leftovers()).to.have.length(1);
    await started(user);
    expect(user.processes()).to.have.length(2);
    await user.stop();
    expect(user.leftovers()).to.deep.equal([]);
  });

  it('leave nothing of a start that is interrupted, and stop one that is under way', async () => {
    const user = await newUser();
    const interrupted = user.run('start-cluster.sh');
    await interrupted.shows(/Starting taskexecutor/);
    interrupted.signal('SIGINT');
    expect((await interrupted.ended).code).to.be.oneOf([130, 0]);
    if ((await interrupted.ended).code === 0) await user.stop();
    expect(user.leftovers()).to.deep.equal([]);

    const start = user.run('start-cluster.sh');
    await start.shows(/Starting standalonesession/);
    await user.stop();
    await start.ended;
    expect(user.leftovers()).to.deep.equal([]);
    expect(existsSync(join(user.logDir, 'jobmanager.log'))).to.equal(true);
  });

  it('stop a cluster whose start was killed', async () => {
    const user = await newUser();
    const start = user.run('start-cluster.sh');
    await start.shows(/Starting standalonesession/);
    await eventually(() => user.processes().length > 0);
    start.signal('SIGKILL');
    await start.ended;
    await user.stop();
    expect(user.leftovers()).to.deep.equal([]);
  });

  async function listeningPort(): Promise<number> {
    const port = await freePort();
    await occupy(port);
    return port;
  }
});

async function socketJob(user: TestingStandaloneUser): Promise<string> {
  return user.file(
    'job.ts',
    `import { ParameterTool, StreamExecutionEnvironment } from 'millrace';
export class Job {
  static async main(args: string[]): Promise<void> {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.socketTextStream('127.0.0.1', ParameterTool.fromArgs(args).getInt('port')).print();
    await env.execute('a socket');
  }
}
`,
  );
}
