import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { type HadoopUnderTest, startHadoop } from '../testing/hadoop.js';
import { tempDir } from '../testing/temp-dir.js';
import { applicationIdIn, JOBS, YarnUser } from '../testing/yarn-user.js';
import { YarnView } from '../testing/yarn-view.js';

const SESSION = ['-n', '1', '-s', '1', '-jm', '512', '-tm', '512', '-d'];

describe('on YARN', function () {
  this.timeout(120_000);
  let hadoop: HadoopUnderTest;
  let yarn: YarnView;
  let user: YarnUser;

  before(async () => {
    hadoop = await startHadoop({ dir: tempDir(), memoryMb: 4096 });
    yarn = new YarnView(hadoop);
    user = new YarnUser(hadoop, tempDir());
  });

  after(async () => {
    await user?.close();
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
});
