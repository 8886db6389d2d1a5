import type { Clock } from '../../core/clock.js';
import { deserializeError, MillraceError, messageOf, type SerializedError } from '../../core/errors.js';
import type { HexId } from '../../core/ids.js';
import { type Closeable, Lifecycle } from '../../core/lifecycle.js';
import type { Logger } from '../../core/logging.js';
import type {
  JobInformation,
  RegisterTaskManager,
  SlotReport,
  TaskManagerHeartbeat,
} from '../../core/protocol/index.js';
import type { RpcConnection } from '../../core/rpc/index.js';
import type { ResourceManagerDriver } from './driver.js';
import { FailedStarts } from './failed-starts.js';
import { RegisteredTaskManager, type SlotLease, type SlotRecord } from './registered-task-manager.js';
import { type SlotRequest, SlotRequests } from './slot-requests.js';

export interface SlotManagerOptions {
  driver: ResourceManagerDriver;
  sessionId: HexId;
  clock: Clock;
  logger: Logger;
  /** Milliseconds. */
  slotRequestTimeout: number;
  /** Milliseconds after which an idle TaskManager is given back. */
  taskManagerTimeout: number;
  /** Keep this many TaskManagers while idle: -n. */
  keepWorkers: number;
  /** So many workers in a row that end before they register are too many; negative: never. */
  maximumFailedStarts: number;
  /** There were too many, and no TaskManager is there. */
  onNoneStarts(reason: MillraceError): void;
  /** A TaskManager that held slots of these jobs is gone. */
  onTaskManagerLost(taskManagerId: string, jobs: HexId[], reason: MillraceError): void;
}

/** Workers that end before they register, one after another, until waiting jobs are told instead of waiting on. */
const FAILED_STARTS_LIMIT = 3;
const HOLDS_A_TURN = 200;
/** Milliseconds without requests to a TaskManager that came back after it did not give a slot. */
const SUSPENSION = 1000;
/** Milliseconds that a TaskManager has to register anew when its connection broke, before its worker is ended. */
const RECONNECT_GRACE = 5000;

/**
 * Which slot belongs to whom, and how many TaskManagers there should be. A job gets all of its slots at once, in the
 * order in which jobs asked: two jobs can't block each other with half of what they need.
 */
export class SlotManager implements Closeable {
  readonly taskManagers = new Map<string, RegisteredTaskManager>();
  private readonly requests: SlotRequests;
  private readonly lifecycle = new Lifecycle();
  /** Workers that had registered and are not any more: their end is no failed start. */
  private readonly known = new Set<string>();
  /** TaskManagers that did not give what they offered. */
  private readonly distrusted = new Set<string>();
  private granting = false;
  private demandIsDue = false;
  /** Its slots are being held for it: it waits for their TaskManagers' answers only. */
  private served: SlotRequest | undefined;
  private readonly failedStarts: FailedStarts;
  private hasGivenUp = false;

  constructor(private readonly options: SlotManagerOptions) {
    this.failedStarts = new FailedStarts(options.clock);
    this.requests = new SlotRequests({
      clock: options.clock,
      timeoutMs: options.slotRequestTimeout,
      describe: request => this.describe(request),
      onChange: () => this.updateDemand(),
    });
    if (options.driver.releasesIdleWorkers) {
      const period = Math.max(20, Math.min(1000, options.taskManagerTimeout / 4));
      this.lifecycle.setInterval(() => this.releaseIdle(), period).unref();
    }
  }

  get slotsTotal(): number {
    return this.sum(tm => tm.slots.length);
  }

  get slotsFree(): number {
    return this.sum(tm => tm.freeSlots.length);
  }

  register(registration: RegisterTaskManager, connection: RpcConnection): void {
    const { taskManagerId, host, slots } = registration;
    const { logger, sessionId, clock } = this.options;
    const known = this.taskManagers.get(taskManagerId);
    if (known && known.connection !== connection) {
      // It lost its connection and came back before we noticed: what ran there is not ours any more.
      this.drop(known, lostError(taskManagerId, 'it registered anew', undefined));
    }
    const taskManager = new RegisteredTaskManager(registration, connection, sessionId, clock.now());
    this.taskManagers.set(taskManagerId, taskManager);
    this.known.delete(taskManagerId);
    this.failedStarts.reset();
    logger.info(`TaskManager ${taskManagerId} at ${host} registered ${slots.length} slots`);
    void connection.closed.then(reason => this.lost(taskManager, reason));
    if (this.distrusted.delete(taskManagerId)) this.suspend(taskManager);
    this.updateDemand();
    this.grant();
  }

