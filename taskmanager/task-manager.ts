import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { MillraceError, serializeError } from '../core/errors.js';
import { type Closeable, Lifecycle } from '../core/lifecycle.js';
import { type Logger, silentLogger } from '../core/logging.js';
import { MemoryWatch } from '../core/memory-watch.js';
import type {
  HostPort,
  JobInformation,
  MemorySplit,
  RegisterTaskManager,
  TaskDeploymentDescriptor,
  TaskManagerGateway,
  TaskStateUpdate,
} from '../core/protocol/index.js';
import { DEFAULT_HEARTBEAT, type Handlers, type HeartbeatOptions } from '../core/rpc/index.js';
import { VERSION } from '../core/version.js';
import { BundleStore } from './bundle-store.js';
import { readLogTail } from './log-tail.js';
import { MasterLink } from './master-link.js';
import { exposedGc } from './slots/heap-watch.js';
import { type SlotHostOptions, slotHostFactory } from './slots/host-factory.js';
import { Slot } from './slots/slot.js';
import { SocketBudget } from './slots/socket-budget.js';

interface TaskManagerBaseOptions {
  /** Default: `<host>:<data port of slot 0>-<6 hex>`. */
  taskManagerId?: string;
  /** The ApplicationMaster's control endpoint. */
  applicationMaster: HostPort;
  secret: string;
  /** Under which other TaskManagers reach this one. */
  host: string;
  slots: number;
  memory: MemorySplit;
  /** For bundles. */
  tmpDir: string;
  heartbeat?: HeartbeatOptions;
  /** Milliseconds; default 300,000. */
  registrationTimeoutMs?: number;
  /** Of the YARN container: its NodeManager removes it with the container, and once it is gone no registration is tried again. */
  containerDir?: string;
  /** Milliseconds; default 180,000; 0: for ever. */
  cancellationTimeoutMs?: number;
  /** Watch the process's RSS. */
  watchMemory?: boolean;
  /** Folder of taskmanager.log, .out, .err. */
  logDir?: string;
  logger?: Logger;
}

/** How long a TaskManager waits for an answer to its good-bye, and, when it fails, for its slots. */
const FAREWELL_MS = 1000;
const LAST_GRACE_MS = 2000;

/** How slots are hosted (worker threads, or inline for the MiniCluster) beside what every TaskManager needs. */
export type TaskManagerOptions = TaskManagerBaseOptions & SlotHostOptions;

/**
 * Offers slots to an ApplicationMaster and does in them what it is told. This thread carries control only. When the
 * connection breaks, all that runs is canceled and the slots start afresh before it registers anew.
 */
export class TaskManager implements Closeable {
  /** Resolves when it has ended: with nothing after an orderly end, else with the reason. */
  readonly ended: Promise<MillraceError | undefined>;
  private readonly lifecycle = new Lifecycle();
  private readonly slots: Slot[];
  private readonly bundles: BundleStore;
  private readonly sockets = new SocketBudget();
  private link: MasterLink | undefined;
  private readonly logger: Logger;
  private name: string | undefined;
  private sessionId: string | undefined;
  private blobUrl = '';
  private closing: Promise<void> | undefined;
  private heartbeatTimer: NodeJS.Timeout | undefined;
  private settleEnded!: (reason: MillraceError | undefined) => void;

  private constructor(private readonly options: TaskManagerOptions) {
    const { slots, tmpDir, secret, cancellationTimeoutMs = 180_000 } = options;
    this.logger = options.logger ?? silentLogger;
    this.ended = new Promise(resolve => {
      this.settleEnded = resolve;
    });
    this.bundles = this.lifecycle.own(new BundleStore({ tmpDir, secret }));
    const createHost = slotHostFactory(options, this.logger);
    this.slots = Array.from(
      { length: slots },
      (_, index) =>
        new Slot({
          index,
          createHost,
          cancellationTimeoutMs,
          onState: update => this.onState(update),
          onWarning: message => this.warn(message),
          onAvailable: report => this.link?.master?.notify('slotAvailable', report),
          onFatal: error => this.end(error),
        }),
    );
  }

