import { expect } from 'chai';
import type { MillraceError } from '../../../core/errors.js';
import type {
  JobInformation,
  SlotReport,
  TaskDeploymentDescriptor,
  TaskStateUpdate,
} from '../../../core/protocol/index.js';
import { Slot } from '../../../taskmanager/slots/slot.js';
import type { SlotHost, SlotHostEvents } from '../../../taskmanager/slots/slot-host.js';
import { eventually } from '../../testing/eventually.js';

const JOB: JobInformation = { jobId: 'job', jobName: 'job', config: { objectReuse: false, properties: {} } };
const task = (executionId: string): TaskDeploymentDescriptor =>
  ({ executionId, jobId: 'job', allocationId: 'a' }) as TaskDeploymentDescriptor;

class TestingHost implements SlotHost {
  readonly calls: string[] = [];
  readonly data;
  finishClose: (() => void) | undefined;
  constructor(
    port: number,
    readonly events: SlotHostEvents,
    private readonly hangs: boolean,
  ) {
    this.data = { host: 'h', port };
  }
  submit(_job: JobInformation, tasks: TaskDeploymentDescriptor[]): void {
    this.calls.push(`submit ${tasks.map(t => t.executionId).join()}`);
  }
  cancel(executionId: string): void {
    this.calls.push(`cancel ${executionId}`);
  }
  async usage(): Promise<{ heapUsed: number; tasks: [] }> {
    return { heapUsed: 1, tasks: [] };
  }
  shed(): void {}
  async close(): Promise<void> {
    this.calls.push('close');
    if (this.hangs)
      await new Promise<void>(resolve => {
        this.finishClose = resolve;
      });
  }
  async kill(): Promise<void> {}
}

describe('the life of a slot', () => {
  let hosts: TestingHost[];
  let available: SlotReport[];
  let updates: TaskStateUpdate[];
  let fatal: MillraceError[];

  async function slotOf({ hangs = false, cancellationTimeoutMs = 60_000 } = {}): Promise<Slot> {
    hosts = [];
    available = [];
    updates = [];
    fatal = [];
    const slot = new Slot({
      index: 3,
      createHost: async (_, events) => {
        const host = new TestingHost(1000 + hosts.length, events, hangs);
        hosts.push(host);
        return host;
      },
      cancellationTimeoutMs,
      onState: update => updates.push(update),
      onWarning: () => {},
      onAvailable: report => available.push(report),
      onFatal: error => fatal.push(error),
    });
    await slot.start();
    return slot;
  }
  const timers = (): number => process.getActiveResourcesInfo().filter(r => r === 'Timeout').length;

  it('one host serves one allocation', async () => {
    const slot = await slotOf();
    expect(await slot.request('a', JOB)).to.deep.equal({
      index: 3,
      data: { host: 'h', port: 1000 },
      allocationId: 'a',
      jobId: 'job',
    });
    slot.submit([task('e')], undefined);
    slot.free('a');
    await eventually(() => available.length === 1);
    expect(hosts[0]!.calls).to.deep.equal(['submit e', 'close']);
    expect(available[0]).to.deep.equal({ index: 3, data: { host: 'h', port: 1001 } });
  });

  it('a host that ran nothing serves the next allocation', async () => {
    const slot = await slotOf();
    await slot.request('a', JOB);
    slot.free('a');
    await eventually(() => available.length === 1);
    expect(hosts.length).to.equal(1);
  });

  it('an allocation that does not hold it frees nothing, but hears when it is free', async () => {
    const slot = await slotOf();
    await slot.request('a', JOB);
    slot.free('other');
    expect(slot.jobOf('a')).to.equal(JOB);
    slot.free('a');
    slot.free('a');
    await eventually(() => available.length === 2);
  });

  it('a request waits while it is renewed', async () => {
    const slot = await slotOf({ hangs: true });
    await slot.request('a', JOB);
    slot.submit([task('e')], undefined);
    slot.free('a');
    const next = slot.request('b', JOB);
    await eventually(() => hosts[0]!.finishClose);
    expect(hosts.length).to.equal(1);
    hosts[0]!.finishClose!();
    expect((await next).data.port).to.equal(1001);
  });

  it('the timer of a cancellation ends with the task', async () => {
    const slot = await slotOf();
    await slot.request('a', JOB);
    slot.submit([task('e')], undefined);
    const before = timers();
    slot.cancel('e');
    slot.cancel('e');
    expect(timers()).to.equal(before + 1);
    hosts[0]!.events.onState({ jobId: 'job', executionId: 'e', state: 'CANCELED' });
    expect(timers()).to.equal(before);
    expect(hosts[0]!.calls.filter(c => c === 'cancel e')).to.have.length(1);
    slot.cancel('e');
    expect(timers()).to.equal(before);
  });

  it('what does not end in time is fatal: a task, and a host that is closed', async () => {
    const slot = await slotOf({ hangs: true, cancellationTimeoutMs: 20 });
    await slot.request('a', JOB);
    slot.submit([task('e')], undefined);
    slot.cancel('e');
    await eventually(() => fatal.length === 1);
    expect(fatal[0]!.message).to.contain('Task e did not end within 20 ms');
    slot.free('a');
    await eventually(() => fatal.length === 2);
    expect(fatal[1]!.message).to.contain('Slot 3 did not end');
    hosts[0]!.finishClose!();
  });

  it('states of executions that ended or were never there are dropped', async () => {
    const slot = await slotOf();
    await slot.request('a', JOB);
    slot.submit([task('e')], undefined);
    const { events } = hosts[0]!;
    events.onState({ jobId: 'job', executionId: 'e', state: 'FINISHED' });
    events.onState({ jobId: 'job', executionId: 'e', state: 'FAILED' });
    events.onState({ jobId: 'job', executionId: 'unknown', state: 'FAILED' });
    expect(updates.map(u => u.state)).to.deep.equal(['FINISHED']);
  });

  it('a host that dies fails what ran there; the slot stays held until it is freed', async () => {
    const slot = await slotOf();
    await slot.request('a', JOB);
    slot.submit([task('e'), task('f')], undefined);
    hosts[0]!.events.onDied(new Error('gone'));
    expect(updates.map(u => [u.executionId, u.state, u.error!.message])).to.deep.equal([
      ['e', 'FAILED', 'gone'],
      ['f', 'FAILED', 'gone'],
    ]);
    await eventually(() => hosts.length === 2);
    expect(available).to.deep.equal([]);
    const refused = await slot.request('b', JOB).then(
      () => '',
      (e: Error) => e.message,
    );
    expect(refused).to.contain('held by allocation a');
    slot.free('a');
    await eventually(() => available.length === 1);
    expect(hosts.length).to.equal(2);
  });

  it('is closed with its host, also while it is renewed', async () => {
    const slot = await slotOf();
    await slot.request('a', JOB);
    slot.submit([task('e')], undefined);
    slot.free('a');
    await slot.close();
    expect(hosts.every(h => h.calls.includes('close'))).to.equal(true);
    expect(available).to.deep.equal([]);
  });
});
