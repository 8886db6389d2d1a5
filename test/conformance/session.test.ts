import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { HdfsView } from '../testing/hdfs-view.js';
import { tempDir } from '../testing/temp-dir.js';
import { applicationIdIn, JOBS, jobIdIn, YarnUser } from '../testing/yarn-user.js';
import { YarnView } from '../testing/yarn-view.js';

interface JobView {
  state: string;
  vertices: Array<{ id: string }>;
}

interface VertexView {
  subtasks: Array<{ status: string; 'taskmanager-id': string; metrics: Record<string, number> }>;
}

describe('a session on YARN', function () {
  this.timeout(120_000);
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let hdfs: HdfsView;
  let user: YarnUser;
  let session: string;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), nodes: 2, memoryMb: 4096 });
    yarn = new YarnView(hadoop);
    hdfs = new HdfsView(hadoop);
    user = new YarnUser(hadoop, tempDir());
  });

  after(async () => {
    await user?.close();
    await hadoop?.stop();
  });

  it('starts with the words of the old command line and says where it is', async () => {
    const result = await user.yarnSession(...['-n', '2', '-s', '2', '-jm', '1024', '-tm', '1024', '-nm', 'test', '-d']);
    expect(result.code, result.stderr).to.equal(0);
    session = applicationIdIn(result.stdout);
    expect(result.stdout).to.match(/^JobManager Web Interface: http:\/\/\S+:\d+$/m);
    expect(result.stdout + result.stderr).to.contain(`yarn application -kill ${session}`);
  });

  it('is what YARN says it is: name, type, queue, tracking page, containers', async () => {
    const app = await eventually(async () => {
      const a = await yarn.application(session);
      return a.state === 'RUNNING' && a.runningContainers === 3 && a;
    });
    expect(app).to.include({ name: 'test', applicationType: 'Apache Flink', finalStatus: 'UNDEFINED' });
    expect(app.queue).to.match(/(^|\.)default$/);
    expect(app.trackingUrl).to.contain(`/proxy/${session}/`);
  });

  it('runs Node.js in its containers, from the executable that the NodeManager keeps', async () => {
    const managers = await eventually(() => {
      const pids = yarn.processes('taskmanager.js');
      return pids.length === 2 && pids;
    });
    const masters = yarn.processes('applicationmaster.js');
    expect(masters).to.have.length(1);
    for (const pid of [...managers, ...masters]) {
      expect(readlinkSync(`/proc/${pid}/exe`)).to.contain(hadoop.dir);
      expect(readlinkSync(`/proc/${pid}/exe`)).to.contain('filecache');
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      expect(argv.filter(a => a.endsWith('.js'))).to.have.length(1);
    }
  });

  it('counts the words of a file in HDFS in all of its slots', async () => {
    const words = Array.from({ length: 20_000 }, (_, i) => `word${i % 321} wörd${i % 7}${i % 100 === 0 ? '\n' : ''}`);
    await hdfs.write('/tmp/in put/words.txt', words.join(' '));
    const result = await user.flink(
      ...['run', '-p', '4', '-c', 'WordCount', JOBS],
      ...['--input', 'hdfs:///tmp/in put/words.txt', '--output', 'hdfs:///tmp/counts'],
    );
    expect(result.code, result.stderr).to.equal(0);
    expect(result.stdout).to.match(
      /^Job has been submitted with JobID [0-9a-f]{32}\nProgram execution finished\nJob with JobID [0-9a-f]{32} has finished\.\nJob Runtime: \d+ ms\n/m,
    );
    expect(result.stderr).to.contain(session);
    const counts = new Map<string, number>();
    for (const line of (await hdfs.readAll('/tmp/counts')).split('\n').filter(Boolean)) {
      const [word, count] = line.split(' ');
      counts.set(word!, Math.max(counts.get(word!) ?? 0, Number(count)));
    }
    const expected = new Map<string, number>();
    for (const w of words.join(' ').split(/\s+/).filter(Boolean)) expected.set(w, (expected.get(w) ?? 0) + 1);
    expect(Object.fromEntries(counts)).to.deep.equal(Object.fromEntries(expected));
  });

  it('goes on with a job on both TaskManagers when the program and the folder it was started in are gone', async () => {
    const folder = join(user.cwd, 'for now only');
    mkdirSync(folder);
    copyFileSync(JOBS, join(folder, 'my program.ts'));
    const lines = createServer();
    await new Promise<void>(resolve => lines.listen(0, '127.0.0.1', resolve));
    const sockets: Socket[] = [];
    lines.on('connection', socket => sockets.push(socket));
    try {
      const { port } = lines.address() as AddressInfo;
      const args = ['--port', String(port), '--output', 'hdfs:///tmp/counts-on-both'];
      const submitted = await user.start(
        'flink',
        ['run', '-d', '-p', '4', '-c', 'WordCount', 'my program.ts', ...args],
        { cwd: folder },
      ).ended;
      expect(submitted.code, submitted.stderr).to.equal(0);
      const job = jobIdIn(submitted.stdout);
      rmSync(folder, { recursive: true });

      const socket = await eventually(() => sockets[0]);
      const view = await yarn.tracked<JobView>(session, `jobs/${job}`);
      expect(view.state).to.equal('RUNNING');
      const vertices = view.vertices.slice(1);
      expect(vertices).to.have.length(2);
      for (const { id } of vertices) {
        const subtasks = await eventually(async () => {
          const vertex = await yarn.tracked<VertexView>(session, `jobs/${job}/vertices/${id}`);
          return vertex.subtasks.every(subtask => subtask.status === 'RUNNING') && vertex.subtasks;
        });
        expect(subtasks).to.have.length(4);
        const managers = subtasks.map(subtask => subtask['taskmanager-id']);
        for (const manager of managers) expect(manager).to.match(/^container_/);
        expect(new Set(managers).size, managers.join()).to.equal(2);
      }

      const numbers = Array.from({ length: 1000 }, (_, i) => `n${i % 40}`);
      socket.end(`${numbers.join('\n')}\n`);
      await eventually(async () => (await user.flink('list', '-a')).stdout.includes(`${job} : word count (FINISHED)`));
      const counts = (await hdfs.readAll('/tmp/counts-on-both')).trim().split('\n');
      expect(counts.filter(line => line.endsWith(' 25'))).to.have.length(40);
      for (const { id } of vertices) {
        const { subtasks } = await yarn.tracked<VertexView>(session, `jobs/${job}/vertices/${id}`);
        for (const { metrics } of subtasks) expect(metrics['read-records']).to.be.greaterThan(0);
      }
    } finally {
      // Also the job of a failed test ends with it.
      for (const socket of sockets) socket.destroy();
      lines.close();
    }
  });

  it('refuses to write over a result that is there', async () => {
    const result = await user.flink(
      ...['run', '-c', 'WordCount', JOBS, '--input', 'hdfs:///tmp/in put/words.txt', '--output', 'hdfs:///tmp/counts'],
    );
    expect(result.code).to.equal(1);
    expect(result.stderr).to.match(/already exists.*\/tmp\/counts/);
  });

  it('lists a detached job, cancels it, and lists it among the ended ones', async () => {
    const submitted = await user.flink('run', '-d', '-p', '2', '-c', 'Endless', JOBS);
    expect(submitted.code, submitted.stderr).to.equal(0);
    const job = jobIdIn(submitted.stdout);
    const running = await user.flink('list');
    expect(running.stdout).to.match(
      new RegExp(`^\\d\\d\\.\\d\\d\\.\\d{4} \\d\\d:\\d\\d:\\d\\d : ${job} : endless \\(RUNNING\\)$`, 'm'),
    );
    const cancelled = await user.flink('cancel', job);
    expect(cancelled.stdout).to.equal(`Cancelling job ${job}.\nCancelled job ${job}.\n`);
    expect(cancelled.code).to.equal(0);
    await eventually(async () => (await user.flink('list', '-a')).stdout.includes(`${job} : endless (CANCELED)`));
    expect((await user.flink('list')).stdout).to.contain('No running jobs.');
  });

  it('lists a job that reads a socket, and closes the socket when the job is cancelled', async () => {
    const sockets: Socket[] = [];
    const server = createServer(socket => sockets.push(socket.on('error', () => {})));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const port = String((server.address() as AddressInfo).port);
      const submitted = await user.flink(
        ...['run', '-d', '-p', '2', '-c', 'WordCount', JOBS, '--port', port, '--output', 'hdfs:///tmp/typed'],
      );
      expect(submitted.code, submitted.stderr).to.equal(0);
      const job = jobIdIn(submitted.stdout);
      const socket = await eventually(() => sockets[0]);
      socket.write('to be or not to be\n');
      expect((await user.flink('list')).stdout).to.contain(`${job} : word count (RUNNING)`);
      expect(socket.readableEnded).to.equal(false);
      const closed = once(socket.resume(), 'close');
      expect((await user.flink('cancel', job)).code).to.equal(0);
      await closed;
      expect(sockets).to.have.length(1);
      // Flink's cancel returns when the cancellation is under way.
      await eventually(async () => (await user.flink('list')).stdout.includes('No running jobs.'), { timeout: 30_000 });
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });

  it("shows a failure of the author's code root cause first, with the author's file and line", async () => {
    const result = await user.flink('run', '-c', 'Failing', JOBS);
    expect(result.code).to.equal(1);
    expect(result.stderr).to.contain(' The program finished with the following exception:');
    expect(result.stderr).to.match(/record 1000 is one too many/);
    const line =
      readFileSync(JOBS, 'utf8')
        .split('\n')
        .findIndex(l => l.includes('is one too many')) + 1;
    expect(result.stderr).to.match(new RegExp(`jobs\\.ts:${line}`));
    const frames = result.stderr.split('\n').filter(l => /^\s+at /.test(l));
    for (const frame of frames) expect(frame).to.contain('jobs.ts:');
  });

  it('replaces a TaskManager that was killed', async () => {
    const [victim] = yarn.processes('taskmanager.js');
    process.kill(victim!, 'SIGKILL');
    await eventually(
      () => {
        const now = yarn.processes('taskmanager.js');
        return now.length === 2 && !now.includes(victim!);
      },
      { timeout: 30_000 },
    );
    const result = await user.flink(
      ...['run', '-p', '4', '-c', 'WordCount', JOBS],
      ...['--input', 'hdfs:///tmp/in put/words.txt', '--output', 'hdfs:///tmp/counts-after-loss'],
    );
    expect(result.code, result.stderr).to.equal(0);
  });

  it('ends by the word stop: FINISHED and SUCCEEDED, no container, no staging folder left', async () => {
    const result = await user.start('yarn-session.sh', ['-id', session], { stdin: 'stop\n' }).ended;
    expect(result.code, result.stderr).to.equal(0);
    const app = await eventually(async () => {
      const a = await yarn.application(session);
      return a.state === 'FINISHED' && a;
    });
    expect(app.finalStatus).to.equal('SUCCEEDED');
    await eventually(async () => (await yarn.containers()) === 0);
    await eventually(
      () => yarn.processes('taskmanager.js').length + yarn.processes('applicationmaster.js').length === 0,
    );
    expect(await hdfs.names(`${await hdfs.home()}/.flink`)).to.deep.equal(['cache']);
    expect((await user.flink('list')).code).to.equal(1);
  });
});
