import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JobMaster } from '../../applicationmaster/index.js';
import { type MillraceError, rootCause } from '../../core/errors.js';
import { TestingProcesses } from '../applicationmaster/testing-processes.js';
import { eventually } from '../testing/eventually.js';
import { tempDir } from '../testing/temp-dir.js';

const ENDLESS = `env.fromSequence(0, Number.MAX_SAFE_INTEGER)`;

describe('user code in a slot of a TaskManager process', function () {
  this.timeout(60_000);
  let cluster: TestingProcesses;
  let pid: number;

  before(async () => {
    cluster = await TestingProcesses.start(
      { 'task.cancellation.timeout': '2 s', 'taskmanager.memory.process.size': '400m' },
      { built: true },
    );
    pid = cluster.taskManagers[0]!.pid!;
  });
  after(() => cluster?.close());

  /** A job that fails must leave its TaskManager, and all slots, as they were. */
  async function failureOf(job: JobMaster): Promise<MillraceError> {
    await job.ended;
    expect(job.status).to.equal('FAILED');
    await eventually(() => cluster.freeSlots === 2, { timeout: 20_000 });
    expect(cluster.taskManagers.at(-1)!.pid).to.equal(pid);
    return job.failure as MillraceError;
  }

  it("that throws fails its job with the author's file and line", async () => {
    const job = await cluster.submit(`env.fromElements('a').map((s: string) => {
      throw new TypeError('no ' + s);
    }).print();`);
    const failure = await failureOf(job);
    const root = rootCause(failure) as Error;
    expect(`${root.name}: ${root.message}`).to.equal('TypeError: no a');
    expect(root.stack).to.match(/[0-9a-f]{32}\.ts:7:\d+/);
  });

  it('that throws what is no error fails its job with that value', async () => {
    const job = await cluster.submit(`env.fromElements(1).map(n => { throw { code: n, why: 'odd' }; }).print();`);
    const failure = await failureOf(job);
    expect(failure.message).to.match(
      /^'Map' \(1\/1\) failed at record 1 of its source: thrown value: \{ code: 1, why: 'odd' \}$/,
    );
    expect((rootCause(failure) as Error).stack).to.equal("thrown value: { code: 1, why: 'odd' }");
  });

  it('that calls process.exit fails its job, not its TaskManager, and says so', async () => {
    const job = await cluster.submit(`env.fromElements(1).map(n => process.exit(n + 2)).print();`);
    const root = rootCause(await failureOf(job)) as Error;
    expect(root.message).to.match(/^process\.exit\(3\) was called in a job/);
    expect(root.stack).to.match(/[0-9a-f]{32}\.ts:6:\d+/);
  });

  it('that leaves a rejection unhandled fails its job with its source line', async () => {
    const job = await cluster.submit(`${ENDLESS}.map(n => {
      if (n === 10) void Promise.reject(new RangeError('nobody waits'));
      return n;
    }).filter(() => false).print();`);
    const failure = await failureOf(job);
    const root = rootCause(failure) as Error;
    expect(root.message).to.equal('nobody waits');
    expect(root.stack).to.match(/[0-9a-f]{32}\.ts:7:\d+/);
  });

  it('that throws in a timer of its own fails its job with its source line', async () => {
    const job = await cluster.submit(`${ENDLESS}.map(n => {
      if (n === 10) setTimeout(() => { throw new RangeError('from a timer'); }, 1);
      return n;
    }).filter(() => false).print();`);
    const root = rootCause(await failureOf(job)) as Error;
    expect(root.message).to.equal('from a timer');
    expect(root.stack).to.match(/[0-9a-f]{32}\.ts:7:\d+/);
  });

  it('that keeps more than its share of memory fails its job with figures and flags', async () => {
    const job = await cluster.submit(`const kept: unknown[] = [];
    ${ENDLESS}.map(n => {
      kept.push({ n, text: 'x'.repeat(20) + n });
      return n;
    }).filter(() => false).print();`);
    const failure = await failureOf(job);
    expect(failure.code).to.equal('OUT_OF_MEMORY');
    expect(failure.message).to.match(/\d+ MB of heap and buffers, .* share of \d+ MB.*-tm .*now 400 MB.*-s /);
  });

  it('that does not take its large records fails its job with figures and flags', async () => {
    const job = await cluster.submit(`env.setParallelism(2).${ENDLESS.slice(4)}.map(n => 'x'.repeat(8 << 20) + n)
      .global().map(() => new Promise<string>(() => {})).print();`);
    const failure = await failureOf(job);
    expect(failure.code).to.equal('OUT_OF_MEMORY');
    expect(failure.message).to.match(/\d+ MB of heap and buffers, .* share of \d+ MB.*-tm .*now 400 MB.*-s /);
  });

  for (const [what, grow] of [
    ['objects', 'let list: unknown; for (;;) list = { list, n, more: [n, n, n] };'],
    ['a list', 'const list: unknown[] = []; for (;;) list.push({ n });'],
    ['a map', 'const map = new Map<number, unknown>(); for (let i = 0; ; i++) map.set(i, { i });'],
  ] as const) {
    it(`that fills its heap with ${what} within one call fails its job with figures and flags`, async () => {
      const job = await cluster.submit(`env.fromElements(1).map(n => { ${grow} }).print();`);
      const failure = await failureOf(job);
      expect(failure.code).to.equal('OUT_OF_MEMORY');
      expect(failure.message).to.match(/more than its share of \d+ MB of heap\. Raise -tm .*now 400 MB.*-s /);
    });
  }

  it('that blocks its thread is cancelled at task.cancellation.timeout with its TaskManager, which says why', async () => {
    const begun = join(tempDir('millrace-test-'), 'begun');
    const job = await cluster.submit(`env.fromElements(1).map(n => {
      process.getBuiltinModule('node:fs').writeFileSync(${JSON.stringify(begun)}, '');
      for (;;) n++;
    }).print();`);
    // Its task is RUNNING before it has a record: a cancellation that comes between the two ends it at once.
    await eventually(() => existsSync(begun));
    const [child] = cluster.taskManagers;
    job.cancel();
    await eventually(() => child!.exitCode !== null, { timeout: 10_000 });
    await job.ended;
    expect([job.status, child!.exitCode]).to.deep.equal(['CANCELED', 1]);
    expect(cluster.log).to.match(/did not end within 2000 ms of its cancellation \(task\.cancellation\.timeout\)/);
    expect(cluster.master.slots.slotsTotal).to.equal(0);
  });
});
