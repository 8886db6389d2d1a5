import { deserializeError, rootCause } from '../../core/errors.js';
import { FileSystems } from '../../core/fs/index.js';
import { channelsFrom, channelsTo, type JobGraph } from '../../core/graph/index.js';
import { randomId } from '../../core/ids.js';
import type { HostPort, JobInformation, TaskDeploymentDescriptor, TaskStateUpdate } from '../../core/protocol/index.js';
import { dataRingBytes } from '../../taskmanager/network/ring-memory.js';
import { cloneFunctions } from '../../taskmanager/slots/clone-functions.js';
import { type LinkedHost, SlotLinks } from '../../taskmanager/slots/slot-links.js';
import { SlotRuntime, type SlotRuntimeOptions } from '../../taskmanager/slots/slot-runtime.js';
import { eventually } from '../testing/eventually.js';
import type { TestingJob } from './testing-job.js';

export const SECRET = 'a secret of the tests';

const FINAL = new Set(['FINISHED', 'CANCELED', 'FAILED']);

/**
 * Some slots in this process and what they reported, joined by real WebSockets, or by rings as those of one TaskManager.
 */
export class TestingSlots {
  readonly updates: TaskStateUpdate[] = [];
  readonly printed: string[] = [];
  readonly fileSystems = new FileSystems();
  readonly runtimes: SlotRuntime[] = [];
  private readonly jobs = new Map<string, TestingJob>();
  private linked = false;
  links: SlotLinks | undefined;

  static async start(
    count: number,
    { linked = false, ...options }: Partial<SlotRuntimeOptions> & { linked?: boolean } = {},
  ): Promise<TestingSlots> {
    const slots = new TestingSlots();
    slots.linked = linked;
    const links = new SlotLinks(dataRingBytes(options.networkMemory ?? 32 * 1024 ** 2, count));
    slots.links = links;
    for (let i = 0; i < count; i++) {
      let host: LinkedHost | undefined;
      const runtime = await SlotRuntime.start({
        id: `slot-${i}`,
        bindHost: '127.0.0.1',
        port: 0,
        secret: SECRET,
        fileSystems: slots.fileSystems,
        report: update => slots.updates.push(update),
        bind: async job => cloneFunctions(slots.jobs.get(job.jobId)!.functions()),
        print: (_stream, text) => slots.printed.push(text),
        ...(linked && { link: async producer => links.connect(host!, producer) }),
        ...options,
      });
      host = { data: runtime.data, ended: new Promise(() => {}), serve: memory => runtime.serve(memory) };
      links.add(host);
      slots.runtimes.push(runtime);
    }
    return slots;
  }

  /** Printed lines, all together. */
  get lines(): string[] {
    return this.printed.join('').split('\n').slice(0, -1);
  }

  /** Deploys all subtasks: subtask i of each vertex goes to slot i modulo the slots, as slot sharing does. */
  deploy(job: TestingJob, { parallelism = 1, shift = 0 }: { parallelism?: number; shift?: number } = {}): TestingRun {
    const graph = job.graph(parallelism);
    this.jobs.set(graph.jobId, job);
    const run = new TestingRun(this, graph);
    const slotOf = (vertex: string, subtask: number): number => {
      const order = graph.vertices.findIndex(v => v.id === vertex);
      return (subtask + order * shift) % this.runtimes.length;
    };
    const information: JobInformation = { jobId: graph.jobId, jobName: graph.jobName, config: graph.config };
    const bySlot = this.runtimes.map((): TaskDeploymentDescriptor[] => []);
    for (const descriptor of descriptorsOf(
      graph,
      run.executions,
      slotOf,
      this.runtimes.map(r => r.data),
      this.linked,
    ))
      bySlot[descriptor.slotIndex]!.push(descriptor);
    // Consumers first where they are in other slots: they must be able to wait.
    for (const [i, tasks] of [...bySlot.entries()].reverse()) this.runtimes[i]!.submit(information, tasks);
    return run;
  }

