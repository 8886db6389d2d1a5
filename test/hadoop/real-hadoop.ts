import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { HadoopOptions, HadoopUnderTest } from '../testing/hadoop.js';
import { hadoopJars } from './jars.js';
import {
  CAPACITY_SCHEDULER,
  type ClusterShape,
  coreSite,
  hdfsSite,
  nodeManagerSite,
  writeSite,
  yarnSite,
} from './site-files.js';

const NAME_NODE = 'org.apache.hadoop.hdfs.server.namenode.NameNode';
const DATA_NODE = 'org.apache.hadoop.hdfs.server.datanode.DataNode';
const RESOURCE_MANAGER = 'org.apache.hadoop.yarn.server.resourcemanager.ResourceManager';
const NODE_MANAGER = 'org.apache.hadoop.yarn.server.nodemanager.NodeManager';

/** Small heaps, quick start, and the doors that Java 17 closes to Guice and JAXB. */
const JVM = [
  ...['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xss512k', '-Djava.net.preferIPv4Stack=true'],
  ...['lang', 'lang.reflect', 'util', 'util.concurrent', 'io', 'net', 'math', 'text', 'util.zip'].map(
    p => `--add-opens=java.base/java.${p}=ALL-UNNAMED`,
  ),
  ...['sun.nio.ch', 'sun.security.util', 'sun.security.x509'].map(p => `--add-opens=java.base/${p}=ALL-UNNAMED`),
];

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

interface Daemon {
  mainClass: string;
  confDir: string;
  process?: ChildProcess;
}

/** NameNode, DataNode, ResourceManager and NodeManagers of a real Apache Hadoop, a JVM each, on loopback. */
export class RealHadoop implements HadoopUnderTest {
  private readonly daemons = new Map<string, Daemon>();

  private constructor(
    readonly dir: string,
    private readonly lib: string,
    private readonly shape: ClusterShape,
    readonly nodes: number,
  ) {}

  get confDir(): string {
    return join(this.dir, 'conf');
  }

