import { expect } from 'chai';
import { eventually } from '../../testing/eventually.js';
import { TestingJob } from '../testing-job.js';
import { TestingSlots } from '../testing-slots.js';

const LINES = Array.from({ length: 300 }, (_, i) => `to be or not to be ${i % 7} that is the question`);

function wordCount(lines: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of lines.flatMap(l => l.split(' '))) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function lastOf(lines: string[]): Map<string, number> {
  const last = new Map<string, number>();
  for (const line of lines) {
    const [, word, count] = /^(?:\d+> )?\((.*),(\d+)\)$/.exec(line)!;
    last.set(word!, Math.max(last.get(word!) ?? 0, Number(count)));
  }
  return last;
}

describe('a slot', () => {
  let slots: TestingSlots;
  afterEach(() => slots.close());

  it('runs a chain from a collection to print, and reports its states in order', async () => {
    slots = await TestingSlots.start(1);
    const job = new TestingJob();
    job
      .elements([1, 2, 3])
      .map((x: number) => x * 10)
      .print();
    const run = await slots.run(job);
    expect(slots.lines).to.deep.equal(['10', '20', '30']);
    expect(run.states).to.deep.equal(['INITIALIZING', 'RUNNING', 'FINISHED']);
  });

  for (const [count, shift] of [
    [1, 0],
    [2, 0],
    [3, 1],
  ] as const) {
    it(`counts words over ${count} slot(s)${shift ? ', every exchange remote' : ''}`, async () => {
      slots = await TestingSlots.start(count);
      const job = new TestingJob();
      job
        .elements(LINES)
        .flatMap((line: string) => line.split(' ').map(w => [w, 1]), { parallelism: 3 })
        .keyBy((t: [string, number]) => t[0])
        .sum(1, { parallelism: 3 })
        .print('', { parallelism: 3 });
      await slots.run(job, { shift });
      expect(slots.lines.length).to.equal(3300);
      expect(lastOf(slots.lines)).to.deep.equal(wordCount(LINES));
      for (const runtime of slots.runtimes) expect(runtime.usage.networkUsed).to.equal(0);
    });
  }

  it('fails a job whose rings are larger than its share of network memory, with figures and the knobs', async () => {
    // A ring is 12 KB at least; the consumer reads from two other slots.
    slots = await TestingSlots.start(3, { linked: true, networkMemory: 20 * 1024 });
    const wide = new TestingJob();
    wide.sequence(0, 9, 3).by('rebalance').print('', { parallelism: 3 });
    const error = await slots.run(wide, { parallelism: 3 }).then(
      () => undefined,
      (e: unknown) => e as Error,
    );
    expect(error?.message).to.match(
      /share of network memory: 24 KB of 20 KB\. Raise taskmanager\.memory\.network\.fraction/,
    );
    await eventually(() => slots.links!.size === 0);
    for (const runtime of slots.runtimes) expect(runtime.usage.networkUsed).to.equal(0);
    slots.printed.length = 0;
    const narrow = new TestingJob();
    narrow.sequence(0, 9, 2).by('rebalance').print('', { parallelism: 2 });
    await slots.run(narrow, { parallelism: 2 });
    expect(slots.lines.length).to.equal(10);
  });
});
