import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { deriveMemory } from '../../../core/config/index.js';
import { TestingProcesses } from '../../applicationmaster/testing-processes.js';

const MB = 1024 ** 2;
/** MB of the process. */
const PROCESS = 256;
const KEYS = 2_000;

/** Keeps all records of a key until its end. */
const GROUP = `
import { type Collector, KeyedProcessFunction, type ListState, ListStateDescriptor, RuntimeExecutionMode } from 'millrace';
type Entry = [key: number, text: string];
class Group extends KeyedProcessFunction<number, Entry, string> {
  private texts!: ListState<string>;
  override open(): void {
    this.texts = this.getRuntimeContext().getListState(new ListStateDescriptor<string>('texts'));
  }
  processElement([, text]: Entry, ctx: KeyedProcessFunction.Context<number>): void {
    this.texts.add(text);
    ctx.timerService().registerEventTimeTimer(0);
  }
  override onTimer(_time: number, ctx: KeyedProcessFunction.OnTimerContext<number>, out: Collector<string>): void {
    const texts = [...this.texts.get()];
    const sum = texts.reduce((n, text) => n + Number(text.slice(-10)), 0);
    out.collect([ctx.getCurrentKey(), texts.length, sum, texts.reduce((n, text) => n + text.length, 0)].join(' '));
  }
}
`;

/** Groups so many records of 1 KB in a TaskManager of one slot; gives its heap in bytes. */
export async function group(records: number): Promise<number> {
  const cluster = await TestingProcesses.start(
    { 'taskmanager.memory.process.size': `${PROCESS}m`, 'taskmanager.numberOfTaskSlots': '1' },
    { built: true },
  );
  try {
    const out = join(cluster.dir, 'groups');
    const job = await cluster.submit(
      `
    env.setRuntimeMode(RuntimeExecutionMode.BATCH);
    env.fromSequence(1, ${records})
      .map((n): Entry => [n % ${KEYS}, String(n).padStart(1024, '0')])
      .keyBy(0).process(new Group()).writeAsText(${JSON.stringify(out)});`,
      GROUP,
    );
    await job.ended;
    expect(job.status, String(job.failure)).to.equal('FINISHED');
    const expected = Array.from({ length: KEYS }, () => ({ count: 0, sum: 0 }));
    for (let n = 1; n <= records; n++) {
      expected[n % KEYS]!.count++;
      expected[n % KEYS]!.sum += n;
    }
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(lines.sort()).to.deep.equal(
      expected.map(({ count, sum }, key) => `${key} ${count} ${sum} ${count * 1024}`).sort(),
    );
    expect(readdirSync(cluster.dir).filter(name => name.startsWith('millrace-spill'))).to.deep.equal([]);
    return deriveMemory(PROCESS * MB, 1).heapPerSlot;
  } finally {
    await cluster.close();
  }
}
