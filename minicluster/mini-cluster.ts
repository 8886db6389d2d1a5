import { tmpdir } from 'node:os';
import { ApplicationMaster, LocalDriver } from '../applicationmaster/index.js';
import { Configuration, deriveMemory } from '../core/config/index.js';
import { FileSystems } from '../core/fs/index.js';
import type { JobGraph, OperatorFunctions } from '../core/graph/index.js';
import { type HexId, randomId } from '../core/ids.js';
import { type Closeable, Lifecycle } from '../core/lifecycle.js';
import { type Logger, silentLogger } from '../core/logging.js';
import { bufferDebloatOptions, TaskManager } from '../taskmanager/index.js';
import { LocalJob } from './local-job.js';

export interface MiniClusterOptions {
  /** Default 1. */
  taskManagers?: number;
  /** Default 1. */
  slotsPerTaskManager?: number;
  configuration?: Configuration;
  /** Default: `file:` only. The caller's; it closes them. */
  fileSystems?: FileSystems;
  logger?: Logger;
  /** Where print sinks write. Default: standard output and error. */
  print?: (stream: 'out' | 'err', text: string) => void;
}

const GB = 1024 ** 3;
/** Slots share one thread and heap: a share of memory only sizes the buffers between tasks. */
const MEMORY_PER_SLOT = GB / 4;

/** What a job needs to run in the process that built it: its functions, by operator id. */
export type JobFunctions = ReadonlyMap<string, OperatorFunctions>;

/**
 * An ApplicationMaster and TaskManagers in this process and thread, joined by real connections over loopback: for
 * `createLocalEnvironment` and tests. `close` leaves nothing behind.
 */
export class MiniCluster implements Closeable {
  private constructor(
    private readonly master: ApplicationMaster,
    private readonly functions: Map<HexId, JobFunctions>,
    private readonly lifecycle: Lifecycle,
  ) {}

  static async start(options: MiniClusterOptions = {}): Promise<MiniCluster> {
    const { taskManagers = 1, slotsPerTaskManager = 1, configuration = new Configuration(), print } = options;
    const { logger = silentLogger } = options;
    const debloat = bufferDebloatOptions(configuration);
    const lifecycle = new Lifecycle();
    const fileSystems = options.fileSystems ?? lifecycle.own(new FileSystems());
    const functions = new Map<HexId, JobFunctions>();
    const secret = randomId();
    const host = '127.0.0.1';
    try {
      const master = await ApplicationMaster.start({
        configuration,
        secret,
        logger,
        fileSystems,
        rpc: { host, port: 0 },
        advertisedHost: host,
        keepWorkers: taskManagers,
        driver: ({ rpcPort }) =>
          new LocalDriver({
            workers: taskManagers,
            slotsPerWorker: slotsPerTaskManager,
            startWorker: taskManagerId =>
              TaskManager.start({
                taskManagerId,
                applicationMaster: { host, port: rpcPort },
                secret,
                host,
                slots: slotsPerTaskManager,
                memory: deriveMemory(GB / 4 + slotsPerTaskManager * MEMORY_PER_SLOT, slotsPerTaskManager),
                tmpDir: tmpdir(),
                logger: logger.child({ component: 'TaskManager' }),
                slotMode: 'inline',
                ...(debloat && { debloat }),
                fileSystems,
                functionsOf: jobId => functions.get(jobId),
                ...(print && { print }),
              }),
          }),
      });
      lifecycle.defer(() => master.shutDown({ status: 'SUCCEEDED', diagnostics: '' }));
      return new MiniCluster(master, functions, lifecycle);
    } catch (error) {
      await lifecycle.close();
      throw error;
    }
  }

  /** Starts a job with the functions of the program that built it. */
  submit(jobGraph: JobGraph, functions: JobFunctions): LocalJob {
    this.functions.set(jobGraph.jobId, functions);
    try {
      const job = this.master.dispatcher.submit(jobGraph);
      void job.ended.then(() => this.functions.delete(jobGraph.jobId));
      return new LocalJob(job);
    } catch (error) {
      this.functions.delete(jobGraph.jobId);
      throw error;
    }
  }

  /** Cancels what runs. Idempotent. */
  close(): Promise<void> {
    return this.lifecycle.close();
  }
}