  /** Its slots are listening when it resolves; it registers from there on, in the background. */
  static async start(options: TaskManagerOptions): Promise<TaskManager> {
    const taskManager = new TaskManager(options);
    try {
      await Promise.all(taskManager.slots.map(slot => slot.start()));
    } catch (error) {
      await taskManager.close();
      throw error;
    }
    if (options.watchMemory) taskManager.watchMemory();
    taskManager.register();
    return taskManager;
  }

  get id(): string {
    this.name ??=
      this.options.taskManagerId ??
      `${this.options.host}:${this.slots[0]?.address?.port ?? 0}-${randomBytes(3).toString('hex')}`;
    return this.name;
  }

  get isRegistered(): boolean {
    return this.link?.master !== undefined;
  }

  /** Where the slots' data servers listen, those of slots that are being renewed left out. */
  get dataAddresses(): HostPort[] {
    return this.slots.flatMap(slot => slot.address ?? []);
  }

  /** Cancels what runs, tells the ApplicationMaster, and leaves nothing behind. Idempotent. */
  close(reason = 'The TaskManager was stopped.'): Promise<void> {
    return (this.closing ??= this.closeAll(new MillraceError('TASK_MANAGER_LOST', reason), undefined));
  }

  /** Ends threads that `close` waits for in vain. Only the process's end is as sure; for tests. */
  async kill(): Promise<void> {
    await Promise.all(this.slots.map(slot => slot.kill()));
    await this.closing;
  }

  /** Something that can't be mended: the same, with a reason for `ended`. */
  private end(error: MillraceError): void {
    this.logger.error(error.message, error);
    // What is being closed already does not get there by itself.
    if (this.closing) this.settleEnded(error);
    this.closing ??= this.closeAll(error, error);
  }

  private async closeAll(reason: MillraceError, failure: MillraceError | undefined): Promise<void> {
    clearInterval(this.heartbeatTimer);
    const slots = Promise.all(this.slots.map(slot => slot.close()));
    // An answer says that it arrived: the process may end right after.
    const farewell = this.link?.master?.call(
      'disconnectTaskManager',
      { reason: serializeError(reason) },
      { timeoutMs: FAREWELL_MS },
    );
    await farewell?.catch(() => {});
    this.link?.close();
    // What does not stop must not keep the process: its owner ends it after `ended`.
    await (failure ? Promise.race([slots, new Promise(done => setTimeout(done, LAST_GRACE_MS).unref())]) : slots);
    await this.lifecycle.close();
    this.settleEnded(failure);
    await slots;
  }

  private register(): void {
    const { options } = this;
    this.link = new MasterLink({
      address: options.applicationMaster,
      secret: options.secret,
      taskManagerId: this.id,
      handlers: this.handlers(),
      heartbeat: options.heartbeat ?? DEFAULT_HEARTBEAT,
      registrationTimeoutMs: options.registrationTimeoutMs ?? 300_000,
      isWanted: () => options.containerDir === undefined || existsSync(options.containerDir),
      logger: this.logger,
      registration: () => this.registration(),
      onRegistered: accepted => {
        this.sessionId = accepted.sessionId;
        this.blobUrl = accepted.blobUrl;
        this.logger.info(`Registered at the ApplicationMaster with ${options.slots} slots.`);
        this.startHeartbeat(accepted.heartbeatIntervalMs);
      },
      onLost: () => this.onMasterLost(),
      onGivenUp: error => this.end(error),
    });
    void this.link.run();
  }

