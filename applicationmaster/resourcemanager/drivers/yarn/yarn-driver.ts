import { type Clock, SystemClock } from '../../../../core/clock.js';
import { MillraceError, messageOf } from '../../../../core/errors.js';
import type { Logger } from '../../../../core/logging.js';
import {
  type AllocateResponse,
  type Container,
  type ContainerId,
  type ContainerLaunchContext,
  type ContainerStatus,
  formatContainerId,
  type RegisterApplicationMasterResponse,
  type Resource,
} from '../../../../yarn-bridge/rpc/index.js';
import type { DriverEvents, FinalStatus, ResourceManagerDriver } from '../../driver.js';
import type { ContainersClient, SchedulerClient } from './clients.js';
import { type ContainerSize, explainExit } from './container-exit.js';

export interface YarnDriverOptions {
  /** `onReRegistered`: the ResourceManager was restarted and knows nothing of what was asked before. */
  scheduler(onReRegistered: () => void): SchedulerClient;
  containers: ContainersClient;
  registration: { host: string; rpcPort: number; trackingUrl: string };
  /** Of one TaskManager. */
  size: ContainerSize;
  slotsPerWorker: number;
  /** -n: so many and no more. */
  maxWorkers?: number;
  launchContext(container: Container): ContainerLaunchContext;
  /** Runs before the application is reported as ended: what nobody may find afterwards. */
  beforeDeregistration?: () => Promise<void>;
  logger: Logger;
  clock?: Clock;
  /** Milliseconds between heartbeats while something is expected of YARN. Default 200. */
  busyIntervalMs?: number;
  /** Otherwise. Default 1000. */
  idleIntervalMs?: number;
  /** Milliseconds that YARN has to say why a worker is gone. Default 3000. */
  terminationWaitMs?: number;
  /** Milliseconds that the end of the application may take. Default 30,000. */
  deregistrationTimeoutMs?: number;
}

const FINAL_STATUS = { SUCCEEDED: 1, FAILED: 2, KILLED: 3 } as const;
/** One size of containers: one priority. */
const PRIORITY = { priority: 1 };
/** Why workers ended that are not there any more, for whoever asks late. */
const REMEMBERED_ENDS = 100;

interface Worker {
  id: ContainerId;
  state: 'starting' | 'started';
}

/**
 * TaskManagers in YARN's containers. One loop of heartbeats (allocate) asks, releases, and hears what came and what ended;
 * one is under way at a time. What is asked for is a table at the ResourceManager: the number that is outstanding is sent
 * when it changes, and the ResourceManager counts it down as it grants.
 */
export class YarnDriver implements ResourceManagerDriver {
  readonly releasesIdleWorkers = true;
  private readonly scheduler: SchedulerClient;
  private readonly clock: Clock;
  private readonly workers = new Map<string, Worker>();
  private readonly ends = new Map<string, MillraceError>();
  private readonly waitingForEnd = new Map<string, Set<(reason: MillraceError | undefined) => void>>();
  private events: DriverEvents | undefined;
  private registered: RegisterApplicationMasterResponse | undefined;
  private wanted = 0;
  /** What the ResourceManager has on its table. */
  private outstanding = 0;
  private outstandingSince = 0;
  private releases: ContainerId[] = [];
  private reRegistered = false;
  private limit: Resource | undefined;
  private nodes: number | undefined;
  private loop: Promise<void> | undefined;
  private wake: (() => void) | undefined;
  private stopped = false;
  /** YARN has ended this attempt: there is nobody to report to. */
  private gone = false;

  constructor(private readonly options: YarnDriverOptions) {
    this.clock = options.clock ?? SystemClock;
    this.scheduler = options.scheduler(() => {
      this.reRegistered = true;
    });
  }

  get maxWorkers(): number | undefined {
    return this.options.maxWorkers;
  }

  get slotsPerWorker(): number {
    return this.options.slotsPerWorker;
  }

  get capDescription(): string {
    return `-n ${this.options.maxWorkers} × -s ${this.options.slotsPerWorker}`;
  }

