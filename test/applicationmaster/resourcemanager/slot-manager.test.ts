import { expect } from 'chai';
import { LocalDriver } from '../../../applicationmaster/index.js';
import type { MillraceError } from '../../../core/errors.js';
import { eventually } from '../../testing/eventually.js';
import { reaches, runs, TestingCluster } from '../testing-cluster.js';

describe('slots of a session', () => {
  let cluster: TestingCluster;
  afterEach(() => cluster.close());

  it('makes a second job wait for the slots of the first, and says what it waits for', async () => {
    cluster = await TestingCluster.start({ taskManagers: 2, slots: 2 });
    const first = cluster.submitEndless(3, 'first');
    await runs(first);
    const second = cluster.submitEndless(2, 'second');
    const status = await eventually(() => second.waitingFor());
    expect(status).to.match(/^needs 2 slots, 1 of 4 slots are free \(.*local-1: \d of 2.*\), waiting since \d+ s$/);
    expect(second.status).to.equal('CREATED');
    expect(first.waitingFor()).to.equal(undefined);
    first.cancel();
    await runs(second);
    expect(second.waitingFor()).to.equal(undefined);
  });

  it('says of no job that it waits for slots once they are being handed over to it', async () => {
    cluster = await TestingCluster.start({ taskManagers: 2, slots: 1 });
    cluster.wires[0]!.silence();
    const job = cluster.submitEndless(2);
    await eventually(() => cluster.freeSlots === 0);
    expect(job.status).to.equal('CREATED');
    expect(job.waitingFor()).to.equal(undefined);
    const second = cluster.submitEndless(1, 'second');
    expect(await eventually(() => second.waitingFor())).to.match(/^needs 1 slots, 0 of 2 slots are free/);
    cluster.wires[0]!.restore();
    await runs(job);
  });

  it('names what a job did not get when its slots are not handed over in time', async () => {
    cluster = await TestingCluster.start({ conf: { 'slot.request.timeout': '200 ms' } });
    cluster.wires[0]!.silence();
    const job = cluster.submitEndless(1);
    await job.ended;
    cluster.wires[0]!.restore();
    expect(job.failure?.message).to.contain('needs 1 slots, which TaskManagers do not hand over since');
  });

  it('fails a job that got no slots within slot.request.timeout, naming what was missing', async () => {
    cluster = await TestingCluster.start({ slots: 2, conf: { 'slot.request.timeout': '200 ms' } });
    const first = cluster.submitEndless(1, 'first');
    await runs(first);
    const second = cluster.submitEndless(2, 'second');
    await second.ended;
    expect(second.status).to.equal('FAILED');
    expect(second.failure?.message).to.match(
      /within 200 ms \(slot\.request\.timeout\): needs 2 slots, 1 of 2 slots are free \(local-1: 1 of 2\)/,
    );
    expect((second.failure as MillraceError).code).to.equal('NO_RESOURCE_AVAILABLE');
    expect(first.status).to.equal('RUNNING');
    expect(cluster.freeSlots).to.equal(1);
  });

  it('refuses at submission what can never fit, with the figures', async () => {
    cluster = await TestingCluster.start({ taskManagers: 2, slots: 2 });
    expect(() => cluster.submitEndless(8, 'wide')).to.throw(
      'Job wide needs 8 slots, session is capped at 4: 2 TaskManagers × 2 slots',
    );
    expect(cluster.master.dispatcher.jobs).to.have.length(0);
  });

  it('counts slots by sharing group: what does not share adds up', async () => {
    cluster = await TestingCluster.start({ slots: 3 });
    const build = (second: number): void => {
      cluster.submit(env => {
        const numbers = env.fromSequence(0, Number.MAX_SAFE_INTEGER).setParallelism(2);
        numbers
          .filter(() => false)
          .setParallelism(second)
          .slotSharingGroup('other')
          .print();
      });
    };
    expect(() => build(2)).to.throw('needs 4 slots, session is capped at 3');
    build(1);
    await runs(cluster.master.dispatcher.jobs[0]!);
    expect(cluster.freeSlots).to.equal(0);
  });

  it('serves jobs in the order in which they came, a small one behind a large one', async () => {
    cluster = await TestingCluster.start({ slots: 2 });
    const first = cluster.submitEndless(1, 'first');
    await runs(first);
    const large = cluster.submitEndless(2, 'large');
    const small = cluster.submitEndless(1, 'small');
    expect(cluster.freeSlots).to.equal(1);
    large.cancel();
    await large.ended;
    await runs(small);
    expect(first.status).to.equal('RUNNING');
  });

  it('waits for slots that are renewed after a cancellation, and frees all of them in the end', async () => {
    cluster = await TestingCluster.start({ slots: 2 });
    for (let i = 0; i < 3; i++) {
      const job = cluster.submitEndless(2);
      await runs(job);
      job.cancel();
      await reaches(job, 'CANCELED');
    }
    await eventually(() => cluster.freeSlots === 2);
  });

  it('tells the driver once what is wanted when a job gives many slots back', async () => {
    cluster = await TestingCluster.start({ slots: 8 });
    const job = cluster.submitEndless(8);
    await runs(job);
    const original = LocalDriver.prototype.setWantedWorkers;
    let told = 0;
    LocalDriver.prototype.setWantedWorkers = function (total) {
      told++;
      original.call(this, total);
    };
    try {
      job.cancel();
      await eventually(() => cluster.freeSlots === 8);
    } finally {
      LocalDriver.prototype.setWantedWorkers = original;
    }
    expect(told).to.equal(1);
  });
});