  private handlers(): Handlers<TaskManagerGateway> {
    return {
      requestSlot: ({ sessionId, slotIndex, allocationId, job }) => {
        this.checkSession(sessionId);
        // The bundle is on its way while the ApplicationMaster collects the other slots.
        if (job.program) this.bundleOf(job)?.catch(() => {});
        return this.slot(slotIndex).request(allocationId, job);
      },
      submitTasks: async ({ sessionId, tasks }) => {
        this.checkSession(sessionId);
        for (const [slotIndex, group] of bySlot(tasks)) {
          const slot = this.slot(slotIndex);
          const job = slot.jobOf(group[0]!.allocationId);
          const bundle = await this.bundleOf(job);
          this.sockets.take(slotIndex, group);
          slot.submit(group, bundle);
        }
      },
      cancelTask: ({ sessionId, executionId }) => {
        this.checkSession(sessionId);
        for (const slot of this.slots) slot.cancel(executionId);
      },
      freeSlot: ({ sessionId, slotIndex, allocationId }) => {
        this.checkSession(sessionId);
        this.slot(slotIndex).free(allocationId);
        this.sockets.give(slotIndex);
        this.bundles.prune(new Set(this.slots.flatMap(slot => slot.bundle ?? [])));
      },
      shutDown: ({ reason }) => {
        this.logger.info(`Shutting down: ${reason}`);
        void this.close(reason);
      },
      readLog: ({ file, maxBytes }) => readLogTail(this.options.logDir, file, maxBytes),
    };
  }

  private bundleOf(job: JobInformation): Promise<string> | undefined {
    return job.program && this.bundles.file(this.blobUrl, job.program.bundle.sha256);
  }

  private registration(): RegisterTaskManager {
    const { host, memory } = this.options;
    return {
      taskManagerId: this.id,
      host,
      pid: process.pid,
      slots: this.slots.map(slot => slot.report()),
      memory,
      cpuCores: availableParallelism(),
      physicalMemory: totalmem(),
      version: VERSION,
    };
  }

  private async onMasterLost(): Promise<void> {
    clearInterval(this.heartbeatTimer);
    this.sessionId = undefined;
    await Promise.all(this.slots.map(slot => slot.reset()));
    for (const { index } of this.slots) this.sockets.give(index);
    this.bundles.prune(new Set());
  }

  private onState(update: TaskStateUpdate): void {
    this.link?.master?.notify('updateTaskState', update);
  }

  private warn(message: string): void {
    this.logger.warn(message);
    this.link?.master?.notify('reportWarning', { message });
  }

  private startHeartbeat(intervalMs: number): void {
    clearInterval(this.heartbeatTimer);
    this.heartbeatTimer = setInterval(() => void this.beat(), intervalMs);
  }

  private async beat(): Promise<void> {
    const usages = await Promise.all(this.slots.map(slot => slot.usage()));
    this.link?.master?.notify('heartbeat', {
      rss: process.memoryUsage.rss(),
      heapUsed: usages.reduce((sum, u) => sum + u.heapUsed, process.memoryUsage().heapUsed),
      tasks: usages.flatMap(u => u.tasks),
    });
  }

  private watchMemory(): void {
    const collectGarbage = exposedGc();
    this.lifecycle.own(
      new MemoryWatch({
        subject: 'The TaskManager',
        flag: '-tm (taskmanager.memory.process.size)',
        limit: this.options.memory.process,
        onWarning: message => this.warn(message),
        onShed: () => {
          for (const slot of this.slots) slot.shed();
          collectGarbage();
        },
      }),
    );
  }

  private checkSession(sessionId: string): void {
    if (sessionId === this.sessionId) return;
    throw new MillraceError(
      'FENCED',
      `A message of session ${sessionId}, but this TaskManager is registered in ${this.sessionId ?? 'none'}.`,
    );
  }

  private slot(index: number): Slot {
    const slot = this.slots[index];
    if (slot) return slot;
    throw new MillraceError('ILLEGAL_ARGUMENT', `TaskManager ${this.id} has no slot ${index}.`, { domain: 'internal' });
  }
}

function bySlot(tasks: TaskDeploymentDescriptor[]): Map<number, TaskDeploymentDescriptor[]> {
  const groups = new Map<number, TaskDeploymentDescriptor[]>();
  for (const task of tasks) {
    const group = groups.get(task.slotIndex);
    if (group) group.push(task);
    else groups.set(task.slotIndex, [task]);
  }
  return groups;
}