  heartbeat(connection: RpcConnection, heartbeat: TaskManagerHeartbeat): void {
    const taskManager = this.of(connection);
    if (!taskManager) return;
    taskManager.heartbeat = heartbeat;
    taskManager.lastHeartbeat = this.options.clock.now();
  }

  slotAvailable(connection: RpcConnection, report: SlotReport): void {
    this.of(connection)?.slotAvailable(report);
    this.grant();
  }

  /** A TaskManager says that it ends, and why. */
  leaves(connection: RpcConnection, reason: SerializedError): void {
    const taskManager = this.of(connection);
    if (!taskManager) return;
    this.taskManagers.delete(taskManager.id);
    this.known.add(taskManager.id);
    taskManager.connection.close();
    void this.left(taskManager, deserializeError(reason));
    this.updateDemand();
  }

  /**
   * Slots for a job, all or none. Rejects with NO_RESOURCE_AVAILABLE at once if they can never be had, or after
   * slot.request.timeout naming what was missing; with the signal's reason when it aborts.
   */
  async request(job: JobInformation, count: number, signal: AbortSignal): Promise<SlotLease[]> {
    const refusal = this.neverFits(count);
    if (refusal) throw refusal;
    const granted = this.requests.add(job, count, signal);
    this.grant();
    return granted;
  }

  /** The error for a number of slots that no patience can give. */
  neverFits(count: number): MillraceError | undefined {
    const { maxWorkers, slotsPerWorker, capDescription } = this.options.driver;
    if (maxWorkers === undefined || count <= maxWorkers * slotsPerWorker) return undefined;
    return new MillraceError(
      'NO_RESOURCE_AVAILABLE',
      `needs ${count} slots, session is capped at ${maxWorkers * slotsPerWorker}: ${capDescription}`,
      { domain: 'user' },
    );
  }

  /** What a job waits for, in words. */
  waitingFor(jobId: HexId): string | undefined {
    const request = this.requests.of(jobId);
    return request && request !== this.served ? this.describe(request) : undefined;
  }

  /** Gives a slot back. It can be had again when its worker was replaced. */
  release(lease: SlotLease): void {
    const { taskManagerId, slotIndex, allocationId, gateway } = lease;
    const { sessionId, logger, clock } = this.options;
    if (!this.taskManagers.get(taskManagerId)?.release(lease, clock.now())) return;
    gateway.call('freeSlot', { sessionId, slotIndex, allocationId }).catch((error: unknown) => {
      if (gateway.isOpen) logger.warn(`Freeing slot ${slotIndex} of TaskManager ${taskManagerId}: ${messageOf(error)}`);
    });
    this.updateDemand();
    this.grant();
  }

  /** A worker ended, whether it ever registered or not. */
  workerTerminated(workerId: string, reason: MillraceError): void {
    this.options.logger.warn(`TaskManager ${workerId} is gone: ${reason.message}`);
    const taskManager = this.taskManagers.get(workerId);
    if (taskManager) this.drop(taskManager, lostError(workerId, reason.message, reason));
    else if (!this.known.delete(workerId)) this.startFailed(reason);
    this.updateDemand();
  }

  /** Tells all TaskManagers to end, and waiting jobs that there is nothing more to wait for. */
  shutDown(reason: string): void {
    void this.lifecycle.close();
    this.requests.rejectAll(new MillraceError('CANCELED', reason));
    for (const taskManager of this.taskManagers.values()) taskManager.gateway.notify('shutDown', { reason });
  }

  close(): Promise<void> {
    return this.lifecycle.close();
  }

  /** Tells the driver how many workers there should be, later in this turn: a large job gives thousands of slots back. */
  updateDemand(): void {
    if (this.demandIsDue) return;
    this.demandIsDue = true;
    queueMicrotask(() => {
      this.demandIsDue = false;
      this.tellDemand();
    });
  }

