import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../testing/eventually.js';
import { runs } from './testing-cluster.js';
import { TestingProcesses } from './testing-processes.js';

const CANCELS = 100;
const MB = 1024 ** 2;

describe('a hundred cancellations in a row', function () {
  this.timeout(120_000);
  let cluster: TestingProcesses;
  afterEach(() => cluster.close());

  it('of a job under load lose no TaskManager, leave all slots free, and memory as it was', async () => {
    cluster = await TestingProcesses.start({}, { built: true });
    const [taskManager] = cluster.taskManagers;
    const rss: number[] = [];
    for (let i = 0; i < CANCELS; i++) {
      const job = await cluster.submit(`
        env.setParallelism(${i % 4 === 0 ? 2 : 1});
        env.fromSequence(0, Number.MAX_SAFE_INTEGER)
          .map(n => ({ key: n % 1000, n }))
          .keyBy(r => r.key)
          .sum('n')
          .filter(() => false)
          .print();`);
      await runs(job);
      job.cancel();
      await job.ended;
      expect(job.status).to.equal('CANCELED');
      rss.push(residentBytes(taskManager!.pid!));
    }
    expect(taskManager!.exitCode).to.equal(null);
    await eventually(() => cluster.freeSlots === 2);
    const peak = (from: number, to: number): number => Math.max(...rss.slice(from, to)) / MB;
    // Allocators and heaps settle in the first third; what leaks goes on growing.
    expect(peak(67, 100)).to.be.lessThan(peak(0, 67) * 1.15 + 10);
  });
});

function residentBytes(pid: number): number {
  const kb = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) * 1024;
}
