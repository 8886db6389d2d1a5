import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import type { JobMaster } from '../../applicationmaster/index.js';
import { exposedGc } from '../../taskmanager/slots/heap-watch.js';
import { eventually } from '../testing/eventually.js';
import { TestingCluster } from './testing-cluster.js';

const KEPT = 20;
const FEW = 10;

describe('a session after many jobs', function () {
  this.timeout(120_000);
  let cluster: TestingCluster;
  afterEach(() => cluster.close());

  const submit = (n: number): JobMaster =>
    cluster.submit(
      env =>
        void env
          .fromElements(n, n + 1)
          .keyBy(x => x)
          .sum()
          .print(),
      `job ${n}`,
    );

  /** Sockets, timers and the like that are open, by kind. */
  async function open(): Promise<Record<string, number>> {
    await eventually(() => cluster.freeSlots === 4);
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }

  it('holds what it held: 200 one after another and 100 at once leave no handle, and only the last ones', async () => {
    cluster = await TestingCluster.start({
      taskManagers: 2,
      slots: 2,
      conf: { 'jobstore.max-capacity': String(KEPT) },
    });
    for (let i = 0; i < KEPT; i++) await submit(i).ended;
    const before = await open();
    const listeners = process.eventNames().map(name => process.listenerCount(name));
    const early: Array<WeakRef<JobMaster>> = [];
    for (let i = 0; i < 200; i++) {
      const job = submit(i);
      await job.ended;
      expect(job.status).to.equal('FINISHED');
      if (i < 100) early.push(new WeakRef(job));
    }
    const many = Array.from({ length: 100 }, (_, i) => submit(i));
    await Promise.all(many.map(job => job.ended));
    expect(new Set(many.map(job => job.status))).to.deep.equal(new Set(['FINISHED']));
    many.length = 0;
    expect(cluster.master.dispatcher.jobs.length).to.equal(KEPT);
    // Timers and sockets of slots that are being renewed, of heartbeats and of connections come and go; 300 would stay.
    await eventually(async () => {
      const grown = Object.entries(await open()).filter(([kind, count]) => count > (before[kind] ?? 0) + FEW);
      expect(grown, `before: ${JSON.stringify(before)}`).to.deep.equal([]);
      return true;
    });
    expect(process.eventNames().map(name => process.listenerCount(name))).to.deep.equal(listeners);
    const collectGarbage = exposedGc();
    await eventually(async () => {
      await turn();
      collectGarbage();
      return early.every(job => job.deref() === undefined);
    });
  });
});
