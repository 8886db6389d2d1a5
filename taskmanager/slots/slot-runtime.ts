import { tmpdir } from 'node:os';
import { MillraceError } from '../../core/errors.js';
import type { FileSystems } from '../../core/fs/index.js';
import type { OperatorFunctions } from '../../core/graph/index.js';
import { type Closeable, Lifecycle } from '../../core/lifecycle.js';
import { Limiter } from '../../core/limiter.js';
import { type Logger, silentLogger, writeFully } from '../../core/logging.js';
import type {
  ChannelDescriptor,
  HostPort,
  JobInformation,
  TaskDeploymentDescriptor,
  TaskMetrics,
  TaskStateUpdate,
} from '../../core/protocol/index.js';
import type { BufferDebloatOptions } from '../network/buffer-debloater.js';
import { DataClient } from '../network/data-client.js';
import { DataServer } from '../network/data-server.js';
import type { FrameTransport } from '../network/frame-transport.js';
import { LocalChannel } from '../network/input-channel.js';
import { type GateChannel, InputGate } from '../network/input-gate.js';
import { NetworkMemory } from '../network/network-memory.js';
import { PartitionRegistry } from '../network/partition-registry.js';
import { ResultPartition } from '../network/result-partition.js';
import { type RingMemory, ringBytes } from '../network/ring-memory.js';
import { RingTransport } from '../network/ring-transport.js';
import { dialSocket } from '../network/socket-transport.js';
import { Task, type TaskEnvironment } from '../task/task.js';

export interface SlotRuntimeOptions {
  /** Names the slot to its peers: `<host>/<index>`. */
  id: string;
  /** The interface that the data server listens on. */
  bindHost: string;
  /** The host that other slots find it by. Default: bindHost. */
  host?: string;
  /** A port, a range, or 0 for any. */
  port: number | string;
  secret: string;
  fileSystems: FileSystems;
  /** Bytes for batches in flight. */
  networkMemory?: number;
  /** Of local files with records that find no room in memory. Default: the system's temporary folder. */
  tmpDir?: string;
  /** Bytes that records may take while they are sorted, for all tasks of the slot. Default 32 MB. */
  sortMemory?: number;
  /** Batches shrink for slow tasks. Default: they do not. */
  debloat?: BufferDebloatOptions;
  /** More than `networkMemory` is in flight: a slot in a thread of its own looks at its heap. */
  onNetworkOutgrown?: () => void;
  /** Joins this slot to another of its TaskManager. Absent: by sockets, as to all others. */
  link?: (producer: HostPort) => Promise<RingMemory>;
  report(update: TaskStateUpdate): void;
  /** Fresh functions for each call, by operator id. */
  bind(job: JobInformation, task: TaskDeploymentDescriptor): Promise<ReadonlyMap<string, OperatorFunctions>>;
  /** Default: standard output and error, synchronously. */
  print?: (stream: 'out' | 'err', text: string) => void;
  logger?: Logger;
  now?: () => number;
  random?: () => number;
  /** After each slice of a task; a slot in a thread of its own watches its heap here. */
  afterSlice?: () => void;
  /** True: no task is compiled, for tests that compare both. */
  interpreted?: boolean;
  /** How long a consumer's question waits for its producer to be deployed. Default 60,000. */
  partitionWaitMs?: number;
}

const SORT_MEMORY = 32 * 1024 * 1024;

/** Under way at a time: n slots that read from n others would begin n² of them in one moment, and answer none in time. */
const HANDSHAKES = 4;

/**
 * What runs in a slot: its data server, its connections, its tasks. It knows nothing of threads: a worker thread hosts
 * one, the MiniCluster hosts some in the main thread.
 */
