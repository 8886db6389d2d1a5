import { tmpdir } from 'node:os';
import { RestartStrategies, StreamExecutionEnvironment } from '../../api/index.js';
import { ApplicationMaster, type JobMaster, LocalDriver } from '../../applicationmaster/index.js';
import type { RestAccess } from '../../applicationmaster/rest/access.js';
import { Configuration, deriveMemory, Options } from '../../core/config/index.js';
import { FileSystems } from '../../core/fs/index.js';
import { generateJobGraph, type OperatorFunctions } from '../../core/graph/index.js';
import { type Closeable, Lifecycle } from '../../core/lifecycle.js';
import { createLogger, type Logger, silentLogger } from '../../core/logging.js';
import type { JobStatus } from '../../core/protocol/index.js';
import { TaskManager } from '../../taskmanager/index.js';
import { eventually } from '../testing/eventually.js';
import { Relay } from '../testing/relay.js';

export interface TestingClusterOptions {
  taskManagers?: number;
  slots?: number;
  /** Keys of flink-conf.yaml. */
  conf?: Record<string, string>;
  /** Who may call REST; without it there is none. */
  access?: RestAccess;
  /** As a driver says for which idle workers are worth giving back. */
  releasesIdleWorkers?: boolean;
}

export const SECRET = 'of-the-testing-cluster';
const MB = 1024 ** 2;

/** Log lines of all parts go to standard error where this is set. */
const logger: Logger = process.env['MILLRACE_TEST_LOG'] ? createLogger({ component: 'test' }) : silentLogger;

/**
 * A whole cluster in the test's process: a real ApplicationMaster, and TaskManagers with inline slots, each behind a wire
 * of its own that the test can cut. One that ends is replaced, as the MiniCluster's driver does.
 */
export class TestingCluster implements Closeable {
  readonly taskManagers: TaskManager[] = [];
  readonly wires: Relay[] = [];
  readonly printed: string[] = [];
  readonly configuration: Configuration;
  master!: ApplicationMaster;
  private readonly lifecycle = new Lifecycle();
  private readonly functions = new Map<string, ReadonlyMap<string, OperatorFunctions>>();

  private constructor(options: TestingClusterOptions) {
    this.configuration = Configuration.from({
      'task.cancellation.timeout': '5 s',
      'heartbeat.interval': '1 s',
      ...options.conf,
    });
  }

  /** Resolves when all slots are registered. */
  static async start(options: TestingClusterOptions = {}): Promise<TestingCluster> {
    const cluster = new TestingCluster(options);
    const { taskManagers = 1, slots = 1 } = options;
    const fileSystems = cluster.lifecycle.own(new FileSystems());
    cluster.master = await ApplicationMaster.start({
      configuration: cluster.configuration,
      secret: SECRET,
      logger,
      fileSystems,
      rpc: { host: '127.0.0.1', port: 0 },
      ...(options.access && { rest: { host: '127.0.0.1', port: 0, access: options.access, logFiles: {} } }),
      advertisedHost: '127.0.0.1',
      keepWorkers: options.releasesIdleWorkers ? 0 : taskManagers,
      driver: ({ rpcPort }) => {
        const driver = new LocalDriver({
          workers: taskManagers,
          slotsPerWorker: slots,
          startWorker: id => cluster.startTaskManager(id, rpcPort, slots, fileSystems),
        });
        if (options.releasesIdleWorkers) {
          Object.assign(driver, { releasesIdleWorkers: true });
          driver.setWantedWorkers = () => LocalDriver.prototype.setWantedWorkers.call(driver, taskManagers);
        }
        return driver;
      },
    });
    cluster.lifecycle.defer(() => cluster.master.shutDown({ status: 'SUCCEEDED', diagnostics: '' }));
    await eventually(() => cluster.freeSlots === taskManagers * slots);
    return cluster;
  }

  /** `http://127.0.0.1:port` */
  get rest(): string {
    return `http://127.0.0.1:${this.master.address.restPort}`;
  }

  get freeSlots(): number {
    return this.master.slots.slotsFree;
  }

  /** Builds a program's graph with the public API and submits it. */
  submit(build: (env: StreamExecutionEnvironment) => void, name = 'test', parallelism = 1): JobMaster {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    build(env);
    const graph = env.getStreamGraph(name);
    const job = generateJobGraph(graph, { defaultParallelism: parallelism });
    this.functions.set(job.jobId, new Map(graph.nodes.map(n => [n.operatorId, n.functions])));
    return this.master.dispatcher.submit(job);
  }

  /** A job that runs until it is cancelled, in so many slots. */
  submitEndless(slots = 1, name = 'endless', restarts = 0): JobMaster {
    return this.submit(
      env => {
        if (restarts > 0) env.setRestartStrategy(RestartStrategies.fixedDelayRestart(restarts, 0));
        env
          .fromSequence(0, Number.MAX_SAFE_INTEGER)
          .filter(() => false)
          .print();
      },
      name,
      slots,
    );
  }

  close(): Promise<void> {
    return this.lifecycle.close();
  }

  private async startTaskManager(
    taskManagerId: string,
    rpcPort: number,
    slots: number,
    fileSystems: FileSystems,
  ): Promise<TaskManager> {
    const wire = this.lifecycle.own(await Relay.to(rpcPort));
    const { configuration } = this;
    const taskManager = await TaskManager.start({
      taskManagerId,
      applicationMaster: { host: '127.0.0.1', port: wire.port },
      secret: SECRET,
      host: '127.0.0.1',
      slots,
      memory: deriveMemory((128 + 128 * slots) * MB, slots),
      tmpDir: tmpdir(),
      logger: logger.child({ component: taskManagerId }),
      slotMode: 'inline',
      fileSystems,
      functionsOf: id => this.functions.get(id),
      print: (_, text) => void this.printed.push(text),
      heartbeat: {
        intervalMs: configuration.get(Options.heartbeatInterval),
        timeoutMs: configuration.get(Options.heartbeatTimeout),
      },
      cancellationTimeoutMs: configuration.get(Options.taskCancellationTimeout),
    });
    this.wires.push(wire);
    this.taskManagers.push(taskManager);
    return taskManager;
  }
}

export async function reaches(job: JobMaster, status: JobStatus): Promise<void> {
  await eventually(() => {
    if (job.status === status) return true;
    if (job.state.isTerminal) throw new Error(`it is ${job.status}: ${String(job.failure)}`);
    return false;
  });
}

/** All tasks report that they run. */
export async function runs(job: JobMaster): Promise<void> {
  await reaches(job, 'RUNNING');
  await eventually(() => job.graph.executions.every(e => e.state === 'RUNNING'));
}
