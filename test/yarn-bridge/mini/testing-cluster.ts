import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatSiteXml, loadHadoopConfiguration } from '../../../yarn-bridge/conf/index.js';
import { NameNode } from '../../../yarn-bridge/mini/namenode/index.js';
import { NodeManager } from '../../../yarn-bridge/mini/nodemanager/index.js';
import { ResourceManager } from '../../../yarn-bridge/mini/resourcemanager/index.js';
import type { HadoopUnderTest } from '../../testing/hadoop.js';
import { tempDir } from '../../testing/temp-dir.js';

export const TEST_USER = process.env['HADOOP_USER_NAME'] ?? process.env['USER'] ?? 'root';
const HOST = '127.0.0.1';

/** The embedded Hadoop's daemons inside the test process, each of which can be taken away and brought back. */
export class TestingCluster implements HadoopUnderTest {
  readonly dir = tempDir();
  readonly confDir = join(this.dir, 'conf');
  readonly nodeManagers: NodeManager[] = [];
  nameNode: NameNode | undefined;
  resourceManager!: ResourceManager;
  private ports: ResourceManager['ports'] = { webapp: 0, scheduler: 0, client: 0, tracker: 0 };

  private constructor(
    readonly nodes: number,
    private readonly memoryMb: number,
    private readonly conf: Record<string, string>,
  ) {}

  static async start({
    nodes = 1,
    memoryMb = 1024,
    hdfs = false,
    conf = {},
  }: {
    nodes?: number;
    memoryMb?: number;
    hdfs?: boolean;
    conf?: Record<string, string>;
  } = {}): Promise<TestingCluster> {
    const cluster = new TestingCluster(nodes, memoryMb, conf);
    mkdirSync(cluster.confDir, { recursive: true });
    if (hdfs) {
      const options = { dir: join(cluster.dir, 'hdfs'), host: HOST, port: 0, dataNodePort: 0, superuser: TEST_USER };
      cluster.nameNode = await NameNode.start(options);
    }
    cluster.writeConf();
    await cluster.startResourceManager();
    cluster.writeConf();
    for (let i = 0; i < nodes; i++) cluster.nodeManagers.push(await cluster.startNodeManager(i));
    return cluster;
  }

  get webapp(): string {
    return `http://${HOST}:${this.ports.webapp}`;
  }

  /** Of the ResourceManager, on its old ports. */
  async startResourceManager(): Promise<void> {
    const hadoop = loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: this.confDir } });
    const dir = join(this.dir, 'rm');
    this.resourceManager = await ResourceManager.start({
      ...{ dir, host: HOST, ports: this.ports, hadoop, internalSecret: 'secret' },
    });
    this.ports = this.resourceManager.ports;
  }

  startNodeManager(index: number, port = 0): Promise<NodeManager> {
    return NodeManager.start({
      ...{ dir: join(this.dir, 'nm', String(index)), host: HOST, port, httpPort: 0 },
      ...{ memoryMb: this.memoryMb, vcores: 8, user: TEST_USER, confDir: this.confDir, internalSecret: 'secret' },
      hadoop: loadHadoopConfiguration({ env: { HADOOP_CONF_DIR: this.confDir } }),
      tracker: `http://${HOST}:${this.ports.tracker}`,
    });
  }

  async get(path: string): Promise<unknown> {
    const response = await fetch(this.webapp + path, { signal: AbortSignal.timeout(5000) });
    return response.json();
  }

  async kill(daemon: string): Promise<void> {
    if (daemon !== 'resourcemanager') throw new Error(`cannot kill ${daemon} in this process`);
    await this.resourceManager.close();
  }

  async startDaemon(daemon: string): Promise<void> {
    if (daemon !== 'resourcemanager') throw new Error(`cannot start ${daemon} in this process`);
    await this.startResourceManager();
  }

  async stop(): Promise<void> {
    for (const node of this.nodeManagers) await node.close();
    await this.resourceManager.close();
    await this.nameNode?.close();
  }

  private writeConf(): void {
    const { webapp, scheduler, client } = this.ports;
    const site = (name: string, properties: Record<string, string>): void =>
      writeFileSync(join(this.confDir, name), formatSiteXml(properties));
    const hdfs = this.nameNode && `webhdfs://${HOST}:${this.nameNode.port}`;
    site('core-site.xml', { 'fs.defaultFS': hdfs ?? 'file:///' });
    if (this.nameNode) site('hdfs-site.xml', { 'dfs.namenode.http-address': `${HOST}:${this.nameNode.port}` });
    site('yarn-site.xml', {
      'yarn.resourcemanager.address': `${HOST}:${client}`,
      'yarn.resourcemanager.scheduler.address': `${HOST}:${scheduler}`,
      'yarn.resourcemanager.webapp.address': `${HOST}:${webapp}`,
      'yarn.scheduler.minimum-allocation-mb': '128',
      'yarn.scheduler.maximum-allocation-mb': String(this.memoryMb),
      'yarn.scheduler.maximum-allocation-vcores': '8',
      'yarn.nodemanager.vmem-check-enabled': 'false',
      ...this.conf,
    });
  }
}
