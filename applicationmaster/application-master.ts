import { tmpdir } from 'node:os';
import { type Clock, SystemClock } from '../core/clock.js';
import { type Configuration, Options } from '../core/config/index.js';
import { MillraceError, messageOf } from '../core/errors.js';
import type { FileSystems } from '../core/fs/index.js';
import { randomId } from '../core/ids.js';
import { Lifecycle } from '../core/lifecycle.js';
import type { Logger } from '../core/logging.js';
import type { ApplicationMasterGateway } from '../core/protocol/index.js';
import { RpcServer } from '../core/rpc/index.js';
import { BlobStore } from './dispatcher/blob-store.js';
import { Dispatcher } from './dispatcher/dispatcher.js';
import { applicationMasterHandlers } from './gateway.js';
import type { FinalStatus, ResourceManagerDriver } from './resourcemanager/driver.js';
import { SlotManager } from './resourcemanager/slot-manager.js';
import type { RestServer, RestServerOptions } from './rest/server.js';

/** Where an ApplicationMaster listens. */
export interface ApplicationMasterAddress {
  rpcPort: number;
  /** 0 without REST. */
  restPort: number;
}

export interface ApplicationMasterOptions {
  configuration: Configuration;
  /** Made when the ports are known: a framework wants to be told them, and so do TaskManagers. */
  driver(address: ApplicationMasterAddress): ResourceManagerDriver;
  secret: string;
  logger: Logger;
  /** The caller's; it closes them. */
  fileSystems: FileSystems;
  clock?: Clock;
  rpc: { host: string; port: number | string };
  /** Absent: no REST server (a local cluster). */
  rest?: Pick<RestServerOptions, 'host' | 'port' | 'access' | 'logFiles'>;
  /** What TaskManagers dial for bundles. */
  advertisedHost: string;
  /** Parent of the folder for bundles. Default: the system's folder for temporary files. */
  tmpDir?: string;
  /** -n: so many TaskManagers start at once and stay while idle. */
  keepWorkers?: number;
  /** Runs when clients can be answered and before the framework tells them where: what they will ask for is there then. */
  beforeRegistration?(master: ApplicationMaster): Promise<void>;
}

/** How the application ended. */
export interface ApplicationEnd {
  status: FinalStatus;
  diagnostics: string;
}

/** Milliseconds that running jobs have to end when the cluster shuts down. */
const CANCEL_TIMEOUT = 5000;

/**
 * Dispatcher, ResourceManager and REST of one cluster. `start` opens everything; `ended` resolves when it was asked to
 * end, from wherever; its owner then calls `shutDown`.
 */
export class ApplicationMaster {
  readonly ended: Promise<ApplicationEnd>;
  readonly startedAt: number;
  private settleEnded!: (end: ApplicationEnd) => void;
  private shuttingDown: Promise<void> | undefined;
  private killed = false;

  private constructor(
    readonly dispatcher: Dispatcher,
    readonly slots: SlotManager,
    readonly blobs: BlobStore,
    readonly address: ApplicationMasterAddress,
    private readonly driver: ResourceManagerDriver,
    private readonly logger: Logger,
    private readonly lifecycle: Lifecycle,
    private readonly rest: RestServer | undefined,
    clock: Clock,
  ) {
    this.startedAt = clock.now();
    this.ended = new Promise(resolve => {
      this.settleEnded = resolve;
    });
  }

  static async start(options: ApplicationMasterOptions): Promise<ApplicationMaster> {
    const lifecycle = new Lifecycle();
    try {
      return await ApplicationMaster.open(options, lifecycle);
    } catch (error) {
      await lifecycle.close();
      throw error;
    }
  }

  /** Makes `ended` resolve; the first one to ask decides. */
  requestEnd(status: FinalStatus, diagnostics: string): void {
    this.settleEnded({ status, diagnostics });
  }

  /** The framework, or whoever started the process, ends it: makes `ended` resolve. */
  kill(signal: string): void {
    this.killed = true;
    this.requestEnd('KILLED', `The ApplicationMaster received ${signal}.`);
  }

  /** Cancels jobs, ends the TaskManagers, tells the framework the final status, closes everything. Idempotent. */
  shutDown(end: ApplicationEnd): Promise<void> {
    this.settleEnded(end);
    this.shuttingDown ??= this.end(end);
    return this.shuttingDown;
  }