  async run(job: TestingJob, options: { parallelism?: number; shift?: number } = {}): Promise<TestingRun> {
    const run = this.deploy(job, options);
    await run.ended();
    const failed = run.updates.find(u => u.state === 'FAILED');
    if (failed) throw rootCause(deserializeError(failed.error!));
    return run;
  }

  async close(): Promise<void> {
    await Promise.all(this.runtimes.map(r => r.close()));
    await this.fileSystems.close();
  }
}

export class TestingRun {
  /** By `<vertex id>/<subtask>`. */
  readonly executions = new Map<string, string>();

  constructor(
    private readonly slots: TestingSlots,
    readonly graph: JobGraph,
  ) {}

  get updates(): TaskStateUpdate[] {
    return this.slots.updates.filter(u => u.jobId === this.graph.jobId);
  }

  get states(): string[] {
    return this.updates.map(u => u.state);
  }

  executionOf(vertexName: string, subtask = 0): string {
    const vertex = this.graph.vertices.find(v => v.name.includes(vertexName))!;
    return this.executions.get(`${vertex.id}/${subtask}`)!;
  }

  cancel(): void {
    for (const id of this.executions.values()) for (const runtime of this.slots.runtimes) runtime.cancel(id);
  }

  async running(): Promise<void> {
    await eventually(() => this.states.filter(s => s === 'RUNNING').length === this.executions.size);
  }

  /** All have ended, this way or that; when one fails the others are canceled, as a JobMaster does. */
  async ended(timeout = 8000): Promise<void> {
    let canceled = false;
    await eventually(
      () => {
        const final = this.updates.filter(u => FINAL.has(u.state));
        if (!canceled && final.some(u => u.state === 'FAILED')) {
          canceled = true;
          this.cancel();
        }
        return final.length === this.executions.size;
      },
      { timeout, interval: 5 },
    );
  }
}

export function descriptorsOf(
  graph: JobGraph,
  executions: Map<string, string>,
  slotOf: (vertex: string, subtask: number) => number,
  addresses: HostPort[],
  sameTaskManager = false,
): TaskDeploymentDescriptor[] {
  for (const v of graph.vertices) for (let i = 0; i < v.parallelism; i++) executions.set(`${v.id}/${i}`, randomId());
  return graph.vertices.flatMap(vertex =>
    Array.from({ length: vertex.parallelism }, (_, subtaskIndex): TaskDeploymentDescriptor => {
      const slotIndex = slotOf(vertex.id, subtaskIndex);
      return {
        jobId: graph.jobId,
        jobName: graph.jobName,
        executionId: executions.get(`${vertex.id}/${subtaskIndex}`)!,
        attempt: 0,
        allocationId: randomId(),
        slotIndex,
        vertex,
        subtaskIndex,
        inputs: graph.edges
          .filter(e => e.target === vertex.id)
          .map(edge => {
            const source = graph.vertices.find(v => v.id === edge.source)!;
            return {
              edge,
              channels: channelsTo(subtaskIndex, {
                partitioner: edge.partitioner,
                producers: source.parallelism,
                consumers: vertex.parallelism,
              }).map(c => {
                const slot = slotOf(source.id, c.producerSubtask);
                return {
                  partitionId: `${executions.get(`${source.id}/${c.producerSubtask}`)}/${edge.id}`,
                  producerSubtask: c.producerSubtask,
                  subpartition: c.subpartition,
                  producer: addresses[slot]!,
                  sameSlot: slot === slotIndex,
                  sameTaskManager,
                };
              }),
            };
          }),
        outputs: graph.edges
          .filter(e => e.source === vertex.id)
          .map(edge => {
            const target = graph.vertices.find(v => v.id === edge.target)!;
            return {
              edge,
              partitionId: `${executions.get(`${vertex.id}/${subtaskIndex}`)}/${edge.id}`,
              consumers: channelsFrom(subtaskIndex, {
                partitioner: edge.partitioner,
                producers: vertex.parallelism,
                consumers: target.parallelism,
              }).map(c => ({ subtask: c.consumerSubtask, subpartition: c.subpartition })),
              consumerParallelism: target.parallelism,
              consumerMaxParallelism: target.maxParallelism,
            };
          }),
      };
    }),
  );
}