  private tellDemand(): void {
    const { driver, keepWorkers } = this.options;
    if (this.lifecycle.isClosing) return;
    const running = this.taskManagers.size;
    if (this.hasGivenUp || this.failedStarts.isPaused) return driver.setWantedWorkers(running);
    const given = this.served && this.requests.has(this.served) ? this.served.count : 0;
    const slotsToCome = this.sum(tm => tm.slots.filter(s => s.state !== 'held').length);
    const missing = Math.max(0, Math.ceil((this.requests.slotsWanted - given - slotsToCome) / driver.slotsPerWorker));
    const wanted = Math.max(running + missing, keepWorkers);
    driver.setWantedWorkers(Math.min(wanted, driver.maxWorkers ?? wanted));
  }

  /** Begins later in this turn: whoever is being answered gets the answer before slots are asked of it. */
  private grant(): void {
    if (this.granting) return;
    this.granting = true;
    queueMicrotask(() => {
      void this.grantLoop().finally(() => {
        this.granting = false;
      });
    });
  }

  private async grantLoop(): Promise<void> {
    for (let request = this.requests.first; request; request = this.requests.first) {
      const slots = this.freeSlots().slice(0, request.count);
      if (slots.length < request.count) return;
      const { job } = request;
      this.served = request;
      const held = await Promise.allSettled(await this.holdAll(slots, job));
      this.served = undefined;
      const leases = held.flatMap(h => (h.status === 'fulfilled' ? h.value : []));
      held.forEach((h, i) => {
        if (h.status === 'rejected') this.disagree(slots[i]![0], h.reason);
      });
      // A TaskManager may have gone, and the job too, while the others answered.
      const complete = leases.length === request.count && leases.every(l => this.isHeld(l));
      if (complete && this.requests.has(request)) request.resolve(leases);
      else {
        for (const lease of leases) this.release(lease);
        this.updateDemand();
      }
    }
  }

  /** Asks for them in parts, between which the event loop has its turn: there may be thousands. */
  private async holdAll(
    slots: ReadonlyArray<[RegisteredTaskManager, SlotRecord]>,
    job: JobInformation,
  ): Promise<Array<Promise<SlotLease>>> {
    const asked: Array<Promise<SlotLease>> = [];
    for (const [taskManager, slot] of slots) {
      if (asked.length > 0 && asked.length % HOLDS_A_TURN === 0) await new Promise(resolve => setImmediate(resolve));
      const held = taskManager.hold(slot, job);
      // Looked at when all have been asked.
      held.catch(() => {});
      asked.push(held);
    }
    return asked;
  }

  /** A TaskManager that does not give a slot it has offered: it resets itself when it registers anew. */
  private disagree(taskManager: RegisteredTaskManager, error: unknown): void {
    const { id } = taskManager;
    if (this.taskManagers.get(id) !== taskManager) return;
    const reason = lostError(id, `it did not give a slot: ${messageOf(error)}`, error);
    this.options.logger.warn(reason.message);
    this.known.add(id);
    this.distrusted.add(id);
    this.drop(taskManager, reason);
    this.expectBack(id);
  }

  private suspend(taskManager: RegisteredTaskManager): void {
    taskManager.isSuspended = true;
    this.lifecycle.setTimeout(() => {
      taskManager.isSuspended = false;
      this.grant();
    }, SUSPENSION);
  }

  private isHeld(lease: SlotLease): boolean {
    return this.taskManagers.get(lease.taskManagerId)?.holds(lease) === true;
  }

  private freeSlots(): Array<[RegisteredTaskManager, SlotRecord]> {
    return [...this.taskManagers.values()].flatMap(tm =>
      tm.freeSlots.map((slot): [RegisteredTaskManager, SlotRecord] => [tm, slot]),
    );
  }

  private of(connection: RpcConnection): RegisteredTaskManager | undefined {
    const taskManager = this.taskManagers.get(connection.peer.id);
    return taskManager?.connection === connection ? taskManager : undefined;
  }

  private sum(of: (taskManager: RegisteredTaskManager) => number): number {
    let total = 0;
    for (const taskManager of this.taskManagers.values()) total += of(taskManager);
    return total;
  }

  private describe(request: SlotRequest): string {
    const { clock, driver } = this.options;
    const { count, since } = request;
    const seconds = Math.round((clock.now() - since) / 1000);
    if (request === this.served) return `needs ${count} slots, which TaskManagers do not hand over since ${seconds} s`;
    const each = [...this.taskManagers.values()].map(tm => `${tm.id}: ${tm.freeSlots.length} of ${tm.slots.length}`);
    const free = `${this.slotsFree} of ${this.slotsTotal} slots are free`;
    const has = each.length === 0 ? 'no TaskManager is registered' : `${free} (${each.join(', ')})`;
    const waiting = driver.describeWaiting();
    return `needs ${count} slots, ${has}, waiting since ${seconds} s${waiting ? `; ${waiting}` : ''}`;
  }

