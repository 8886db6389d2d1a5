import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { HdfsView } from '../testing/hdfs-view.js';
import { tempDir } from '../testing/temp-dir.js';
import { applicationIdIn, JOBS, YarnUser } from '../testing/yarn-user.js';
import { YarnView } from '../testing/yarn-view.js';

const SESSION = ['-n', '1', '-s', '1', '-jm', '512', '-tm', '512', '-d'];

describe('on YARN', function () {
  this.timeout(120_000);
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let hdfs: HdfsView;
  let user: YarnUser;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), memoryMb: 4096 });
    yarn = new YarnView(hadoop);
    hdfs = new HdfsView(hadoop);
    user = new YarnUser(hadoop, tempDir());
  });

  after(async () => {
    await user?.close();
    await hdfs?.close();
    await hadoop?.stop();
  });

  describe('TaskManagers that end before they register', () => {
    let taken: Server;
    let port: number;
    before(async () => {
      taken = createServer();
      await new Promise<void>(resolve => taken.listen(0, '0.0.0.0', resolve));
      port = (taken.address() as { port: number }).port;
    });
    after(done => void taken.close(done));

    it('fail a job with their exit status and what they wrote last', async () => {
      const result = await user.flink(
        ...['run', '-m', 'yarn-cluster', '-yjm', '512', '-ytm', '512', `-yDtaskmanager.data.port=${port}`],
        ...['-c', 'Endless', JOBS],
      );
      expect(result.code).to.equal(1);
      expect(result.stderr, result.stderr).to.match(
        /TaskManagers do not start \(3 in a row ended before they registered\)/,
      );
      expect(result.stderr).to.match(/ended with exit status 1:/);
      expect(result.stderr).to.match(new RegExp(`EADDRINUSE|\\b${port}\\b`));
      await eventually(async () => (await yarn.containers()) === 0, { timeout: 30_000 });
    });

    it('fail a session that wants them when they are too many, with the same words', async () => {
      const started = await user.yarnSession(
        ...SESSION,
        ...[`-Dtaskmanager.data.port=${port}`, '-Dyarn.maximum-failed-containers=3'],
      );
      const id = applicationIdIn(started.stdout);
      const app = await eventually(
        async () => {
          const a = await yarn.application(id);
          return a.state === 'FINISHED' && a;
        },
        { timeout: 30_000 },
      );
      expect(app.finalStatus).to.equal('FAILED');
      expect(app.diagnostics).to.contain('TaskManagers do not start (3 in a row');
      expect(app.diagnostics).to.match(/ended with exit status 1:/);
      const listed = await user.flink('list', '-yid', id);
      expect(listed.code).to.equal(1);
      expect(listed.stderr, listed.stderr).to.contain('TaskManagers do not start');
    });
  });

  describe('a session', () => {
    let id: string;
    let web: string;
    before(async () => {
      const started = await user.yarnSession(...SESSION);
      expect(started.code, started.stderr).to.equal(0);
      id = applicationIdIn(started.stdout);
      web = /^JobManager Web Interface: (\S+)$/m.exec(started.stdout)![1]!;
    });

    async function text(url: string, headers: Record<string, string> = {}): Promise<string> {
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
      const body = await response.text();
      expect(response.status, `${url}: ${body.slice(0, 300)}`).to.equal(200);
      return body;
    }

    it("shows its processes' logs itself, and so does YARN", async () => {
      const staged = await hdfs.readAll(`${await hdfs.home()}/.flink/${id}/client.json`);
      const { restToken } = JSON.parse(staged) as { restToken: string };
      const bearer = { authorization: `Bearer ${restToken}` };
      const taskManager = await eventually(async () => {
        const { taskmanagers } = JSON.parse(await text(`${web}/taskmanagers`, bearer)) as {
          taskmanagers: Array<{ id: string }>;
        };
        return taskmanagers[0]?.id;
      });
      expect(taskManager).to.match(/^container_/);
      expect(await text(`${web}/jobmanager/log`, bearer)).to.contain(`TaskManager ${taskManager}`);
      const own = await text(`${web}/taskmanagers/${taskManager}/log`, bearer);
      expect(own).to.contain('Memory: 512 MB');
      const [node] = await yarn.nodeAddresses();
      const atNode = (container: string, file: string): Promise<string> =>
        text(`http://${node}/ws/v1/node/containerlogs/${container}/${file}`);
      expect(await atNode(taskManager, 'taskmanager.log')).to.contain('Memory: 512 MB');
      const master = taskManager.replace(/\d+$/, '000001');
      expect(await atNode(master, 'jobmanager.log')).to.contain(`TaskManager ${taskManager}`);
    });

    it('that YARN kills fails its attached job, and the next command says so and sweeps', async () => {
      const run = user.start('flink', ['run', '-c', 'Endless', JOBS]);
      await run.shows(/is RUNNING/);
      const shell = user.start('yarn-session.sh', ['-id', id]);
      await shell.shows(/^JobManager Web Interface/m);
      await yarn.kill(id);
      const ended = await run.ended;
      expect(ended.code).to.equal(1);
      expect(ended.stderr)
        .to.contain(`The application ${id} ended (KILLED)`)
        .and.match(/killed by user/i);
      const prompt = await shell.ended;
      expect(prompt.code).to.equal(1);
      expect(prompt.stdout + prompt.stderr)
        .to.contain(id)
        .and.match(/KILLED/);
      // Whichever command is the first to notice removes the file.
      expect((await user.flink('list')).code).to.equal(1);
      expect(existsSync(user.propertiesFile)).to.equal(false);
      const listed = await user.flink('list', '-yid', id);
      expect(listed.code).to.equal(1);
      expect(listed.stderr).to.contain(`The application ${id} has ended (KILLED)`);
      expect(await hdfs.names(`${await hdfs.home()}/.flink`)).to.deep.equal(['cache']);
      await eventually(async () => (await yarn.containers()) === 0);
    });
  });
});
