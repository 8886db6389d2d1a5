import type { Clock } from '../../core/clock.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import { type HexId, randomId } from '../../core/ids.js';
import type { Logger } from '../../core/logging.js';
import type {
  HostPort,
  JobInformation,
  RegisterTaskManager,
  SlotReport,
  TaskManagerGateway,
  TaskManagerHeartbeat,
} from '../../core/protocol/index.js';
import type { Gateway, RpcConnection } from '../../core/rpc/index.js';
import type { ResourceManagerDriver } from './driver.js';

/** A slot held for a job. */
export interface SlotLease {
  readonly taskManagerId: string;
  readonly slotIndex: number;
  readonly allocationId: HexId;
  readonly data: HostPort;
  readonly gateway: Gateway<TaskManagerGateway>;
}

interface Slot {
  index: number;
  data: HostPort;
  lease?: SlotLease & { jobId: HexId };
  /** Freed, but its worker has not been replaced yet. */
  recovering: boolean;
}

export interface TaskManagerInfo {
  registration: RegisterTaskManager;
  connection: RpcConnection;
  slots: Slot[];
  idleSince: number;
  registeredAt: number;
  heartbeat?: TaskManagerHeartbeat;
  lastHeartbeat: number;
}

interface SlotRequest {
  job: JobInformation;
  count: number;
  since: number;
  resolve(leases: SlotLease[]): void;
  reject(error: Error): void;
}

export interface SlotManagerOptions {
  driver: ResourceManagerDriver;
  sessionId: HexId;
  clock: Clock;
  logger: Logger;
  /** Milliseconds. */
  slotRequestTimeout: number;
  taskManagerTimeout: number;
  /** Keep this many TaskManagers while idle: -n. */
  keepWorkers: number;
  /** A TaskManager that held slots of these jobs is gone. */
  onTaskManagerLost(taskManagerId: string, jobs: HexId[], reason: MillraceError): void;
}

/**
 * Which slot belongs to whom. A job gets all of its slots at once, in the order in which jobs asked: two jobs can't block
 * each other with half of what they need.
 */
export class SlotManager {
  readonly taskManagers = new Map<string, TaskManagerInfo>();
  private requests: SlotRequest[] = [];
  private readonly idleCheck: NodeJS.Timeout;
  private granting = false;

  constructor(private readonly options: SlotManagerOptions) {
    const period = Math.max(50, Math.min(1000, options.taskManagerTimeout / 4));
    this.idleCheck = setInterval(() => this.releaseIdle(), period);
    this.idleCheck.unref();
  }

  get slotsTotal(): number {
    return this.count(() => true);
  }

  get slotsFree(): number {
    return this.count(s => !s.lease && !s.recovering);
  }

  register(registration: RegisterTaskManager, connection: RpcConnection): void {
    const { taskManagerId } = registration;
    const now = this.options.clock.now();
    const known = this.taskManagers.get(taskManagerId);
    if (known && known.connection !== connection) {
      // It lost its connection and came back before we noticed: what ran there is not ours any more.
      this.drop(
        taskManagerId,
        known.connection,
        new MillraceError('TASK_MANAGER_LOST', `TaskManager ${taskManagerId} registered anew`),
      );
      known.connection.close();
    }
    this.taskManagers.set(taskManagerId, {
      registration,
      connection,
      slots: registration.slots.map(s => ({ index: s.index, data: s.data, recovering: false })),
      idleSince: now,
      registeredAt: now,
      lastHeartbeat: now,
    });
    this.options.logger.info(
      `TaskManager ${taskManagerId} at ${registration.host} registered ${registration.slots.length} slots`,
    );
    void connection.closed.then(reason => this.onDisconnected(taskManagerId, connection, reason));
    this.grant();
  }

  heartbeat(taskManagerId: string, heartbeat: TaskManagerHeartbeat): void {
    const tm = this.taskManagers.get(taskManagerId);
    if (!tm) return;
    tm.heartbeat = heartbeat;
    tm.lastHeartbeat = this.options.clock.now();
  }

  slotAvailable(taskManagerId: string, report: SlotReport): void {
    const slot = this.taskManagers.get(taskManagerId)?.slots.find(s => s.index === report.index);
    if (!slot || slot.lease) return;
    slot.data = report.data;
    slot.recovering = false;
    this.grant();
  }