export class SlotRuntime implements Closeable {
  private readonly lifecycle = new Lifecycle();
  private readonly tasks = new Map<string, Task>();
  private readonly registry: PartitionRegistry;
  private readonly memory: NetworkMemory;
  private readonly dialing = new Limiter(HANDSHAKES);
  private readonly logger: Logger;
  /** Bytes of the rings that it reads from. */
  private rings = 0;
  private server!: DataServer;
  private client!: DataClient;

  private constructor(private readonly options: SlotRuntimeOptions) {
    this.registry = new PartitionRegistry(options.partitionWaitMs);
    this.memory = new NetworkMemory(options.networkMemory, options.onNetworkOutgrown);
    this.logger = options.logger ?? silentLogger;
  }

  /** Listening when it resolves. */
  static async start(options: SlotRuntimeOptions): Promise<SlotRuntime> {
    const runtime = new SlotRuntime(options);
    const { id, bindHost, port, secret } = options;
    const { registry, memory, logger, lifecycle } = runtime;
    runtime.server = lifecycle.own(
      await DataServer.listen({ host: bindHost, port, secret, id, registry, memory, logger }),
    );
    runtime.client = lifecycle.own(new DataClient(descriptor => runtime.dial(descriptor), memory));
    lifecycle.defer(() => registry.close());
    return runtime;
  }

  /** Its partitions are read by another slot of its TaskManager over this memory. */
  serve(memory: RingMemory): void {
    this.server.accept(new RingTransport(memory, 'producer', { memory: this.memory }));
  }

  /** Where its partitions are read. */
  get data(): HostPort {
    return { host: this.options.host ?? this.options.bindHost, port: this.server.port };
  }

  /** For tests and metrics. */
  get usage(): { tasks: number; partitions: number; connections: number; networkUsed: number; networkPeak: number } {
    return {
      tasks: this.tasks.size,
      partitions: this.registry.size,
      connections: this.server.connectionCount + this.client.connectionCount,
      networkUsed: this.memory.used,
      networkPeak: this.memory.peak,
    };
  }

  /** All tasks of the job in this slot at once: their partitions are there before any of them asks for another's. */
  submit(job: JobInformation, descriptors: TaskDeploymentDescriptor[]): void {
    this.memory.fitBatches(descriptors.reduce((n, d) => n + d.outputs.reduce((m, o) => m + o.consumers.length, 0), 0));
    const sortMemory = (this.options.sortMemory ?? SORT_MEMORY) / Math.max(1, descriptors.length);
    const deployed = descriptors.filter(d => !this.tasks.has(d.executionId)).map(d => this.deploy(job, d, sortMemory));
    for (const task of deployed) task.start(() => this.options.bind(job, task.descriptor));
  }

  /** Unknown executions are fine: they may have ended. */
  cancel(executionId: string): void {
    this.tasks.get(executionId)?.cancel();
  }

  /** Fails everything that runs here. */
  abort(error: MillraceError): void {
    for (const task of this.tasks.values()) task.abort(error);
  }

  metrics(): TaskMetrics[] {
    return [...this.tasks.values()].map(task => task.metrics());
  }

  /** Memory is short: smaller batches. */
  shed(): void {
    this.memory.shed();
  }

  /** Cancels what runs, waits for its `close`, then closes sockets. */
  close(): Promise<void> {
    return (this.closing ??= this.closeAll());
  }

  private closing: Promise<void> | undefined;

  private async closeAll(): Promise<void> {
    const running = [...this.tasks.values()];
    for (const task of running) task.cancel();
    await Promise.all(running.map(task => task.done));
    await this.lifecycle.close();
  }

  private async dial({ producer, sameTaskManager }: ChannelDescriptor): Promise<FrameTransport> {
    const { link, secret, id } = this.options;
    if (!sameTaskManager || !link) return this.dialing.run(() => dialSocket(producer, { secret, id }));
    const shared = await link(producer);
    const bytes = ringBytes(shared);
    this.memory.take(bytes);
    this.rings += bytes;
    const onClosed = (): void => {
      this.memory.give(bytes);
      this.rings -= bytes;
    };
    const transport = new RingTransport(shared, 'consumer', { memory: this.memory, onClosed });
    if (this.rings <= this.memory.size) return transport;
    const needed = this.rings;
    transport.close();
    throw ringsTooLarge(needed, this.memory.size);
  }

