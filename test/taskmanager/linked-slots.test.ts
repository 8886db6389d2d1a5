import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { deriveMemory } from '../../core/config/index.js';
import { FileSystems } from '../../core/fs/index.js';
import { randomId } from '../../core/ids.js';
import type { TaskDeploymentDescriptor, TaskStateUpdate } from '../../core/protocol/index.js';
import { TaskManager } from '../../taskmanager/index.js';
import type { SlotHostOptions } from '../../taskmanager/slots/host-factory.js';
import { eventually } from '../testing/eventually.js';
import { tempDir } from '../testing/temp-dir.js';
import { TestingApplicationMaster } from './testing-application-master.js';
import { TestingJob } from './testing-job.js';
import { main, type Program, programOf } from './testing-program.js';
import { descriptorsOf, SECRET } from './testing-slots.js';

const MB = 1024 ** 2;

/** The TaskManager's address leads nowhere: only shared memory joins its slots. */
describe('two slots of one TaskManager', () => {
  let master: TestingApplicationMaster;
  let taskManager: TaskManager;

  const fileSystems = new FileSystems();

  beforeEach(async () => {
    master = await TestingApplicationMaster.start();
  });
  afterEach(async () => {
    await taskManager.close();
    await master.close();
  });

  async function start(hosting: SlotHostOptions): Promise<void> {
    taskManager = await TaskManager.start({
      taskManagerId: 'tm-1',
      applicationMaster: { host: '127.0.0.1', port: master.port },
      secret: SECRET,
      host: 'nowhere.invalid',
      bindHost: '127.0.0.1',
      slots: 2,
      memory: deriveMemory(768 * MB, 2),
      tmpDir: tempDir(),
      logDir: tempDir(),
      ...hosting,
    });
    await eventually(() => taskManager.isRegistered);
  }
  const threads = { slotMode: 'worker', properties: {} } as const;

  interface Run {
    tasks: TaskDeploymentDescriptor[];
    allocations: string[];
  }

  /** Its first vertex in slot 0, the others in slot 1. */
  async function run({ graph, job, code }: Program, allocations = [randomId(), randomId()]): Promise<Run> {
    if (job.program) master.blobs.set(job.program.bundle.sha256, code);
    const reports = await Promise.all(allocations.map((id, slot) => master.request(slot, job, id)));
    const tasks = descriptorsOf(
      graph,
      new Map(),
      vertex => (vertex === graph.vertices[0]!.id ? 0 : 1),
      reports.map(r => r.data),
      true,
    ).map(d => ({ ...d, allocationId: allocations[d.slotIndex]! }));
    await master.taskManager.call('submitTasks', { sessionId: master.sessionId, tasks });
    return { tasks, allocations };
  }

  async function free({ allocations }: Run): Promise<void> {
    master.available.length = 0;
    for (const [slotIndex, allocationId] of allocations.entries()) {
      await master.taskManager.call('freeSlot', { sessionId: master.sessionId, slotIndex, allocationId });
    }
    await eventually(() => master.available.length === 2);
  }

  const ended = (task: TaskDeploymentDescriptor): Promise<TaskStateUpdate> =>
    eventually(() =>
      master.updates.find(
        u => u.executionId === task.executionId && ['FINISHED', 'FAILED', 'CANCELED'].includes(u.state),
      ),
    );

  async function doubles(allocations?: string[]): Promise<Run> {
    const out = join(tempDir(), 'out.txt');
    const made = await run(
      await programOf(
        main(`env.fromSequence(1, 50000).rebalance().map(x => x * 2).writeAsText(${JSON.stringify(out)});`),
      ),
      allocations,
    );
    for (const task of made.tasks) expect((await ended(task)).state).to.equal('FINISHED');
    expect(readFileSync(out, 'utf8').split('\n').slice(0, -1).map(Number)).to.deep.equal(
      Array.from({ length: 50_000 }, (_, i) => 2 * (i + 1)),
    );
    return made;
  }

  it('exchange records through shared memory', async () => {
    await start(threads);
    await doubles();
  });

  it('exchange records through shared memory in a MiniCluster, too', async () => {
    const job = new TestingJob();
    job.sequence(1, 5000).by('rebalance').print('', { chaining: 'NEVER' });
    const graph = job.graph();
    const printed: string[] = [];
    const print = (_: string, text: string): void => void printed.push(text);
    await start({ slotMode: 'inline', fileSystems, functionsOf: () => job.functions(), print });
    const { tasks } = await run({ graph, job: graph, code: new Uint8Array() });
    for (const task of tasks) expect((await ended(task)).state).to.equal('FINISHED');
    expect(printed.join('').trim().split('\n')).to.have.length(5000);
  });

  it("a producer's thread that dies fails its consumers at once; the fresh threads of the slots find each other", async () => {
    await start(threads);
    const made = await run(
      await programOf(
        main(`
        env.fromSequence(1, 1e12).map(x => {
          if (x === 20000) setTimeout(() => { throw new Error('out of nowhere'); }, 1);
          return x;
        }).rebalance().filter(() => false).print();`),
      ),
    );
    const [producer, consumer] = made.tasks;
    expect((await ended(producer!)).state).to.equal('FAILED');
    const { error } = await ended(consumer!);
    expect(error!.message).to.match(
      /Lost the producer of subtask 1 at nowhere\.invalid:\d+.*: the thread of its slot ended/,
    );
    expect(error!.code).to.equal('TASK_MANAGER_LOST');
    await free(made);
    await doubles();
  });

  it("a consumer's thread that dies holds its producers back no longer", async () => {
    await start(threads);
    const { tasks } = await run(
      await programOf(
        main(`
        env.fromSequence(1, 300000).rebalance().map(x => {
          setTimeout(() => { throw new Error('out of nowhere'); }, 200);
          return new Promise<number>(() => {});
        }).print();`),
      ),
    );
    const [producer, consumer] = tasks;
    expect((await ended(consumer!)).error!.cause!.message).to.equal('out of nowhere');
    expect((await ended(producer!)).state).to.equal('FINISHED');
  });

  it('a job that is canceled under load leaves threads that serve the next one', async () => {
    await start(threads);
    const program = await programOf(
      main('env.fromSequence(1, 1e12).map(x => ({ x, text: `number ${x}` })).rebalance().filter(() => false).print();'),
    );
    let allocations: string[] | undefined;
    for (let i = 0; i < 20; i++) {
      const made = await run(program, allocations);
      allocations = made.allocations;
      for (const { executionId } of made.tasks) await eventually(() => master.states(executionId).includes('RUNNING'));
      // Whichever is canceled first; a consumer may hear of it from its producer before it is told itself.
      for (const { executionId } of i % 2 === 0 ? made.tasks : made.tasks.toReversed()) {
        await master.taskManager.call('cancelTask', { sessionId: master.sessionId, executionId });
      }
      for (const task of made.tasks) {
        const { state, error } = await ended(task);
        if (state !== 'CANCELED') expect(error!.message).to.match(/The producer of an input .* was canceled/);
      }
    }
    await doubles(allocations);
  });
});