  /** Registers the application. Throws INVALID_RESOURCE_REQUEST if no container could ever be had. */
  async start(events: DriverEvents): Promise<void> {
    this.events = events;
    const { registration, containers, size, logger } = this.options;
    const { host, rpcPort, trackingUrl } = registration;
    const registered = await this.scheduler.register({ host, rpc_port: rpcPort, tracking_url: trackingUrl });
    this.registered = registered;
    containers.addTokens(registered.nm_tokens_from_previous_attempts);
    const { memory, virtual_cores } = registered.maximumCapability;
    logger.info(
      `Registered at YARN in queue ${registered.queue ?? '?'}; largest container: ${memory} MB, ${virtual_cores} vcores`,
    );
    if (size.memoryMb > memory || size.vcores > virtual_cores) {
      throw new MillraceError(
        'INVALID_RESOURCE_REQUEST',
        `A TaskManager needs a container of ${describeSize(size)}, the largest that YARN gives is ` +
          `${memory} MB and ${virtual_cores} vcores: lower -tm or -s (yarn.containers.vcores).`,
        { domain: 'user' },
      );
    }
    this.loop = this.run();
  }

  setWantedWorkers(total: number): void {
    if (total === this.wanted) return;
    this.wanted = total;
    this.wake?.();
  }

  releaseWorker(workerId: string): void {
    const worker = this.workers.get(workerId);
    if (!worker) return;
    this.forget(workerId, new MillraceError('TASK_MANAGER_LOST', 'its container was given back'));
    this.releases.push(worker.id);
    this.wake?.();
  }

  describeWaiting(): string | undefined {
    const parts: string[] = [];
    const starting = [...this.workers.values()].filter(w => w.state === 'starting').length;
    if (starting > 0) parts.push(`${containersOf(starting)} starting`);
    if (this.outstanding > 0) {
      const seconds = Math.round((this.clock.now() - this.outstandingSince) / 1000);
      const size = describeSize(this.options.size);
      parts.push(`waiting for ${containersOf(this.outstanding)} of ${size} since ${seconds} s`);
      parts.push(`YARN says: ${this.headroom()}`);
    }
    return parts.length > 0 ? parts.join('; ') : undefined;
  }

  async terminationOf(workerId: string): Promise<MillraceError | undefined> {
    const known = this.ends.get(workerId);
    if (known || !this.workers.has(workerId) || this.stopped) return known;
    return new Promise(resolve => {
      const waiting = this.waitingForEnd.get(workerId) ?? new Set();
      this.waitingForEnd.set(workerId, waiting);
      const tell = (reason: MillraceError | undefined): void => {
        clearTimeout(timer);
        waiting.delete(tell);
        if (waiting.size === 0) this.waitingForEnd.delete(workerId);
        resolve(reason);
      };
      const timer = setTimeout(tell, this.options.terminationWaitMs ?? 3000, undefined);
      waiting.add(tell);
      this.wake?.();
    });
  }