  private deploy(job: JobInformation, descriptor: TaskDeploymentDescriptor, sortMemory: number): Task {
    const { vertex, subtaskIndex } = descriptor;
    let task: Task | undefined;
    const wake = (): void => task?.wake();
    const partitions = descriptor.outputs.map(output => {
      const sender = vertex.operators.find(o => o.operatorId === output.edge.sourceOperator)?.name ?? vertex.name;
      return new ResultPartition({
        descriptor: output,
        edgeName: `by '${sender}' (${output.edge.partitioner})`,
        memory: this.memory,
        ...(job.config.batch && { spillFolder: this.options.tmpDir ?? tmpdir() }),
        onWritable: wake,
        isIdle: () => task?.isIdle === true,
        onLayoutChanged: () => task?.recompile(),
      });
    });
    const { spec } = vertex.operators[0]!;
    const maxWait = spec.kind === 'iteration' ? spec.maxWaitMs : 0;
    const gate = descriptor.inputs.length === 0 ? undefined : new InputGate(this.channelsOf(descriptor), wake, maxWait);
    const logger = this.logger.child({
      jobId: descriptor.jobId,
      task: `${vertex.name} (${subtaskIndex + 1}/${vertex.parallelism})`,
    });
    const made = new Task(descriptor, job, this.environment(logger, sortMemory), { gate, partitions });
    task = made;
    this.tasks.set(descriptor.executionId, made);
    for (const partition of partitions) {
      this.registry.add(partition);
      void partition.consumed.then(() => this.registry.retire(partition.id));
    }
    void made.done.then(() => this.tasks.delete(descriptor.executionId));
    return made;
  }

  private channelsOf({ inputs }: TaskDeploymentDescriptor): GateChannel[] {
    const remote = inputs.reduce((n, gate) => n + gate.channels.filter(c => !c.sameSlot).length, 0);
    const credits = this.memory.creditsFor(remote);
    return inputs.flatMap(({ edge, channels }) =>
      channels.map(descriptor => ({
        input: edge.inputIndex,
        feedback: edge.feedback ?? false,
        channel: descriptor.sameSlot
          ? new LocalChannel(this.registry, descriptor.partitionId, descriptor.subpartition)
          : this.client.channel(descriptor, credits),
      })),
    );
  }

  private environment(logger: Logger, sortMemory: number): TaskEnvironment {
    const { fileSystems, print, now, random, report, afterSlice, interpreted, debloat } = this.options;
    return {
      fileSystems,
      logger,
      print: print ?? ((stream, text) => writeFully(stream === 'out' ? 1 : 2, text)),
      report: update => {
        const detail = update.error ? `: ${update.error.message}` : '';
        logger.info(`${update.state}${detail}`);
        report(update);
      },
      afterSlice: afterSlice ?? (() => {}),
      interpreted: interpreted ?? false,
      debloat,
      spillFolder: this.options.tmpDir ?? tmpdir(),
      sortMemory,
      now: now ?? Date.now,
      random: random ?? Math.random,
    };
  }
}

function ringsTooLarge(needed: number, share: number): MillraceError {
  const kb = (bytes: number): string => `${Math.ceil(bytes / 1024)} KB`;
  return new MillraceError(
    'INVALID_RESOURCE_REQUEST',
    `The channels to other slots of this TaskManager take more than the slot's share of network memory: ${kb(needed)} of ` +
      `${kb(share)}. Raise taskmanager.memory.network.fraction or -tm (taskmanager.memory.process.size), or lower -s ` +
      '(taskmanager.numberOfTaskSlots) or the parallelism.',
    { domain: 'user' },
  );
}