  /** The connection broke. Jobs are told when the driver had its chance to say why. */
  private async lost(taskManager: RegisteredTaskManager, reason: Error | undefined): Promise<void> {
    const { id } = taskManager;
    if (this.taskManagers.get(id) !== taskManager || this.lifecycle.isClosing) return;
    const { driver, onTaskManagerLost } = this.options;
    this.taskManagers.delete(id);
    this.known.add(id);
    const told = await driver.terminationOf(id);
    const why = told?.message ?? `its connection broke: ${reason?.message ?? 'closed'}`;
    onTaskManagerLost(id, taskManager.jobs, lostError(id, why, told));
    this.updateDemand();
    if (!told) this.expectBack(id);
  }

  /** What the framework did to it, if it did, says more than how the TaskManager took it: "got SIGTERM". */
  private async left({ id, jobs }: RegisteredTaskManager, reason: Error): Promise<void> {
    const { driver, onTaskManagerLost } = this.options;
    const told = await driver.terminationOf(id);
    const wasEnded = told !== undefined && told.domain !== 'cluster';
    const why = wasEnded ? told.message : `it ended: ${reason.message}`;
    onTaskManagerLost(id, jobs, lostError(id, why, wasEnded ? told : reason.cause));
    this.updateDemand();
  }

  /** Ends the worker of a TaskManager that does not register anew. */
  private expectBack(id: string): void {
    this.lifecycle.setTimeout(() => {
      if (this.taskManagers.has(id)) return;
      this.options.driver.releaseWorker(id);
      this.updateDemand();
    }, RECONNECT_GRACE);
  }

  private drop(taskManager: RegisteredTaskManager, reason: MillraceError): void {
    if (this.taskManagers.get(taskManager.id) === taskManager) this.taskManagers.delete(taskManager.id);
    taskManager.connection.close();
    this.options.onTaskManagerLost(taskManager.id, taskManager.jobs, reason);
  }

  /** Asking for ever for workers that can't start would only fill the cluster with failures. */
  private startFailed(reason: MillraceError): void {
    if (this.lifecycle.isClosing) return;
    const { logger, maximumFailedStarts, onNoneStarts } = this.options;
    const pause = this.failedStarts.add();
    if (pause > 0) this.lifecycle.setTimeout(() => this.updateDemand(), pause + 1);
    const { count } = this.failedStarts;
    if (count < FAILED_STARTS_LIMIT && count !== maximumFailedStarts) return;
    const message = `TaskManagers do not start (${count} in a row ended before they registered); the last one: ${reason.message}`;
    const error = new MillraceError('NO_RESOURCE_AVAILABLE', message, { domain: reason.domain });
    logger.error(message);
    this.requests.rejectAll(error);
    if (maximumFailedStarts < 0 || count < maximumFailedStarts || this.taskManagers.size > 0) return;
    this.hasGivenUp = true;
    onNoneStarts(error);
  }

  private releaseIdle(): void {
    const { clock, driver, keepWorkers, taskManagerTimeout, logger } = this.options;
    if (this.requests.first) return;
    const now = clock.now();
    for (const [id, taskManager] of this.taskManagers) {
      if (this.taskManagers.size <= keepWorkers) return;
      if (!taskManager.isIdle || now - taskManager.idleSince < taskManagerTimeout) continue;
      const reason = `idle for ${taskManagerTimeout} ms (resourcemanager.taskmanager-timeout)`;
      logger.info(`TaskManager ${id} is given back: ${reason}`);
      this.known.add(id);
      taskManager.gateway.notify('shutDown', { reason });
      this.taskManagers.delete(id);
      driver.releaseWorker(id);
    }
  }
}

function lostError(taskManagerId: string, why: string, cause: unknown): MillraceError {
  return new MillraceError('TASK_MANAGER_LOST', `TaskManager ${taskManagerId} was lost: ${why}`, {
    context: { taskManagerId },
    ...(cause !== undefined && { cause }),
  });
}