  /**
   * Slots for a job, all or none. Rejects with NO_RESOURCE_AVAILABLE at once if they can never be had, or after
   * slot.request.timeout naming what was missing; with the signal's reason when it aborts.
   */
  request(job: JobInformation, count: number, signal: AbortSignal): Promise<SlotLease[]> {
    return new Promise((resolve, reject) => {
      const refusal = this.neverFits(count);
      if (refusal) {
        reject(refusal);
        return;
      }
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.requests = this.requests.filter(r => r !== request);
        this.updateDemand();
      };
      const request: SlotRequest = {
        job,
        count,
        since: this.options.clock.now(),
        resolve: leases => {
          finish();
          resolve(leases);
        },
        reject: error => {
          finish();
          reject(error);
        },
      };
      const onAbort = (): void => request.reject(signal.reason as Error);
      const timer = setTimeout(() => {
        const waited = `within ${this.options.slotRequestTimeout} ms (slot.request.timeout)`;
        const what = this.describe(request);
        request.reject(
          new MillraceError('NO_RESOURCE_AVAILABLE', `Could not get the required slots ${waited}: ${what}`),
        );
      }, this.options.slotRequestTimeout);
      signal.addEventListener('abort', onAbort);
      this.requests.push(request);
      this.grant();
    });
  }

  /** The error for a number of slots that no patience can give. */
  neverFits(count: number): MillraceError | undefined {
    const { driver } = this.options;
    if (driver.maxWorkers === undefined || count <= driver.maxWorkers * driver.slotsPerWorker) return undefined;
    return new MillraceError(
      'NO_RESOURCE_AVAILABLE',
      `needs ${count} slots, the cluster is capped at ${driver.maxWorkers * driver.slotsPerWorker}: ${driver.capDescription}`,
      { domain: 'user' },
    );
  }

  /** What a job waits for, in words. */
  waitingFor(jobId: HexId): string | undefined {
    const request = this.requests.find(r => r.job.jobId === jobId);
    return request && this.describe(request);
  }

  /** Gives a slot back. It can be had again when its worker was replaced. */
  release(lease: SlotLease): void {
    const tm = this.taskManagers.get(lease.taskManagerId);
    const slot = tm?.slots.find(s => s.lease?.allocationId === lease.allocationId);
    if (!tm || !slot) return;
    delete slot.lease;
    slot.recovering = true;
    tm.idleSince = this.options.clock.now();
    const { sessionId, logger } = this.options;
    const { slotIndex, allocationId } = lease;
    tm.connection
      .gateway<TaskManagerGateway>()
      .call('freeSlot', { sessionId, slotIndex, allocationId })
      .catch(error => logger.warn(`freeing slot ${slotIndex} of ${lease.taskManagerId}: ${messageOf(error)}`));
  }

  /** Tells all TaskManagers to end. */
  shutDown(reason: string): void {
    clearInterval(this.idleCheck);
    const gone = new MillraceError('CANCELED', reason);
    for (const request of [...this.requests]) request.reject(gone);
    for (const tm of this.taskManagers.values()) tm.connection.notify('shutDown', { reason });
  }

  /** A worker ended that may never have registered; if it had, its connection breaks too. */
  workerTerminated(workerId: string, reason: MillraceError): void {
    this.options.logger.warn(`TaskManager ${workerId} is gone: ${reason.message}`);
    const tm = this.taskManagers.get(workerId);
    if (tm) {
      this.drop(workerId, tm.connection, reason);
      tm.connection.close();
    }
    this.updateDemand();
  }

  updateDemand(): void {
    const { driver, keepWorkers } = this.options;
    const wantedSlots = this.requests.reduce((sum, r) => sum + r.count, 0);
    const usable = this.count(s => !s.lease);
    const missing = Math.max(0, Math.ceil((wantedSlots - usable) / driver.slotsPerWorker));
    const forKeep = Math.max(0, keepWorkers - this.taskManagers.size);
    const room =
      driver.maxWorkers === undefined ? Number.POSITIVE_INFINITY : driver.maxWorkers - this.taskManagers.size;
    driver.setPendingWorkers(Math.max(0, Math.min(room, Math.max(missing, forKeep))));
  }

  private grant(): void {
    if (this.granting) return;
    this.granting = true;
    void this.grantLoop().finally(() => {
      this.granting = false;
      this.updateDemand();
    });
  }

  private async grantLoop(): Promise<void> {
    for (;;) {
      const request = this.requests[0];
      if (!request || this.slotsFree < request.count) return;
      const leases: SlotLease[] = [];
      try {
        for (const [tm, slot] of this.freeSlots().slice(0, request.count))
          leases.push(await this.hold(tm, slot, request.job));
      } catch (error) {
        // That TaskManager is going: the others' slots go back, and the request waits on.
        this.options.logger.warn(`a slot could not be held: ${messageOf(error)}`);
        for (const lease of leases) this.release(lease);
        continue;
      }
      if (this.requests.includes(request)) request.resolve(leases);
      else for (const lease of leases) this.release(lease);
    }
  }

  private async hold(tm: TaskManagerInfo, slot: Slot, job: JobInformation): Promise<SlotLease> {
    const { sessionId } = this.options;
    const gateway = tm.connection.gateway<TaskManagerGateway>();
    const allocationId = randomId();
    const { taskManagerId } = tm.registration;
    const lease = { taskManagerId, slotIndex: slot.index, allocationId, data: slot.data, gateway, jobId: job.jobId };
    slot.lease = lease;
    try {
      const report = await gateway.call('requestSlot', { sessionId, slotIndex: slot.index, allocationId, job });
      slot.data = report.data;
      return Object.assign(lease, { data: report.data });
    } catch (error) {
      delete slot.lease;
      slot.recovering = true;
      throw error;
    }
  }

  private freeSlots(): Array<[TaskManagerInfo, Slot]> {
    return [...this.taskManagers.values()].flatMap(tm =>
      tm.slots.filter(s => !s.lease && !s.recovering).map(s => [tm, s] as [TaskManagerInfo, Slot]),
    );
  }

  private count(which: (slot: Slot) => boolean): number {
    let n = 0;
    for (const tm of this.taskManagers.values()) n += tm.slots.filter(which).length;
    return n;
  }

  private describe(request: SlotRequest): string {
    const seconds = Math.round((this.options.clock.now() - request.since) / 1000);
    const tms = [...this.taskManagers.values()].map(
      tm => `${tm.registration.taskManagerId} ${tm.slots.filter(s => !s.lease).length}/${tm.slots.length} free`,
    );
    const driver = this.options.driver.describeWaiting();
    return (
      `needs ${request.count} slots, ${this.slotsFree} of ${this.slotsTotal} are free` +
      ` (${tms.length === 0 ? 'no TaskManager is registered' : tms.join(', ')}), waiting since ${seconds} s` +
      `${driver ? `; ${driver}` : ''}`
    );
  }

  private async onDisconnected(id: string, connection: RpcConnection, reason: Error | undefined): Promise<void> {
    if (this.taskManagers.get(id)?.connection !== connection) return;
    const told = await this.options.driver.terminationOf(id);
    const lost = new MillraceError(
      'TASK_MANAGER_LOST',
      told
        ? `TaskManager ${id} was lost: ${told.message}`
        : `The connection to TaskManager ${id} was lost: ${reason?.message ?? 'closed'}`,
      { context: { taskManagerId: id }, ...(told && { cause: told }) },
    );
    this.drop(id, connection, lost);
    this.updateDemand();
  }

  private drop(id: string, connection: RpcConnection, reason: MillraceError): void {
    const tm = this.taskManagers.get(id);
    if (!tm || tm.connection !== connection) return;
    this.taskManagers.delete(id);
    const jobs = new Set(tm.slots.flatMap(s => s.lease?.jobId ?? []));
    this.options.onTaskManagerLost(id, [...jobs], reason);
  }

  private releaseIdle(): void {
    const now = this.options.clock.now();
    for (const [id, tm] of this.taskManagers) {
      if (this.taskManagers.size <= this.options.keepWorkers || this.requests.length > 0) return;
      const idle = tm.slots.every(s => !s.lease) && now - tm.idleSince > this.options.taskManagerTimeout;
      if (!idle || this.options.driver.maxWorkers === this.options.keepWorkers) continue;
      this.options.driver.releaseWorker(id);
    }
  }
}
