import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { runs } from './testing-cluster.js';
import { TestingProcesses } from './testing-processes.js';

const ENDLESS = `env.fromSequence(0, Number.MAX_SAFE_INTEGER).filter(() => false).print();`;
const RESTARTS = 'env.setRestartStrategy(RestartStrategies.fixedDelayRestart(3, 100));';

describe('a TaskManager in a process of its own', function () {
  this.timeout(60_000);
  let cluster: TestingProcesses;
  afterEach(() => cluster.close());

  it('that is stopped counts as dead after heartbeat.timeout, and comes back with free slots when it goes on', async () => {
    const quick = { 'heartbeat.interval': '100 ms', 'heartbeat.timeout': '1 s' };
    cluster = await TestingProcesses.start(quick, { built: true });
    const [child] = cluster.taskManagers;
    const job = await cluster.submit(ENDLESS);
    await runs(job);
    const stopped = Date.now();
    child!.kill('SIGSTOP');
    await job.ended;
    expect(Date.now() - stopped).to.be.within(800, 6000);
    expect(job.status).to.equal('FAILED');
    expect(job.failure?.message).to.match(/TaskManager tm-1 was lost: .*silent for \d+ s/);
    child!.kill('SIGCONT');
    await eventually(() => cluster.freeSlots === 2, { timeout: 10_000 });
    const next = await cluster.submit(`env.fromSequence(1, 1000).filter(() => false).print();`);
    await next.ended;
    expect(next.status).to.equal('FINISHED');
  });

  it('that is killed is replaced, and the job replaces the output of its first attempt', async () => {
    cluster = await TestingProcesses.start({}, { built: true });
    const out = join(cluster.dir, 'out');
    const go = join(cluster.dir, 'go');
    const job = await cluster.submit(
      `${RESTARTS}
      env.setParallelism(2);
      env.fromSequence(1, 1000).map(async n => {
        // The first half is written before somebody says so.
        while (n % 500 === 0 && !existsSync(${JSON.stringify(go)})) await new Promise(r => setTimeout(r, 10));
        return n;
      }).writeAsText(${JSON.stringify(out)});`,
      `import { existsSync } from 'node:fs';`,
    );
    await runs(job);
    await eventually(() => existsSync(out) && readdirSync(out).length > 0);
    cluster.taskManagers[0]!.kill('SIGKILL');
    await eventually(() => job.failures.length === 1);
    expect(job.failures[0]!.error.message).to.match(/TaskManager tm-1 was lost: its connection broke/);
    cluster.startTaskManager('tm-2');
    writeFileSync(go, '');
    await job.ended;
    expect(job.status, String(job.failure)).to.equal('FINISHED');
    // Unfinished files of the killed process are gone too.
    expect(readdirSync(out).sort()).to.deep.equal(['1', '2']);
    const lines = ['1', '2'].flatMap(f => readFileSync(join(out, f), 'utf8').trim().split('\n').map(Number));
    expect(lines.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 1000 }, (_, i) => i + 1));
  });
});
