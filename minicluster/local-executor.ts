import { availableParallelism } from 'node:os';
import { createFileSystems } from '../applicationmaster/index.js';
import { Configuration, Options } from '../core/config/index.js';
import type { JobHandle, PipelineExecutor } from '../core/executor.js';
import { generateJobGraph, type StreamGraph, slotsNeeded } from '../core/graph/index.js';
import { VERSION } from '../core/version.js';
import { MiniCluster, type MiniClusterOptions } from './mini-cluster.js';

export interface LocalExecutorOptions extends Pick<MiniClusterOptions, 'logger' | 'print'> {
  configuration?: Configuration;
  /** `-p`. Default: parallelism.default where the configuration sets it, else the number of cores, as Flink does. */
  parallelism?: number;
}

/** Runs each job in a MiniCluster of its own, with as many slots as it needs; gone when the job has ended. */
export class LocalExecutor implements PipelineExecutor {
  readonly platformVersion = VERSION;

  constructor(private readonly options: LocalExecutorOptions = {}) {}

  async execute(graph: StreamGraph): Promise<JobHandle> {
    const { configuration = new Configuration(), logger, print, parallelism } = this.options;
    const configured = configuration.has(Options.parallelismDefault)
      ? configuration.get(Options.parallelismDefault)
      : availableParallelism();
    const jobGraph = generateJobGraph(graph, {
      defaultParallelism: parallelism ?? configured,
      maxParallelism: configuration.get(Options.maxParallelism),
      chaining: configuration.get(Options.operatorChaining),
      objectReuse: configuration.get(Options.objectReuse),
      bufferTimeout: configuration.get(Options.bufferTimeout),
      latencyTrackingInterval: configuration.get(Options.latencyInterval),
      autoWatermarkInterval: configuration.get(Options.autoWatermarkInterval),
      runtimeMode: configuration.get(Options.runtimeMode),
    });
    const functions = new Map(graph.nodes.map(node => [node.operatorId, node.functions]));
    const fileSystems = createFileSystems(configuration);
    const cluster = await MiniCluster.start({
      slotsPerTaskManager: slotsNeeded(jobGraph),
      configuration,
      fileSystems,
      ...(logger && { logger }),
      ...(print && { print }),
    });
    const close = async (): Promise<void> => {
      await cluster.close();
      await fileSystems.close();
    };
    try {
      const job = cluster.submit(jobGraph, functions);
      const closed = job.result().then(close, close);
      const result = async (): Promise<Awaited<ReturnType<JobHandle['result']>>> => {
        // Whoever has the result may end the process: nothing of the cluster is left by then.
        await closed;
        return job.result();
      };
      let awaited: ReturnType<JobHandle['result']> | undefined;
      return {
        jobId: job.jobId,
        result: () => (awaited ??= result()),
        cancel: async () => {
          await job.cancel();
          await closed;
        },
      };
    } catch (error) {
      await close();
      throw error;
    }
  }
}

/** What `createLocalEnvironment` and a plain `node job.js` run on. */
export function localExecutor(options: LocalExecutorOptions = {}): PipelineExecutor {
  return new LocalExecutor(options);
}
