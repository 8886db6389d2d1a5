import { randomBytes } from 'node:crypto';
import { type Configuration, jobManagerHeap, Options } from '../../core/config/index.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import { joinPath } from '../../core/fs/index.js';
import {
  type ApplicationMasterSettings,
  CLUSTER_SECRET_ALIAS,
  JOB_BUNDLE_FILE,
  JOB_GRAPH_FILE,
  REST_TOKEN_ALIAS,
  SETTINGS_FILE,
  type ShippedResource,
} from '../../core/protocol/index.js';
import {
  containerCommand,
  type HashedFile,
  ResourceCache,
  submissionBody,
  withHashes,
} from '../../yarn-bridge/launch/index.js';
import type { Queue } from '../../yarn-bridge/rest/index.js';
import { untilRunning } from './application-watch.js';
import { type ClusterSpecification, describeSplit, formatSpecification } from './cluster-specification.js';
import { type HadoopAccess, propertiesForContainers } from './hadoop-access.js';
import { interruptible } from './interruptible.js';
import { Progress } from './progress.js';
import { type ShippedRuntime, shippedRuntime } from './shipped-runtime.js';
import { StagingDirectory } from './staging.js';
import { YarnClusterClient } from './yarn-cluster-client.js';
import { checkAgainstYarn, containerVcores, describeRounding, findQueue } from './yarn-limits.js';

export interface YarnDeployment {
  mode: 'session' | 'per-job';
  specification: ClusterSpecification;
  /** Per-job: msgpack of the JobGraph, and the packed bundle. */
  job?: { graph: Uint8Array; bundle: Uint8Array };
  /** Per-job: the client waits for the result. */
  attached?: boolean;
}

export interface DescriptorIo {
  /** Flink's lines on standard output. */
  out(line: string): void;
  /** Progress and notices on standard error. */
  err(line: string): void;
  readonly interrupted: AbortSignal;
}

const MB = 1024 ** 2;
const DEFAULT_QUEUE = 'default';
const APPLICATION_TYPE = 'Apache Flink';

/** Brings applications up on YARN. Whatever goes wrong before one runs, also Ctrl-C: nothing of it is left behind. */
export class YarnClusterDescriptor {
  private readonly progress: Progress;

  constructor(
    private readonly hadoop: HadoopAccess,
    private readonly configuration: Configuration,
    private readonly io: DescriptorIo,
  ) {
    this.progress = new Progress(line => io.err(line));
  }

  async deploy(deployment: YarnDeployment): Promise<YarnClusterClient> {
    const { hadoop, configuration, io } = this;
    const { specification } = deployment;
    const signal = io.interrupted;
    const runtime = shippedRuntime(configuration);
    const [{ applicationId, queue }, files] = await interruptible(
      Promise.all([this.checkedApplication(specification), withHashes(runtime.files)]),
      signal,
    );
    for (const line of describeSplit(specification, configuration)) io.err(line);
    for (const line of describeRounding(specification, configuration, hadoop.conf)) io.err(line);
    io.out(`Cluster specification: ${formatSpecification(specification)}`);

    const staging = new StagingDirectory(hadoop.fileSystem, await hadoop.stagingDirectory(applicationId));
    let submitted = false;
    try {
      const resources = await this.ship(files);
      signal.throwIfAborted();
      const restToken = randomBytes(24).toString('hex');
      const own = await this.stage(staging, applicationId, deployment, runtime, resources, restToken);
      signal.throwIfAborted();
      io.out(`Submitting application master ${applicationId}`);
      // Never left half-way: a submission that comes in after the kill would live on.
      submitted = true;
      hadoop.markers.set(applicationId);
      await hadoop.resourceManager.submit(
        this.submission(applicationId, deployment, queue, [...resources, ...own], runtime, restToken),
      );
      io.out(`Submitted application ${applicationId}`);
      io.out('Waiting for the cluster to be allocated');
      const client = await this.connect(applicationId, specification, queue, restToken);
      io.out('YARN application has been deployed successfully.');
      io.out(`Found Web Interface ${client.webInterface.replace('http://', '')} of application '${applicationId}'.`);
      return client;
    } catch (error) {
      await this.cleanUp(applicationId, staging, submitted);
      throw error;
    } finally {
      hadoop.markers.clear(applicationId);
    }
  }

  private async checkedApplication(
    specification: ClusterSpecification,
  ): Promise<{ applicationId: string; queue: Queue }> {
    const { resourceManager, conf } = this.hadoop;
    const wanted = this.configuration.get(Options.yarnApplicationQueue) ?? DEFAULT_QUEUE;
    const [application, queues] = await Promise.all([resourceManager.newApplication(), resourceManager.queues()]);
    checkAgainstYarn(specification, this.configuration, application, conf);
    return { applicationId: application.applicationId, queue: findQueue(wanted, queues) };
  }