  private async end({ status, diagnostics }: ApplicationEnd): Promise<void> {
    // Who kills it ends its jobs too; clients should ask the framework what became of it, and not take that for a cancel.
    if (this.killed) await this.rest?.close();
    await this.dispatcher.shutDown('The cluster is shutting down.', CANCEL_TIMEOUT);
    this.slots.shutDown('the cluster shuts down');
    try {
      await this.driver.deregister(status, diagnostics);
    } catch (error) {
      this.logger.warn(`Telling the final status ${status} failed: ${messageOf(error)}`);
    }
    await this.lifecycle.close();
  }

  private static async open(options: ApplicationMasterOptions, lifecycle: Lifecycle): Promise<ApplicationMaster> {
    const { configuration, logger, clock = SystemClock, fileSystems, secret } = options;
    const sessionId = randomId();
    const heartbeat = {
      intervalMs: configuration.get(Options.heartbeatInterval),
      timeoutMs: configuration.get(Options.heartbeatTimeout),
    };
    const blobs = lifecycle.own(new BlobStore(options.tmpDir ?? tmpdir()));
    // The parts know each other: the driver needs ports, the ports' servers need what the driver feeds.
    let master: ApplicationMaster | undefined;
    const ready = (): ApplicationMaster => {
      if (!master) throw new MillraceError('RPC', 'The ApplicationMaster is starting.', { retry: 'backoff' });
      return master;
    };
    const address = { rpcPort: 0, restPort: 0 };
    const handlers = applicationMasterHandlers({
      sessionId,
      logger: logger.child({ component: 'ResourceManager' }),
      slots: () => ready().slots,
      dispatcher: () => ready().dispatcher,
      accepted: () => ({
        sessionId,
        heartbeatIntervalMs: heartbeat.intervalMs,
        heartbeatTimeoutMs: heartbeat.timeoutMs,
        blobUrl: `http://${options.advertisedHost}:${address.restPort}/blobs`,
      }),
    });
    const self = { role: 'applicationmaster', id: sessionId };
    const onRefused = (reason: string): void => logger.warn(`Control connection refused: ${reason}`);
    const rpc = lifecycle.own(
      await RpcServer.listen<ApplicationMasterGateway>({
        ...options.rpc,
        secret,
        self,
        heartbeat,
        handlers,
        onRefused,
      }),
    );
    address.rpcPort = rpc.port;
    let rest: RestServer | undefined;
    if (options.rest) {
      // A local cluster has no REST server and need not load one.
      const { RestServer } = await import('./rest/server.js');
      rest = await RestServer.start({ ...options.rest, configuration, logger, secret, master: ready, clock });
      address.restPort = lifecycle.own(rest).port;
    }
    const driver = lifecycle.own(options.driver(address));
    const slots: SlotManager = lifecycle.own(
      new SlotManager({
        driver,
        sessionId,
        clock,
        logger: logger.child({ component: 'ResourceManager' }),
        slotRequestTimeout: configuration.get(Options.slotRequestTimeout),
        taskManagerTimeout: configuration.get(Options.taskManagerTimeout),
        keepWorkers: options.keepWorkers ?? 0,
        maximumFailedStarts: configuration.get(Options.yarnMaximumFailedContainers),
        onNoneStarts: reason => master?.requestEnd('FAILED', reason.message),
        onTaskManagerLost: (id, jobs, reason) => dispatcher.taskManagerLost(id, jobs, reason),
      }),
    );
    const dispatcher = new Dispatcher({
      slots,
      sessionId,
      clock,
      fileSystems,
      configuration,
      blobs,
      logger: logger.child({ component: 'Dispatcher' }),
    });
    master = new ApplicationMaster(dispatcher, slots, blobs, address, driver, logger, lifecycle, rest, clock);
    await options.beforeRegistration?.(master);
    await driver.start({
      onWorkerStarted: id => logger.info(`TaskManager ${id} was told to start`),
      onWorkerTerminated: (id, reason) => slots.workerTerminated(id, reason),
      onFatal: error => master?.requestEnd('FAILED', error.message),
    });
    slots.updateDemand();
    return master;
  }
}
