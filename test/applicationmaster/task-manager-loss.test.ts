import { expect } from 'chai';
import type { MillraceError } from '../../core/errors.js';
import { randomId } from '../../core/ids.js';
import type { ApplicationMasterGateway, TaskManagerGateway } from '../../core/protocol/index.js';
import { connectRpc } from '../../core/rpc/index.js';
import { eventually } from '../testing/eventually.js';
import { reaches, runs, SECRET, TestingCluster } from './testing-cluster.js';

const QUICK = { 'heartbeat.interval': '50 ms', 'heartbeat.timeout': '400 ms' };

describe('a TaskManager that is lost', () => {
  let cluster: TestingCluster;
  afterEach(() => cluster.close());

  it('fails its job with the reason, where there is no restart strategy, and spares the others', async () => {
    cluster = await TestingCluster.start({ taskManagers: 2 });
    const jobs = [cluster.submitEndless(1, 'one'), cluster.submitEndless(1, 'other')];
    await Promise.all(jobs.map(runs));
    cluster.wires[0]!.cut();
    const hit = jobs.find(j => j.graph.executions[0]!.slot!.taskManagerId === 'local-1')!;
    const spared = jobs.find(j => j !== hit)!;
    await hit.ended;
    expect([hit.status, spared.status]).to.deep.equal(['FAILED', 'RUNNING']);
    expect((hit.failure as MillraceError).code).to.equal('TASK_MANAGER_LOST');
    expect(hit.failure?.message).to.match(/^TaskManager local-1 was lost: its connection broke: /);
  });

  it('comes back with free slots when only its connection broke: nothing of the old job runs there', async () => {
    cluster = await TestingCluster.start({ slots: 2 });
    const job = cluster.submitEndless(2);
    await runs(job);
    cluster.wires[0]!.cut();
    await job.ended;
    await eventually(() => cluster.freeSlots === 2);
    const next = cluster.submitEndless(2, 'next');
    await runs(next);
    expect(cluster.master.slots.slotsTotal).to.equal(2);
  });

  it('restarts the job under its strategy, in the slots that are left or come back', async () => {
    cluster = await TestingCluster.start({ taskManagers: 2 });
    const job = cluster.submitEndless(2, 'again', 1);
    await runs(job);
    cluster.wires[1]!.cut();
    await eventually(() => job.restarts === 1);
    await runs(job);
    expect(job.failures).to.have.length(1);
    expect(job.failures[0]!.taskManagerId).to.equal('local-2');
    cluster.wires[0]!.cut();
    await job.ended;
    expect(job.status).to.equal('FAILED');
  });

  it('says what the TaskManager said when it ended by itself, and gets a replacement', async () => {
    cluster = await TestingCluster.start();
    const job = cluster.submitEndless(1, 'replaced', 1);
    await runs(job);
    await cluster.taskManagers[0]!.close('it is pulled out');
    await eventually(() => job.restarts === 1);
    expect(job.failures[0]!.error.message).to.match(/TaskManager local-1 was lost: it ended: it is pulled out/);
    await runs(job);
    expect(job.graph.executions[0]!.slot!.taskManagerId).to.equal('local-2');
  });

  it('is noticed by its silence within heartbeat.timeout, and notices that itself', async () => {
    cluster = await TestingCluster.start({ slots: 2, conf: QUICK });
    const job = cluster.submitEndless(2);
    await runs(job);
    const [taskManager] = cluster.taskManagers;
    cluster.wires[0]!.silence();
    await job.ended;
    expect(job.failure?.message).to.match(/TaskManager local-1 was lost: .*has been silent for/);
    await eventually(() => !taskManager!.isRegistered);
    cluster.wires[0]!.restore();
    await eventually(() => taskManager!.isRegistered && cluster.freeSlots === 2);
  });

  it('can be cancelled at while it is silent', async () => {
    cluster = await TestingCluster.start({ conf: QUICK });
    const job = cluster.submitEndless(1, 'silent', 3);
    await runs(job);
    cluster.wires[0]!.silence();
    job.cancel();
    await job.ended;
    expect([job.status, job.restarts]).to.deep.equal(['CANCELED', 0]);
    cluster.wires[0]!.restore();
    await eventually(() => cluster.freeSlots === 1);
  });

  it('while its job waits for a restart does no harm', async () => {
    cluster = await TestingCluster.start({ taskManagers: 2 });
    const job = cluster.submitEndless(1, 'lost twice', 2);
    await runs(job);
    const wire = Number(job.graph.executions[0]!.slot!.taskManagerId.at(-1)) - 1;
    cluster.wires[wire]!.cut();
    cluster.wires[1 - wire]!.cut();
    await eventually(() => job.restarts >= 1);
    await runs(job);
    expect(job.restarts).to.be.within(1, 2);
  });
});

describe('the control connection', () => {
  let cluster: TestingCluster;
  afterEach(() => cluster.close());

  const registration = {
    taskManagerId: 'stranger',
    host: '127.0.0.1',
    pid: 1,
    slots: [{ index: 0, data: { host: '127.0.0.1', port: 1 } }],
    memory: { process: 1, code: 0, heapPerSlot: 0, network: 0, managed: 0, overhead: 0 },
    cpuCores: 1,
    physicalMemory: 1,
    version: 'any',
  };
  const connect = (secret: string): ReturnType<typeof connectRpc<TaskManagerGateway>> =>
    connectRpc<TaskManagerGateway>({
      host: '127.0.0.1',
      port: cluster.master.address.rpcPort,
      secret,
      self: { role: 'taskmanager', id: 'stranger' },
      handlers: {},
    });

  it('refuses who has another secret', async () => {
    cluster = await TestingCluster.start();
    const refusal = await connect('a guess').then(
      () => undefined,
      (error: unknown) => error as MillraceError,
    );
    expect(refusal?.code).to.equal('AUTHENTICATION_FAILED');
    expect([...cluster.master.slots.taskManagers.keys()]).to.deep.equal(['local-1']);
  });

  it('takes no message of a TaskManager for the slots of another', async () => {
    cluster = await TestingCluster.start();
    const job = cluster.submitEndless(1);
    await runs(job);
    const stranger = await connect(SECRET);
    const master = stranger.gateway<ApplicationMasterGateway>();
    master.notify('slotAvailable', { index: 0, data: { host: '127.0.0.1', port: 1 } });
    await master.call('registerTaskManager', registration);
    await eventually(() => cluster.freeSlots === 1);
    stranger.close();
    await eventually(() => cluster.master.slots.slotsTotal === 1);
    expect([job.status, cluster.freeSlots]).to.deep.equal(['RUNNING', 0]);
  });

  it('drops what an older ApplicationMaster tells a TaskManager', async () => {
    cluster = await TestingCluster.start();
    const job = cluster.submitEndless(1);
    await runs(job);
    const [execution] = job.graph.executions;
    const { gateway, slotIndex, allocationId } = execution!.slot!;
    const sessionId = randomId();
    const calls = [
      gateway.call('cancelTask', { sessionId, executionId: execution!.id }),
      gateway.call('freeSlot', { sessionId, slotIndex, allocationId }),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect((result as { reason: MillraceError }).reason.code).to.equal('FENCED');
    }
    expect(job.status).to.equal('RUNNING');
    job.cancel();
    await reaches(job, 'CANCELED');
  });
});
