import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, SystemClock } from '../core/clock.js';
import { type Configuration, Options } from '../core/config/index.js';
import { MillraceError, messageOf } from '../core/errors.js';
import type { FileSystems } from '../core/fs/index.js';
import { randomId } from '../core/ids.js';
import { Lifecycle } from '../core/lifecycle.js';
import type { Logger } from '../core/logging.js';
import type { ApplicationMasterGateway } from '../core/protocol/index.js';
import { type Handlers, RpcServer } from '../core/rpc/index.js';
import { Dispatcher } from './dispatcher/dispatcher.js';
import type { FinalStatus, ResourceManagerDriver } from './resourcemanager/driver.js';
import { SlotManager } from './resourcemanager/slot-manager.js';
import type { RestServer, RestServerOptions } from './rest/server.js';

export interface ApplicationMasterOptions {
  configuration: Configuration;
  driver: (address: { rpcPort: number; restPort: number }) => ResourceManagerDriver;
  secret: string;
  logger: Logger;
  fileSystems: FileSystems;
  clock?: Clock;
  rpc: { host: string; port: number | string };
  /** Absent: no REST server (a local cluster). */
  rest?: Pick<RestServerOptions, 'host' | 'port' | 'access' | 'logFile'>;
  /** What TaskManagers dial for bundles. */
  advertisedHost: string;
  keepWorkers?: number;
}

/** How the application ended. */
export interface ApplicationEnd {
  status: FinalStatus;
  diagnostics: string;
}

/**
 * Dispatcher, ResourceManager and REST of one cluster. `start` opens everything, `shutDown` ends it orderly; `ended`
 * resolves when it was asked to end, from wherever.
 */
export class ApplicationMaster {
  readonly ended: Promise<ApplicationEnd>;
  private settleEnded!: (end: ApplicationEnd) => void;
  private readonly lifecycle = new Lifecycle();

  private constructor(
    readonly dispatcher: Dispatcher,
    readonly slots: SlotManager,
    readonly rpcPort: number,
    private readonly options: ApplicationMasterOptions,
  ) {
    this.ended = new Promise(resolve => {
      this.settleEnded = resolve;
    });
  }

  restPort = 0;
  private driver!: ResourceManagerDriver;

  static async start(options: ApplicationMasterOptions): Promise<ApplicationMaster> {
    const { configuration, logger, clock = SystemClock, fileSystems } = options;
    const sessionId = randomId();
    const opened = new Lifecycle();
    const blobDir = mkdtempSync(
      join(configuration.get(Options.ioTmpDirs)?.split(',')[0] ?? tmpdir(), 'millrace-blobs-'),
    );
    opened.defer(() => rmSync(blobDir, { recursive: true, force: true }));
    try {
      // The parts know each other: the driver needs ports, the ports' servers need what the driver feeds.
      let master: ApplicationMaster | undefined;
      const whenReady = (): ApplicationMaster => {
        if (!master) throw new MillraceError('RPC', 'the ApplicationMaster is starting', { retry: 'backoff' });
        return master;
      };
      const rpc = await RpcServer.listen<ApplicationMasterGateway>({
        ...options.rpc,
        secret: options.secret,
        self: { role: 'applicationmaster', id: sessionId },
        heartbeat: heartbeatOf(configuration),
        handlers: gatewayHandlers(whenReady, sessionId, options),
        onRefused: reason => logger.warn(`control connection refused: ${reason}`),
      });
      opened.own(rpc);
      const address = { rpcPort: rpc.port, restPort: 0 };
      let rest: RestServer | undefined;
      if (options.rest) {
        const { RestServer } = await import('./rest/server.js');
        rest = await RestServer.start({
          ...options.rest,
          configuration,
          logger,
          secret: options.secret,
          master: whenReady,
        });
        opened.own(rest);
        address.restPort = rest.port;
      }
      const driver = options.driver(address);
      opened.own(driver);
      const slots = new SlotManager({
        driver,
        sessionId,
        clock,
        logger: logger.child({ component: 'ResourceManager' }),
        slotRequestTimeout: configuration.get(Options.slotRequestTimeout),
        taskManagerTimeout: configuration.get(Options.taskManagerTimeout),
        keepWorkers: options.keepWorkers ?? 0,
        onTaskManagerLost: (id, jobs, reason) => master?.dispatcher.taskManagerLost(id, jobs, reason),
      });
      const dispatcher = new Dispatcher({
        slots,
        sessionId,
        clock,
        fileSystems,
        configuration,
        blobDir,
        logger: logger.child({ component: 'Dispatcher' }),
      });
      master = new ApplicationMaster(dispatcher, slots, rpc.port, options);
      master.restPort = address.restPort;
      master.driver = driver;
      master.lifecycle.defer(() => opened.close());
      await driver.start({
        onWorkerStarted: id => logger.info(`TaskManager ${id} was told to start`),
        onWorkerTerminated: (id, reason) => slots.workerTerminated(id, reason),
        onFatal: error => master?.requestEnd('FAILED', error.message),
      });
      slots.updateDemand();
      return master;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** Makes `ended` resolve; whoever owns the process then calls `shutDown`. */
  requestEnd(status: FinalStatus, diagnostics: string): void {
    this.settleEnded({ status, diagnostics });
  }

  /** Cancels jobs, tells the framework the final status, ends the TaskManagers, closes everything. */
  async shutDown(end: ApplicationEnd): Promise<void> {
    const { logger } = this.options;
    this.settleEnded(end);
    await this.dispatcher.cancelAll(5000);
    this.slots.shutDown('the cluster shuts down');
    try {
      await this.driver.deregister(end.status, end.diagnostics);
    } catch (error) {
      logger.warn(`deregistering failed: ${messageOf(error)}`);
    }
    await this.lifecycle.close();
  }
}

function heartbeatOf(configuration: Configuration): { intervalMs: number; timeoutMs: number } {
  return {
    intervalMs: configuration.get(Options.heartbeatInterval),
    timeoutMs: configuration.get(Options.heartbeatTimeout),
  };
}

function gatewayHandlers(
  master: () => ApplicationMaster,
  sessionId: string,
  options: ApplicationMasterOptions,
): Handlers<ApplicationMasterGateway> {
  const { logger, configuration } = options;
  return {
    registerTaskManager: (registration, connection) => {
      const { slots, restPort } = master();
      slots.register(registration, connection);
      const { intervalMs, timeoutMs } = heartbeatOf(configuration);
      return {
        sessionId,
        heartbeatIntervalMs: intervalMs,
        heartbeatTimeoutMs: timeoutMs,
        blobUrl: `http://${options.advertisedHost}:${restPort}/blobs`,
      };
    },
    heartbeat: (heartbeat, connection) => {
      const { slots, dispatcher } = master();
      slots.heartbeat(connection.peer.id, heartbeat);
      for (const job of dispatcher.jobs) if (!job.state.isTerminal) job.updateMetrics(heartbeat.tasks);
    },
    updateTaskState: update => master().dispatcher.updateTask(update),
    slotAvailable: (report, connection) => master().slots.slotAvailable(connection.peer.id, report),
    disconnectTaskManager: ({ reason }, connection) => {
      logger.info(`TaskManager ${connection.peer.id} leaves: ${reason.message}`);
    },
    reportWarning: ({ message }, connection) => logger.warn(`TaskManager ${connection.peer.id}: ${message}`),
  };
}