  async deregister(status: FinalStatus, diagnostics: string): Promise<void> {
    this.stop();
    await this.options.beforeDeregistration?.();
    if (this.gone || !this.registered) return;
    const request = { diagnostics, tracking_url: '', final_application_status: FINAL_STATUS[status] };
    const limit = this.options.deregistrationTimeoutMs ?? 30_000;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      const message = `The ResourceManager did not take the end of the application within ${limit} ms.`;
      timer = setTimeout(() => reject(new MillraceError('TIMEOUT', message)), limit);
    });
    // One call at a time: the last heartbeat first.
    const finished = Promise.resolve(this.loop).then(() => this.scheduler.finish(request));
    try {
      await Promise.race([finished, timeout]);
    } finally {
      clearTimeout(timer);
      finished.catch(() => {});
    }
  }

  async close(): Promise<void> {
    this.stop();
    this.scheduler.close();
    this.options.containers.close();
    await this.loop;
  }

  private stop(): void {
    this.stopped = true;
    const over = new MillraceError('TASK_MANAGER_LOST', 'the application ended');
    for (const waiting of [...this.waitingForEnd.values()]) for (const tell of [...waiting]) tell(over);
    this.wake?.();
  }

  /** Never rejects: what can't be mended ends the application. */
  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.heartbeat();
      } catch (error) {
        if (this.stopped) return;
        this.gone = error instanceof MillraceError && error.code === 'APPLICATION_NOT_FOUND';
        this.stopped = true;
        this.events?.onFatal(
          error instanceof MillraceError ? error : new MillraceError('INTERNAL', messageOf(error), { cause: error }),
        );
        return;
      }
      await this.pause();
    }
  }

  private async heartbeat(): Promise<void> {
    const missing = Math.max(0, this.wanted - this.workers.size);
    const ask = missing === this.outstanding ? [] : [this.ask(missing)];
    if (ask.length > 0) {
      if (this.outstanding === 0) this.outstandingSince = this.clock.now();
      this.outstanding = missing;
    }
    const releases = this.releases.splice(0);
    const response = await this.scheduler.allocate(ask, releases);
    if (this.reRegistered) {
      // It starts from nothing: the next heartbeat asks again for all that is missing, and gives back again.
      this.reRegistered = false;
      this.outstanding = 0;
      this.releases.unshift(...releases);
      this.wake?.();
      this.options.logger.warn('The ResourceManager was restarted; the application is registered anew.');
    }
    this.receive(response);
  }

  private ask(count: number): Parameters<SchedulerClient['allocate']>[0][number] {
    const { memoryMb, vcores } = this.options.size;
    this.options.logger.info(`Asking YARN for ${containersOf(count)} of ${describeSize(this.options.size)}`);
    return {
      priority: PRIORITY,
      resource_name: '*',
      capability: { memory: memoryMb, virtual_cores: vcores },
      num_containers: count,
      relax_locality: true,
    };
  }

  private receive(response: AllocateResponse): void {
    this.options.containers.addTokens(response.nm_tokens);
    if (response.limit) this.limit = response.limit;
    if (response.num_cluster_nodes !== undefined) this.nodes = response.num_cluster_nodes;
    for (const status of response.completed_container_statuses ?? []) this.completed(status);
    for (const container of response.allocated_containers ?? []) this.granted(container);
  }

  private granted(container: Container): void {
    const id = formatContainerId(container.id);
    const { logger } = this.options;
    this.outstanding = Math.max(0, this.outstanding - 1);
    if (this.workers.has(id)) return;
    if (this.workers.size >= this.wanted) {
      logger.info(`Container ${id} is one too many and is given back`);
      this.releases.push(container.id);
      this.wake?.();
      return;
    }
    const { host, port } = container.nodeId;
    logger.info(`Container ${id} on ${host}:${port} was granted`);
    const worker: Worker = { id: container.id, state: 'starting' };
    this.workers.set(id, worker);
    void this.launch(id, worker, container);
  }

  private async launch(id: string, worker: Worker, container: Container): Promise<void> {
    const { containers, launchContext } = this.options;
    try {
      await containers.startContainer(container, launchContext(container));
      worker.state = 'started';
      this.events?.onWorkerStarted(id);
    } catch (error) {
      if (!this.workers.has(id) || this.stopped) return;
      const { host, port } = container.nodeId;
      const message = `its container could not be started on ${host}:${port}: ${messageOf(error)}`;
      this.releases.push(worker.id);
      this.terminated(id, new MillraceError('TASK_MANAGER_LOST', message, { cause: error }));
    }
  }

  private completed(status: ContainerStatus): void {
    const id = formatContainerId(status.container_id);
    // Others are those that were given back.
    if (this.workers.has(id)) this.terminated(id, explainExit(status, this.options.size));
  }

  private terminated(id: string, reason: MillraceError): void {
    this.options.logger.warn(`Container ${id} has ended: ${reason.message}`);
    this.forget(id, reason);
    this.events?.onWorkerTerminated(id, reason);
    this.wake?.();
  }

  private forget(id: string, reason: MillraceError): void {
    this.workers.delete(id);
    this.ends.set(id, reason);
    if (this.ends.size > REMEMBERED_ENDS) this.ends.delete(this.ends.keys().next().value!);
    for (const tell of [...(this.waitingForEnd.get(id) ?? [])]) tell(reason);
  }

  private headroom(): string {
    const queue = this.registered?.queue ?? 'default';
    const { memory = 0, virtual_cores = 0 } = this.limit ?? {};
    const room = this.limit ? `${memory} MB and ${virtual_cores} vcores left` : 'nothing yet';
    return `queue ${queue} has ${room}${this.nodes === undefined ? '' : `, ${this.nodes} nodes`}`;
  }

  /** Until the next heartbeat is due, or something is to be said. */
  private pause(): Promise<void> {
    const { busyIntervalMs = 200, idleIntervalMs = 1000 } = this.options;
    const missing = Math.max(0, this.wanted - this.workers.size);
    if (this.stopped || missing !== this.outstanding || this.releases.length > 0) return Promise.resolve();
    const busy = this.outstanding > 0 || this.waitingForEnd.size > 0;
    return new Promise(resolve => {
      const timer = setTimeout(resolve, busy ? busyIntervalMs : idleIntervalMs);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
    });
  }
}

const containersOf = (count: number): string => `${count} container${count === 1 ? '' : 's'}`;
const describeSize = ({ memoryMb, vcores }: ContainerSize): string =>
  `${memoryMb} MB and ${vcores} vcore${vcores === 1 ? '' : 's'}`;