  /** Uploads what the cache in HDFS does not have yet. */
  private async ship(files: HashedFile[]): Promise<ShippedResource[]> {
    const cache = new ResourceCache(this.hadoop.fileSystem, joinPath(await this.hadoop.flinkDirectory(), 'cache'));
    const progress = { onProgress: this.progress.upload(), signal: this.io.interrupted };
    return Promise.all(files.map(file => cache.ensure(file, progress)));
  }

  /** Writes what this application alone needs. */
  private async stage(
    staging: StagingDirectory,
    applicationId: string,
    { mode, specification, job, attached }: YarnDeployment,
    { nodeCommand }: ShippedRuntime,
    resources: ShippedResource[],
    restToken: string,
  ): Promise<ShippedResource[]> {
    const { hadoop, configuration } = this;
    const settings: ApplicationMasterSettings = {
      mode,
      configuration: configuration.toMap(),
      memory: specification.masterMemoryMb * MB,
      yarn: {
        applicationId,
        user: hadoop.user,
        hadoop: propertiesForContainers(hadoop.conf),
        stagingDirectory: staging.path,
        resources,
        nodeCommand,
        containerVcores: containerVcores(configuration),
        ...(specification.taskManagers !== undefined && { preStarted: specification.taskManagers }),
        ...(attached !== undefined && { attached }),
      },
    };
    const started = Date.now();
    await staging.create();
    const [, ...files] = await Promise.all([
      staging.writeClientFile(restToken),
      staging.store(SETTINGS_FILE, JSON.stringify(settings)),
      ...(job ? [staging.store(JOB_GRAPH_FILE, job.graph), staging.store(JOB_BUNDLE_FILE, job.bundle)] : []),
    ]);
    const took = Date.now() - started;
    if (took > 1000) this.progress.note(`Staged settings${job ? ' and job' : ''} (${(took / 1000).toFixed(1)} s)`);
    return files;
  }

  private submission(
    applicationId: string,
    { mode, specification }: YarnDeployment,
    queue: Queue,
    resources: ShippedResource[],
    { nodeCommand }: ShippedRuntime,
    restToken: string,
  ): ReturnType<typeof submissionBody> {
    const { configuration } = this;
    const nodeLabel = configuration.get(Options.yarnApplicationNodeLabel);
    const name = mode === 'session' ? 'Flink session cluster' : 'Flink per-job cluster';
    return submissionBody({
      applicationId,
      name: configuration.get(Options.yarnApplicationName) ?? name,
      type: configuration.get(Options.yarnApplicationType) ?? APPLICATION_TYPE,
      queue: configuration.get(Options.yarnApplicationQueue) ?? queue.name,
      priority: configuration.get(Options.yarnApplicationPriority),
      tags: (configuration.get(Options.yarnTags) ?? '').split(',').filter(tag => tag !== ''),
      ...(nodeLabel !== undefined && { nodeLabel }),
      memoryMb: specification.masterMemoryMb,
      vcores: configuration.get(Options.yarnAppMasterVcores),
      resources,
      command: containerCommand({
        node: nodeCommand,
        role: 'applicationmaster',
        maxOldSpaceMb: jobManagerHeap(specification.masterMemoryMb * MB) / MB,
        logName: 'jobmanager',
      }),
      secrets: { [CLUSTER_SECRET_ALIAS]: randomBytes(32).toString('hex'), [REST_TOKEN_ALIAS]: restToken },
    });
  }

  private async connect(
    applicationId: string,
    { masterMemoryMb }: ClusterSpecification,
    queue: Queue,
    token: string,
  ): Promise<YarnClusterClient> {
    const { hadoop, configuration, io } = this;
    const { amAddress } = await untilRunning(hadoop, {
      applicationId,
      memoryMb: masterMemoryMb,
      vcores: configuration.get(Options.yarnAppMasterVcores),
      queue,
      signal: io.interrupted,
      out: line => io.out(line),
      note: line => io.err(line),
    });
    const timeout = configuration.get(Options.clientTimeout);
    return new YarnClusterClient({ hadoop, applicationId, address: amAddress, token, timeout });
  }

  private async cleanUp(applicationId: string, staging: StagingDirectory, submitted: boolean): Promise<void> {
    const { hadoop, io } = this;
    if (submitted) {
      await hadoop.resourceManager.kill(applicationId, { wait: 10_000 }).catch((error: unknown) => {
        io.err(`The application ${applicationId} could not be killed: ${messageOf(error)}`);
        io.err(`Kill it by hand: yarn application -kill ${applicationId}`);
      });
    }
    await staging.remove().catch((error: unknown) => {
      if (error instanceof MillraceError && error.code === 'FILE_NOT_FOUND') return;
      io.err(`${staging.path} could not be removed: ${messageOf(error)}`);
    });
  }
}
