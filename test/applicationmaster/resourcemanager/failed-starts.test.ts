import { expect } from 'chai';
import { ApplicationMaster } from '../../../applicationmaster/index.js';
import { FailedStarts } from '../../../applicationmaster/resourcemanager/failed-starts.js';
import { Configuration } from '../../../core/config/index.js';
import { FileSystems } from '../../../core/fs/index.js';
import { silentLogger } from '../../../core/logging.js';
import { FailingDriver } from './failing-driver.js';

describe('workers that end before they register', () => {
  it('are asked for again at once the first time, then after longer and longer pauses, up to ten seconds', () => {
    let now = 0;
    const starts = new FailedStarts({ now: () => now });
    const pauses = Array.from({ length: 9 }, () => {
      const pause = starts.add();
      expect(starts.isPaused).to.equal(pause > 0);
      now += pause;
      expect(starts.isPaused).to.equal(false);
      return pause;
    });
    expect(pauses).to.deep.equal([0, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    starts.reset();
    expect([starts.count, starts.add()]).to.deep.equal([0, 0]);
  });

  describe('in a session that wants one', () => {
    let driver: FailingDriver;
    let master: ApplicationMaster;
    afterEach(() => master.shutDown({ status: 'SUCCEEDED', diagnostics: '' }));

    async function start(conf: Record<string, string>): Promise<void> {
      driver = new FailingDriver();
      master = await ApplicationMaster.start({
        configuration: Configuration.from(conf),
        secret: 'any',
        logger: silentLogger,
        fileSystems: new FileSystems(),
        rpc: { host: '127.0.0.1', port: 0 },
        advertisedHost: '127.0.0.1',
        keepWorkers: 1,
        driver: () => driver,
      });
    }

    it('end the application with the reason of the last one when they are too many', async () => {
      await start({ 'yarn.maximum-failed-containers': '3' });
      const { status, diagnostics } = await master.ended;
      expect(status).to.equal('FAILED');
      expect(diagnostics).to.equal(
        'TaskManagers do not start (3 in a row ended before they registered); the last one: worker-3 has no Node',
      );
      expect(driver.started).to.equal(3);
    });

    it('are not asked for at full speed', async () => {
      await start({ 'yarn.maximum-failed-containers': '4' });
      const begin = performance.now();
      await master.ended;
      expect(driver.started).to.equal(4);
      expect(performance.now() - begin).to.be.greaterThan(700);
    });
  });
});
