// A process that plays many TaskManagers; scale-simulated.ts forks it and tells it what to do.
import type {
  ApplicationMasterGateway,
  SlotReport,
  TaskDeploymentDescriptor,
  TaskManagerGateway,
  TaskMetrics,
  TaskStateUpdate,
} from '../core/protocol/index.js';
import { connectRpc, type Gateway, type Handlers, type RpcConnection } from '../core/rpc/index.js';

export interface SimulatorOptions {
  rpcPort: number;
  secret: string;
  taskManagers: number;
  slots: number;
  /** Milliseconds. */
  heartbeat: { intervalMs: number; timeoutMs: number };
}
/** `cut`: all connections break, then all register anew. */
export type ToSimulator = { type: 'start'; options: SimulatorOptions } | { type: 'cut' } | { type: 'stop' };
export interface FromSimulator {
  type: 'registered';
}

const MB = 1024 ** 2;
/** Connections that are being opened at a time: a handshake has a deadline. */
const AT_ONCE = 50;

/** Speaks what a TaskManager speaks, and runs nothing: a task is RUNNING at once and CANCELED when it is told to. */
class SimulatedTaskManager {
  private connection: RpcConnection | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly tasks = new Map<string, { jobId: string; metrics: TaskMetrics }>();

  constructor(
    private readonly index: number,
    private readonly options: SimulatorOptions,
  ) {}

  async register(): Promise<void> {
    const { rpcPort, secret, heartbeat, slots } = this.options;
    const id = `simulated-${this.index}`;
    this.connection = await connectRpc<TaskManagerGateway>({
      host: '127.0.0.1',
      port: rpcPort,
      secret,
      self: { role: 'taskmanager', id },
      handlers: this.handlers(),
      heartbeat,
      timeoutMs: 60_000,
    });
    await this.master.call(
      'registerTaskManager',
      {
        taskManagerId: id,
        host: '127.0.0.1',
        pid: process.pid,
        slots: Array.from({ length: slots }, (_, i) => this.report(i)),
        memory: { process: 1024 * MB, code: 64 * MB, heapPerSlot: 64 * MB, network: 64 * MB, managed: 0, overhead: 0 },
        cpuCores: 4,
        physicalMemory: 16_384 * MB,
        version: '0.1.0',
      },
      { timeoutMs: 120_000 },
    );
    // Real ones don't beat in step.
    this.timer = setTimeout(() => this.beat(), Math.random() * heartbeat.intervalMs);
  }

  disconnect(): void {
    clearTimeout(this.timer);
    this.connection?.close();
    this.tasks.clear();
  }

  private get master(): Gateway<ApplicationMasterGateway> {
    return this.connection!.gateway<ApplicationMasterGateway>();
  }

  private beat(): void {
    const tasks = [...this.tasks.values()].map(t => t.metrics);
    this.master.notify('heartbeat', { rss: 200 * MB, heapUsed: 50 * MB, tasks });
    this.timer = setTimeout(() => this.beat(), this.options.heartbeat.intervalMs);
  }

  private report(index: number): SlotReport {
    return { index, data: { host: '127.0.0.1', port: 10_000 + ((this.index * 8 + index) % 50_000) } };
  }

  private handlers(): Handlers<TaskManagerGateway> {
    return {
      requestSlot: ({ slotIndex }) => this.report(slotIndex),
      submitTasks: ({ tasks }) => {
        for (const task of tasks) this.deploy(task);
      },
      cancelTask: ({ executionId }) => {
        const task = this.tasks.get(executionId);
        if (!task) return;
        this.tasks.delete(executionId);
        this.tell(task.jobId, executionId, 'CANCELED');
      },
      freeSlot: ({ slotIndex }) => {
        setImmediate(() => this.master.notify('slotAvailable', this.report(slotIndex)));
      },
      shutDown: () => this.disconnect(),
    };
  }

  private deploy({ jobId, jobName, executionId }: TaskDeploymentDescriptor): void {
    const zero = { recordsIn: 0, recordsOut: 0, bytesIn: 0, bytesOut: 0, busyMs: 0, backPressuredMs: 0, idleMs: 0 };
    this.tasks.set(executionId, { jobId, metrics: { executionId, ...zero } });
    setImmediate(() => {
      this.tell(jobId, executionId, 'INITIALIZING');
      this.tell(jobId, executionId, 'RUNNING');
      if (jobName !== 'finite') return;
      this.tasks.delete(executionId);
      this.tell(jobId, executionId, 'FINISHED');
    });
  }

  private tell(jobId: string, executionId: string, state: TaskStateUpdate['state']): void {
    this.master.notify('updateTaskState', { jobId, executionId, state });
  }
}

let all: SimulatedTaskManager[] = [];

async function registerAll(): Promise<void> {
  const waiting = [...all];
  const next = async (): Promise<void> => {
    for (let one = waiting.pop(); one; one = waiting.pop()) await one.register();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  process.send!({ type: 'registered' } satisfies FromSimulator);
}

process.on('message', (message: ToSimulator) => {
  if (message.type === 'start') {
    all = Array.from({ length: message.options.taskManagers }, (_, i) => new SimulatedTaskManager(i, message.options));
    void registerAll();
  } else if (message.type === 'cut') {
    for (const one of all) one.disconnect();
    void registerAll();
  } else process.exit(0);
});
process.on('disconnect', () => process.exit(0));