  static async start({ dir, nodes = 1, memoryMb = 8192, vcores = 8, conf = {} }: HadoopOptions): Promise<RealHadoop> {
    const lib = await hadoopJars();
    const free = await freePorts(10 + 3 * nodes);
    const [nameNodeRpc, nameNodeHttp, dataNode, dataNodeHttp, dataNodeIpc, rm, rmScheduler, rmTracker, rmAdmin, rmWeb] =
      free as [number, number, number, number, number, number, number, number, number, number];
    const ports = {
      ...{ nameNodeRpc, nameNodeHttp, dataNode, dataNodeHttp, dataNodeIpc },
      ...{ rm, rmScheduler, rmTracker, rmAdmin, rmWeb },
    };
    const cluster = new RealHadoop(dir, lib, { dir, memoryMb, vcores, ports, overrides: conf }, nodes);
    process.once('exit', cluster.endNow);
    for (const signal of SIGNALS) process.once(signal, cluster.onSignal);
    try {
      cluster.writeFiles(free.slice(10));
      await cluster.boot();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  async kill(name: string): Promise<void> {
    const child = this.daemons.get(name)?.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async startDaemon(name: string): Promise<void> {
    this.launch(name);
    await this.ready();
  }

  /** Ends every daemon and every container process that outlived its NodeManager. */
  async stop(): Promise<void> {
    // An orderly end of a NodeManager takes 17 s of its own clean-up; what it would clean up is under our folder.
    await Promise.all([...this.daemons.keys()].map(name => this.kill(name)));
    this.killContainers();
    process.off('exit', this.endNow);
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
  }

  /** Daemons are in process groups of their own: Ctrl-C of the tests does not reach them. */
  private readonly endNow = (): void => {
    for (const { process: child } of this.daemons.values()) child?.kill('SIGKILL');
    this.killContainers();
  };

  private readonly onSignal = (signal: NodeJS.Signals): void => {
    this.endNow();
    // As without a handler, unless somebody else has one.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };

  private killContainers(): void {
    for (const pid of containerProcesses(join(this.dir, 'nm'))) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it ended by itself
      }
    }
  }

  private writeFiles(nodePorts: number[]): void {
    for (const folder of ['logs', 'tmp']) mkdirSync(join(this.dir, folder), { recursive: true });
    // Maven's hadoop-hdfs jar lacks the folders of the HTML pages, without which the daemons do not start.
    for (const name of ['hdfs', 'datanode']) {
      const webInf = join(this.dir, 'web/webapps', name, 'WEB-INF');
      mkdirSync(webInf, { recursive: true });
      writeFileSync(join(webInf, 'web.xml'), '<web-app version="2.4" xmlns="http://java.sun.com/xml/ns/j2ee"/>');
    }
    const common = (confDir: string): void => {
      writeSite(confDir, 'core-site.xml', coreSite(this.shape));
      writeSite(confDir, 'hdfs-site.xml', hdfsSite(this.shape));
      writeFileSync(
        join(confDir, 'log4j.properties'),
        'log4j.rootLogger=INFO,out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n' +
          'log4j.appender.out.layout=org.apache.log4j.PatternLayout\n' +
          'log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n\n',
      );
    };
    common(this.confDir);
    writeSite(this.confDir, 'yarn-site.xml', yarnSite(this.shape));
    writeSite(this.confDir, 'capacity-scheduler.xml', CAPACITY_SCHEDULER);
    for (const [name, mainClass] of [
      ['namenode', NAME_NODE],
      ['datanode', DATA_NODE],
      ['resourcemanager', RESOURCE_MANAGER],
    ] as const) {
      this.daemons.set(name, { mainClass, confDir: this.confDir });
    }
    for (let i = 1; i <= this.nodes; i++) {
      const confDir = join(this.dir, 'nm', String(i), 'conf');
      common(confDir);
      writeSite(confDir, 'yarn-site.xml', nodeManagerSite(this.shape, String(i), nodePorts.slice(3 * i - 3, 3 * i)));
      this.daemons.set(`nodemanager${i}`, { mainClass: NODE_MANAGER, confDir });
    }
  }

  private async boot(): Promise<void> {
    execFileSync('java', [...this.jvm(this.confDir), NAME_NODE, '-format', '-force', '-nonInteractive'], {
      cwd: this.dir,
      stdio: 'ignore',
      timeout: 120_000,
    });
    // The others retry until these two listen; the order saves their first, longest wait.
    this.launch('namenode');
    this.launch('resourcemanager');
    await this.until('the NameNode and the ResourceManager listen', async () => {
      const { nameNodeHttp, rmWeb } = this.shape.ports;
      await json(`http://localhost:${nameNodeHttp}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState`);
      await json(`http://localhost:${rmWeb}/ws/v1/cluster/info`);
      return true;
    });
    this.launch('datanode');
    for (let i = 1; i <= this.nodes; i++) this.launch(`nodemanager${i}`);
    await this.ready();
  }

  private jvm(confDir: string): string[] {
    return [
      ...JVM,
      `-Dhadoop.log.dir=${join(this.dir, 'logs')}`,
      `-Dyarn.log.dir=${join(this.dir, 'logs')}`,
      `-Dhadoop.home.dir=${this.dir}`,
      // Jetty unpacks its pages there.
      `-Djava.io.tmpdir=${join(this.dir, 'tmp')}`,
      ...['-cp', `${confDir}:${join(this.dir, 'web')}:${this.lib}/*`],
    ];
  }

  private launch(name: string): void {
    const daemon = this.daemons.get(name);
    if (!daemon) throw new Error(`no daemon "${name}": there are ${[...this.daemons.keys()].join(', ')}`);
    const log = openSync(join(this.dir, 'logs', `${name}.log`), 'a');
    daemon.process = spawn('java', [...this.jvm(daemon.confDir), daemon.mainClass], {
      cwd: this.dir,
      env: { ...process.env, HADOOP_CONF_DIR: daemon.confDir, HADOOP_USER_NAME: this.user },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
  }

  readonly user = process.env['HADOOP_USER_NAME'] ?? process.env['USER'] ?? 'root';

  private async ready(): Promise<void> {
    const { nameNodeHttp, rmWeb } = this.shape.ports;
    await this.until('HDFS and YARN are ready', async () => {
      const { beans } = (await json(
        `http://localhost:${nameNodeHttp}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState`,
      )) as { beans: Array<{ NumLiveDataNodes: number; FSState: string }> };
      const { nodes } = (await json(`http://localhost:${rmWeb}/ws/v1/cluster/nodes?states=RUNNING`)) as {
        nodes: { node: unknown[] } | null;
      };
      const running = [...this.daemons].filter(([n, d]) => n.startsWith('nodemanager') && isAlive(d)).length;
      const hdfs = beans[0]?.FSState === 'Operational' && beans[0].NumLiveDataNodes >= 1;
      return hdfs && (nodes?.node.length ?? 0) >= running;
    });
  }

  private async until(what: string, check: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      if (await check().catch(() => false)) return;
      for (const [name, daemon] of this.daemons) {
        if (daemon.process && daemon.process.exitCode !== null) {
          const log = readFileSync(join(this.dir, 'logs', `${name}.log`), 'utf8');
          throw new Error(`${name} ended while waiting until ${what}:\n${log.slice(-2000)}`);
        }
      }
      if (Date.now() > deadline) throw new Error(`not within 120 s: ${what}`);
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }
}

const isAlive = (d: Daemon): boolean => d.process?.exitCode === null && d.process.signalCode === null;

async function json(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map(s => new Promise<void>(resolve => s.listen(0, '127.0.0.1', resolve))));
  const ports = servers.map(s => (s.address() as { port: number }).port);
  await Promise.all(servers.map(s => new Promise(resolve => s.close(resolve))));
  return ports;
}

/** Processes whose YARN folders lie under ours: containers in sessions of their own survive their NodeManager. */
function containerProcesses(nodeManagers: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`LOCAL_DIRS=${nodeManagers}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}
