import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { deriveMemory } from '../../core/config/index.js';
import { FileSystems } from '../../core/fs/index.js';
import type { JobGraph } from '../../core/graph/index.js';
import { randomId } from '../../core/ids.js';
import type { TaskDeploymentDescriptor } from '../../core/protocol/index.js';
import { TaskManager, type TaskManagerOptions } from '../../taskmanager/index.js';
import { eventually } from '../testing/eventually.js';
import { tempDir } from '../testing/temp-dir.js';
import { TestingApplicationMaster } from './testing-application-master.js';
import { TestingJob } from './testing-job.js';
import { main, type Program, programOf } from './testing-program.js';
import { descriptorsOf, SECRET } from './testing-slots.js';

const MB = 1024 ** 2;

describe('a TaskManager', () => {
  let master: TestingApplicationMaster;
  let taskManager: TaskManager | undefined;
  const fileSystems = new FileSystems();

  beforeEach(async () => {
    master = await TestingApplicationMaster.start();
  });
  afterEach(async () => {
    await taskManager?.close();
    taskManager = undefined;
    await master.close();
  });

  async function start(options: Partial<TaskManagerOptions> = {}, slots = 1): Promise<TaskManager> {
    taskManager = await TaskManager.start({
      taskManagerId: 'tm-1',
      applicationMaster: { host: '127.0.0.1', port: master.port },
      secret: SECRET,
      host: '127.0.0.1',
      slots,
      memory: deriveMemory(512 * MB, slots),
      tmpDir: tempDir(),
      logDir: tempDir(),
      slotMode: 'worker',
      properties: {},
      ...options,
    } as TaskManagerOptions);
    await eventually(() => taskManager?.isRegistered);
    return taskManager;
  }

  function deploy(graph: JobGraph, allocationId: string): TaskDeploymentDescriptor[] {
    const at = taskManager!.dataAddresses;
    return descriptorsOf(graph, new Map(), () => 0, at).map(d => ({ ...d, allocationId }));
  }

  async function run(program: Program): Promise<{ tasks: TaskDeploymentDescriptor[]; allocationId: string }> {
    const allocationId = randomId();
    await master.request(0, program.job, allocationId);
    const tasks = deploy(program.graph, allocationId);
    await master.taskManager.call('submitTasks', { sessionId: master.sessionId, tasks });
    return { tasks, allocationId };
  }

  const ended = (task: TaskDeploymentDescriptor): Promise<string> =>
    eventually(() => master.states(task.executionId).find(s => ['FINISHED', 'FAILED', 'CANCELED'].includes(s)));

  describe('with worker threads', () => {
    it('registers slots that are listening', async () => {
      await start({}, 2);
      const [registration] = master.registrations;
      expect(registration!.taskManagerId).to.equal('tm-1');
      expect(registration!.slots.map(s => s.index)).to.deep.equal([0, 1]);
      expect(new Set(registration!.slots.map(s => s.data.port)).size).to.equal(2);
      expect(registration!.memory.process).to.equal(512 * MB);
    });

    it('fetches the bundle once, binds it, runs it, and sends accumulators with the end', async () => {
      await start();
      const out = join(tempDir(), 'out.txt');
      const program = await programOf(
        main(`
        class Count extends RichMapFunction<number, number> {
          private seen = new LongCounter();
          override open(): void { this.getRuntimeContext().addAccumulator('seen', this.seen); }
          map(x: number): number { this.seen.add(1); return x * 2; }
        }
        env.fromElements(1, 2, 3).map(new Count()).writeAsText(${JSON.stringify(out)});`),
      );
      master.blobs.set(program.job.program!.bundle.sha256, program.code);
      const { tasks, allocationId } = await run(program);
      expect(await ended(tasks[0]!)).to.equal('FINISHED');
      expect(master.states(tasks[0]!.executionId)).to.deep.equal(['INITIALIZING', 'RUNNING', 'FINISHED']);
      expect(readFileSync(out, 'utf8')).to.equal('2\n4\n6\n');
      expect(master.updates.at(-1)!.accumulators).to.deep.equal({ seen: { type: 'LongCounter', value: 3 } });
      const port = master.registrations[0]!.slots[0]!.data.port;
      await master.taskManager.call('freeSlot', { sessionId: master.sessionId, slotIndex: 0, allocationId });
      await eventually(() => master.available.length === 1);
      expect(master.available[0]!.data.port).to.not.equal(port);
      await run(program);
      expect(master.requests.length).to.equal(1);
    });

    it("names the author's line when a function throws", async () => {
      await start();
      const program = await programOf(
        main(`env.fromElements(1).map((x: number): number => {\n throw new RangeError('no ' + x);\n}).print();`),
      );
      master.blobs.set(program.job.program!.bundle.sha256, program.code);
      const { tasks } = await run(program);
      expect(await ended(tasks[0]!)).to.equal('FAILED');
      const { error } = master.updates.at(-1)!;
      expect(error!.code).to.equal('TASK_FAILED');
      expect(error!.message).to.equal("'Map' (1/1) failed at record 1 of its source: RangeError: no 1");
      expect(error!.cause!.name).to.equal('RangeError');
      expect(error!.cause!.stack).to.match(/job\.ts:7:\d+/);
    });

    it('survives the death of a thread: its tasks fail with the cause, the slot comes back when it is freed', async () => {
      await start();
      const program = await programOf(
        main(
          `env.fromElements(1).map(x => { setTimeout(() => { throw new Error('out of nowhere'); }, 1); return new Promise<number>(() => {}); }).print();`,
        ),
      );
      master.blobs.set(program.job.program!.bundle.sha256, program.code);
      const { tasks, allocationId } = await run(program);
      expect(await ended(tasks[0]!)).to.equal('FAILED');
      expect(master.updates.at(-1)!.error!.cause!.message).to.equal('out of nowhere');
      await master.taskManager.call('freeSlot', { sessionId: master.sessionId, slotIndex: 0, allocationId });
      await eventually(() => master.available.length === 1);
      expect((await master.request(0, program.job)).data.port).to.equal(master.available[0]!.data.port);
    });

    it('fails a job that outgrows its slot, with figures and the knob, and goes on', async () => {
      await start({ memory: deriveMemory(256 * MB, 1) } as Partial<TaskManagerOptions>);
      const program = await programOf(
        main(`
        const kept: unknown[] = [];
        env.fromSequence(1, 1e9).map(x => { kept.push({ x, text: 'x' + x, more: [x, x] }); return x; }).filter(() => false).print();`),
      );
      master.blobs.set(program.job.program!.bundle.sha256, program.code);
      const { tasks } = await run(program);
      expect(await ended(tasks[0]!)).to.equal('FAILED');
      const { error } = master.updates.at(-1)!;
      expect(error!.code).to.equal('OUT_OF_MEMORY');
      expect(error!.message).to.match(/^Slot 0 holds \d+ MB .* share of \d+ MB.*Raise -tm .*now 256 MB/);
    }).timeout(30_000);

    it('ends with the reason when a task does not stop', async () => {
      await start({ cancellationTimeoutMs: 300 });
      const program = await programOf(main('env.fromElements(1).map(x => { for (;;) x++; }).print();'));
      master.blobs.set(program.job.program!.bundle.sha256, program.code);
      const { tasks } = await run(program);
      await eventually(() => master.states(tasks[0]!.executionId).includes('RUNNING'));
      const { executionId } = tasks[0]!;
      await master.taskManager.call('cancelTask', { sessionId: master.sessionId, executionId });
      expect((await taskManager!.ended)!.message).to.contain('task.cancellation.timeout');
      await eventually(() => master.disconnected.length === 1);
      // The process would end here; in this one the thread is ended by force.
      await taskManager!.kill();
    });
  });

  describe('inline', () => {
    const inline = { slotMode: 'inline', fileSystems } as Partial<TaskManagerOptions>;

    it('runs functions of this process, each subtask with objects of its own', async () => {
      const job = new TestingJob();
      const seen: unknown[] = [];
      const mapper = {
        count: 0,
        map(this: { count: number }, x: number) {
          this.count++;
          seen.push(this);
          return [x, this.count];
        },
      };
      job.sequence(1, 6, 3).map(mapper, { parallelism: 3 }).print('', { parallelism: 3 });
      const graph = job.graph();
      const printed: string[] = [];
      await start({
        ...inline,
        functionsOf: () => job.functions(),
        print: (_: string, text: string) => printed.push(text),
      } as Partial<TaskManagerOptions>);
      const { tasks } = await run({ graph, job: graph, code: new Uint8Array() });
      for (const task of tasks) expect(await ended(task)).to.equal('FINISHED');
      expect(printed.join('').trim().split('\n').sort()).to.deep.equal(
        [1, 2, 3].flatMap(s => [`${s}> (${2 * s - 1},1)`, `${s}> (${2 * s},2)`]),
      );
      expect(new Set(seen).size).to.equal(3);
      expect(mapper.count).to.equal(0);
    });

    it('refuses messages of another session and of another allocation', async () => {
      await start(inline);
      const job = new TestingJob();
      job.elements([1]).print();
      const graph = job.graph();
      const failureOf = (p: Promise<unknown>): Promise<string> =>
        p.then(
          () => 'done',
          (e: Error & { code?: string }) => `${e.code}: ${e.message}`,
        );
      const other = { sessionId: randomId(), slotIndex: 0, allocationId: randomId(), job: graph };
      expect(await failureOf(master.taskManager.call('requestSlot', other))).to.match(/^FENCED/);
      await master.request(0, graph);
      expect(await failureOf(master.request(0, graph))).to.match(/^ILLEGAL_STATE: Slot 0 is held by allocation/);
      const tasks = deploy(graph, randomId());
      expect(await failureOf(master.taskManager.call('submitTasks', { sessionId: master.sessionId, tasks }))).to.match(
        /^FENCED/,
      );
    });

    it('registers anew with fresh slots when the connection breaks', async () => {
      const job = new TestingJob();
      job
        .source(
          { kind: 'source.function', parallel: false },
          { function: { run: () => new Promise(() => {}), cancel() {} } },
        )
        .print();
      const graph = job.graph();
      await start({ ...inline, functionsOf: () => job.functions() } as Partial<TaskManagerOptions>);
      const { tasks } = await run({ graph, job: graph, code: new Uint8Array() });
      await eventually(() => master.states(tasks[0]!.executionId).includes('RUNNING'));
      master.connection!.close();
      await eventually(() => master.registrations.length === 2);
      expect(master.registrations[1]!.slots[0]!.allocationId).to.equal(undefined);
      await master.request(0, graph);
    });

    it('ends with the reason when nobody takes its registration in time', async () => {
      const { port } = master;
      await start({ ...inline, registrationTimeoutMs: 300 });
      await master.close();
      const reason = await taskManager!.ended;
      expect(reason!.message).to.contain(`127.0.0.1:${port}`).and.contain('taskmanager.registration.timeout');
      master = await TestingApplicationMaster.start();
    });

    it('ends once its container is gone with its ApplicationMaster', async () => {
      const containerDir = tempDir();
      await start({ ...inline, containerDir });
      await master.close();
      rmSync(containerDir, { recursive: true });
      expect((await taskManager!.ended)!.message).to.contain('its container is gone');
      master = await TestingApplicationMaster.start();
    });

    it('ends at once when its secret is refused', async () => {
      const stranger = await TaskManager.start({
        taskManagerId: 'x',
        applicationMaster: { host: '127.0.0.1', port: master.port },
        secret: 'another',
        host: '127.0.0.1',
        slots: 1,
        memory: deriveMemory(512 * MB, 1),
        tmpDir: tempDir(),
        slotMode: 'inline',
        fileSystems,
      });
      expect((await stranger.ended)!.message).to.contain('secret');
    });

    it('sends heartbeats with the figures of its tasks', async () => {
      master.heartbeatIntervalMs = 30;
      const job = new TestingJob();
      job
        .sequence(1, 1e12)
        .filter(() => false)
        .print();
      const graph = job.graph();
      await start({ ...inline, functionsOf: () => job.functions() } as Partial<TaskManagerOptions>);
      const { tasks } = await run({ graph, job: graph, code: new Uint8Array() });
      const beat = await eventually(() => master.heartbeats.find(h => (h.tasks[0]?.busyMs ?? 0) > 50));
      expect(beat.rss).to.be.greaterThan(10 * MB);
      expect(beat.tasks[0]!.executionId).to.equal(tasks[0]!.executionId);
    });

    it('says good-bye when it is stopped', async () => {
      await start(inline);
      await taskManager!.close('stopped by its user');
      await eventually(() => master.disconnected.includes('stopped by its user'));
      expect(await taskManager!.ended).to.equal(undefined);
    });
  });

  it('hands out a bundle only if its content is what the hash says', async () => {
    await start();
    const program = await programOf(main('env.fromElements(1).print();'));
    const { sha256 } = program.job.program!.bundle;
    master.blobs.set(sha256, Buffer.from('something else'));
    const allocationId = randomId();
    await master.request(0, program.job, allocationId);
    const tasks = deploy(program.graph, allocationId);
    const failure = await master.taskManager.call('submitTasks', { sessionId: master.sessionId, tasks }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(failure).to.contain(createHash('sha256').update('something else').digest('hex'));
  });
});
