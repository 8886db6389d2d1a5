import { expect } from 'chai';
import type { Execution } from '../../../applicationmaster/jobmaster/execution-graph.js';
import { JobAttempt } from '../../../applicationmaster/jobmaster/job-attempt.js';
import type { SlotLease } from '../../../applicationmaster/resourcemanager/registered-task-manager.js';
import type { SlotManager } from '../../../applicationmaster/resourcemanager/slot-manager.js';
import { SystemClock } from '../../../core/clock.js';
import { MillraceError } from '../../../core/errors.js';
import { silentLogger } from '../../../core/logging.js';
import type { TaskManagerGateway } from '../../../core/protocol/index.js';
import type { Gateway } from '../../../core/rpc/index.js';
import { TestingJob } from '../../taskmanager/testing-job.js';
import { eventually } from '../../testing/eventually.js';

/** A TaskManager that answers when the test says so. */
class TestingGateway implements Gateway<TaskManagerGateway> {
  isOpen = true;
  readonly calls: string[] = [];
  submitted: { resolve(): void; reject(error: Error): void } | undefined;

  call(method: string): Promise<never> {
    this.calls.push(method);
    if (method !== 'submitTasks') return Promise.resolve(undefined as never);
    return new Promise<never>((resolve, reject) => {
      this.submitted = { resolve: () => resolve(undefined as never), reject };
    });
  }
  notify(method: string): void {
    this.calls.push(method);
  }
}

describe('JobAttempt', () => {
  const gateway = (): TestingGateway => new TestingGateway();

  function start(
    gateways: TestingGateway[],
    { cancellationTimeout = 0, job = new ParallelJob(gateways.length).graph() } = {},
  ): { attempt: JobAttempt; failures: Array<[string, string | undefined]>; released: SlotLease[]; over: () => number } {
    const failures: Array<[string, string | undefined]> = [];
    const released: SlotLease[] = [];
    let over = 0;
    const leases = gateways.map((g, i): SlotLease => {
      const data = { host: 'h', port: 1 };
      return { taskManagerId: `tm-${i}`, slotIndex: 0, allocationId: `a${i}`, jobId: 'j', data, gateway: g };
    });
    const attempt = new JobAttempt({
      job,
      attempt: 0,
      slots: {
        request: async () => leases,
        release: (lease: SlotLease) => void released.push(lease),
      } as unknown as SlotManager,
      sessionId: 's',
      clock: SystemClock,
      logger: silentLogger,
      cancellationTimeout,
      beforeSlots: async () => {},
      beforeDeployment: async () => {},
      onDeploying: () => {},
      onFailure: (error, execution?: Execution) => failures.push([error.message, execution?.name]),
      onOver: () => over++,
    });
    void attempt.run();
    return { attempt, failures, released, over: () => over };
  }

  const deployed = (g: TestingGateway): Promise<unknown> => eventually(() => g.submitted);
  const states = (attempt: JobAttempt): string[] => attempt.graph.executions.map(e => e.state);

  it('cancels again what a TaskManager only began after its cancellation, while it was fetching the bundle', async () => {
    const g = gateway();
    const { attempt, over } = start([g]);
    await deployed(g);
    attempt.stop(new Error('cancelled'));
    expect(g.calls).to.deep.equal(['submitTasks', 'cancelTask']);
    g.submitted!.resolve();
    await eventually(() => g.calls.length === 3);
    expect(g.calls[2]).to.equal('cancelTask');
    expect(over()).to.equal(0);
    attempt.update({ jobId: 'j', executionId: attempt.graph.executions[0]!.id, state: 'CANCELED' });
    expect(over()).to.equal(1);
  });

  it('cancels again what says that it runs after its cancellation', async () => {
    const g = gateway();
    const { attempt } = start([g]);
    await deployed(g);
    attempt.stop(new Error('cancelled'));
    attempt.update({ jobId: 'j', executionId: attempt.graph.executions[0]!.id, state: 'RUNNING' });
    expect(g.calls.filter(c => c === 'cancelTask')).to.have.length(2);
    expect(states(attempt)).to.deep.equal(['CANCELING']);
  });

  it('fails by a deployment that was refused, naming slot and TaskManager', async () => {
    const g = gateway();
    const { failures, released } = start([g]);
    await deployed(g);
    g.submitted!.reject(new MillraceError('INVALID_PROGRAM', 'the bundle is damaged'));
    await eventually(() => failures.length === 1);
    expect(failures[0]![0]).to.equal('Deploying to slot 0 of TaskManager tm-0: the bundle is damaged');
    await eventually(() => released.length === 1);
  });

  it('waits for the word of the ResourceManager when a connection breaks while it deploys', async () => {
    const g = gateway();
    const { attempt, failures, released } = start([g]);
    await deployed(g);
    g.isOpen = false;
    g.submitted!.reject(new MillraceError('RPC', 'connection closed'));
    await new Promise(resolve => setImmediate(resolve));
    expect(failures).to.deep.equal([]);
    attempt.taskManagerLost('tm-0', new MillraceError('TASK_MANAGER_LOST', 'YARN killed it'));
    expect(failures).to.deep.equal([['YARN killed it', attempt.graph.executions[0]!.name]]);
    // A slot of a TaskManager that is gone is nobody's to give back.
    expect(released).to.deep.equal([]);
  });

  it('sends no more of a large deployment than there is room for, and of one that was cancelled nothing further', async () => {
    const gateways = Array.from({ length: 300 }, gateway);
    const job = new TestingJob();
    job
      .sequence(0, 9, gateways.length)
      .by('rebalance')
      .map((x: unknown) => x);
    const { attempt, released, over } = start(gateways, { job: job.graph(gateways.length) });
    const reached = (): TestingGateway[] => gateways.filter(g => g.submitted);
    // Each slot's two tasks name 600 channels, and weigh 40 more.
    await eventually(() => reached().length === 156);
    reached()[0]!.submitted!.resolve();
    await eventually(() => reached().length === 157);
    attempt.stop(new Error('cancelled'));
    reached()[1]!.submitted!.resolve();
    await eventually(() => states(attempt).includes('CANCELED'));
    expect(reached()).to.have.length(157);
    expect(over()).to.equal(0);
    for (const { id } of attempt.graph.executions) attempt.update({ jobId: 'j', executionId: id, state: 'CANCELED' });
    expect([over(), released.length]).to.deep.equal([1, 300]);
  });

  it('is over only when all of its tasks are, then gives its slots back, once', async () => {
    const gateways = [gateway(), gateway()];
    const { attempt, released, over } = start(gateways);
    await Promise.all(gateways.map(deployed));
    const [first, second] = attempt.graph.executions;
    for (const state of ['RUNNING', 'FINISHED'] as const) {
      attempt.update({ jobId: 'j', executionId: first!.id, state });
    }
    expect([over(), released.length]).to.deep.equal([0, 0]);
    attempt.update({ jobId: 'j', executionId: second!.id, state: 'FAILED' });
    attempt.update({ jobId: 'j', executionId: second!.id, state: 'FINISHED' });
    expect([over(), released.length]).to.deep.equal([1, 2]);
    expect(states(attempt)).to.deep.equal(['FINISHED', 'FAILED']);
  });
});

/** A source and a sink in one chain, so many times. */
class ParallelJob extends TestingJob {
  constructor(private readonly parallelism: number) {
    super();
    this.sequence(0, 9, parallelism).map((x: unknown) => x);
  }
  override graph(): ReturnType<TestingJob['graph']> {
    return super.graph(this.parallelism);
  }
}
