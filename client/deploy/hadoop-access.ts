import { type Configuration, Options } from '../../core/config/index.js';
import { joinPath } from '../../core/fs/index.js';
import { type Closeable, Lifecycle } from '../../core/lifecycle.js';
import { type HadoopConfiguration, hadoopUser, locateHadoop } from '../../yarn-bridge/conf/index.js';
import { HdfsFileSystem } from '../../yarn-bridge/hdfs/index.js';
import { NodeManagerRest, ResourceManagerRest } from '../../yarn-bridge/rest/index.js';
import { DeploymentMarkers } from './deployment-markers.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** HDFS and YARN for one command. Owns its connections. */
export class HadoopAccess implements Closeable {
  private readonly lifecycle = new Lifecycle();
  readonly resourceManager: ResourceManagerRest;
  readonly nodeManagers: NodeManagerRest;
  /** Where staging folders and the cache lie. */
  readonly fileSystem: HdfsFileSystem;
  readonly markers: DeploymentMarkers;
  private folder: Promise<string> | undefined;

  private constructor(
    readonly conf: HadoopConfiguration,
    readonly user: string,
    private readonly configuration: Configuration,
    env: Environment,
  ) {
    this.markers = new DeploymentMarkers(configuration, env);
    this.resourceManager = this.lifecycle.own(ResourceManagerRest.fromConfiguration(conf, user));
    this.nodeManagers = this.lifecycle.own(NodeManagerRest.fromConfiguration(conf, user, { callTimeout: 10_000 }));
    const staging = configuration.get(Options.yarnStagingDirectory);
    // A path without a scheme lies in the default file system.
    const root = staging?.startsWith('/') ? undefined : staging;
    this.fileSystem = HdfsFileSystem.fromConfiguration(conf, root, user);
    this.lifecycle.defer(() => this.fileSystem.close());
  }

  static open(configuration: Configuration, env: Environment): HadoopAccess {
    return new HadoopAccess(locateHadoop(configuration, env), hadoopUser(env), configuration, env);
  }

  /** `<home>/.flink`, whole, with scheme and authority; below yarn.staging-directory if that is set. */
  flinkDirectory(): Promise<string> {
    this.folder ??= this.findFlinkDirectory();
    return this.folder;
  }

  async stagingDirectory(applicationId: string): Promise<string> {
    return joinPath(await this.flinkDirectory(), applicationId);
  }

  close(): Promise<void> {
    return this.lifecycle.close();
  }

  private async findFlinkDirectory(): Promise<string> {
    const staging = this.configuration.get(Options.yarnStagingDirectory);
    if (staging === undefined) return joinPath(await this.fileSystem.homeDirectory(), '.flink');
    const path = staging.replace(/^[a-z]+:\/\/[^/]*/i, '');
    return joinPath(this.fileSystem.root, path, '.flink');
  }
}

const NEEDED =
  /^(fs\.(defaultFS|default\.name)$|dfs\.|hdfs\.|hadoop\.(rpc|security|http)\.|ipc\.client\.|yarn\.|user\.name$)/;
const SECRET = /password|secret|token|apikey|credential|keystore|truststore/i;

/** What processes in containers need to see the same Hadoop; secrets stay here. */
export function propertiesForContainers(conf: HadoopConfiguration): Record<string, string> {
  return Object.fromEntries(
    Object.entries(conf.explicitProperties()).filter(([key]) => NEEDED.test(key) && !SECRET.test(key)),
  );
}
