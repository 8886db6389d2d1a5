import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatSiteXml, hadoopUser } from '../conf/index.js';
import { type DaemonSettings, layout } from './layout.js';
import { freePorts, HOST } from './ports.js';

export interface ClusterShape {
  /** Everything of this Hadoop lies below it. */
  dir: string;
  /** NodeManagers. */
  nodes: number;
  /** Per node; also the largest container. */
  memoryMb: number;
  vcores: number;
  /** Keys of yarn-site.xml over the usual ones. */
  conf: Record<string, string>;
}

interface Ports {
  nameNode: number;
  dataNode: number;
  webapp: number;
  scheduler: number;
  client: number;
  tracker: number;
  /** [RPC, HTTP] of each NodeManager. */
  nodes: Array<[number, number]>;
}

/** Writes what daemons and their users read, and names the daemons. `keepPorts`: those of the last time, where free. */
export async function writeClusterFiles(shape: ClusterShape, keepPorts: boolean): Promise<string[]> {
  const paths = layout(shape.dir);
  makeFolder(shape.dir);
  const ports = await choosePorts(shape.nodes, keepPorts ? portsOf(shape.dir) : []);
  rmSync(paths.run, { recursive: true, force: true });
  for (const d of [paths.conf, paths.logs, paths.run]) mkdirSync(d, { recursive: true });
  writeFileSync(paths.secretFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  writeSites(shape, ports);
  const daemons = daemonsOf(shape, ports);
  for (const d of daemons) writeFileSync(paths.daemonFile(d.name), JSON.stringify(d, undefined, 2));
  return daemons.map(d => d.name);
}

/** One by one: Node's recursive mkdir never ends where a file system refuses with ENOENT, as /proc does. */
function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  makeFolder(dirname(dir));
  mkdirSync(dir);
}

export function daemonNames(dir: string): string[] {
  try {
    return readdirSync(layout(dir).run)
      .filter(f => f.endsWith('.json'))
      .map(f => f.slice(0, -'.json'.length));
  } catch {
    return [];
  }
}

function daemonsOf({ dir, memoryMb, vcores }: ClusterShape, ports: Ports): DaemonSettings[] {
  const { nameNode, dataNode, webapp, scheduler, client, tracker, nodes } = ports;
  const user = hadoopUser(process.env);
  const common = { dir, host: HOST };
  return [
    { ...common, name: 'namenode', role: 'namenode', port: nameNode, dataNodePort: dataNode, user },
    { ...common, name: 'resourcemanager', role: 'resourcemanager', ports: { webapp, scheduler, client, tracker } },
    ...nodes.map(([port, httpPort], i) => ({
      ...common,
      name: `nodemanager${i + 1}`,
      role: 'nodemanager' as const,
      ...{ port, httpPort, memoryMb, vcores, user },
      tracker: `http://${HOST}:${tracker}`,
    })),
  ];
}

async function choosePorts(nodes: number, wished: number[]): Promise<Ports> {
  const ports = await freePorts(6 + 2 * nodes, wished);
  const next = (): number => ports.shift()!;
  return {
    ...{ nameNode: next(), dataNode: next() },
    ...{ webapp: next(), scheduler: next(), client: next(), tracker: next() },
    nodes: Array.from({ length: nodes }, () => [next(), next()]),
  };
}

/** Of the last time, in the order of choosePorts; nothing if there was none. */
function portsOf(dir: string): number[] {
  const daemons = daemonNames(dir).map(
    name => JSON.parse(readFileSync(layout(dir).daemonFile(name), 'utf8')) as DaemonSettings,
  );
  const of = (name: string): number[] => {
    const d = daemons.find(x => x.name === name);
    if (d?.role === 'namenode') return [d.port, d.dataNodePort];
    if (d?.role === 'nodemanager') return [d.port, d.httpPort];
    return d ? [d.ports.webapp, d.ports.scheduler, d.ports.client, d.ports.tracker] : [];
  };
  const nodes = daemons.filter(d => d.role === 'nodemanager').length;
  const nodePorts = Array.from({ length: nodes }, (_, i) => of(`nodemanager${i + 1}`));
  return [of('namenode'), of('resourcemanager'), ...nodePorts].flat();
}

function writeSites({ dir, memoryMb, vcores, conf }: ClusterShape, ports: Ports): void {
  const paths = layout(dir);
  const address = (port: number): string => `${HOST}:${port}`;
  const site = (name: string, properties: Record<string, string>): void =>
    writeFileSync(join(paths.conf, name), formatSiteXml(properties));
  site('core-site.xml', {
    'fs.defaultFS': `webhdfs://${address(ports.nameNode)}`,
    'hadoop.tmp.dir': join(dir, 'tmp'),
  });
  site('hdfs-site.xml', {
    'dfs.namenode.http-address': address(ports.nameNode),
    'dfs.datanode.http.address': address(ports.dataNode),
    'dfs.webhdfs.enabled': 'true',
    'dfs.replication': '1',
    'dfs.permissions.enabled': 'true',
  });
  site('yarn-site.xml', {
    'yarn.resourcemanager.hostname': HOST,
    'yarn.resourcemanager.address': address(ports.client),
    'yarn.resourcemanager.scheduler.address': address(ports.scheduler),
    'yarn.resourcemanager.resource-tracker.address': address(ports.tracker),
    'yarn.resourcemanager.webapp.address': address(ports.webapp),
    'yarn.resourcemanager.recovery.enabled': 'true',
    'yarn.resourcemanager.am.max-attempts': '2',
    'yarn.scheduler.minimum-allocation-mb': '128',
    'yarn.scheduler.maximum-allocation-mb': String(memoryMb),
    'yarn.scheduler.maximum-allocation-vcores': String(vcores),
    'yarn.scheduler.capacity.root.queues': 'default',
    'yarn.scheduler.capacity.maximum-am-resource-percent': '0.5',
    'yarn.nodemanager.resource.memory-mb': String(memoryMb),
    'yarn.nodemanager.resource.cpu-vcores': String(vcores),
    'yarn.nodemanager.vmem-check-enabled': 'false',
    'yarn.nodemanager.pmem-check-enabled': 'true',
    'yarn.nodemanager.resource.memory.enforced': 'false',
    'yarn.nodemanager.container-monitor.interval-ms': '500',
    'yarn.nm.liveness-monitor.expiry-interval-ms': '10000',
    'yarn.am.liveness-monitor.expiry-interval-ms': '600000',
    ...conf,
  });
  const rest = `WEBHDFS_URL=http://${address(ports.nameNode)}/webhdfs/v1\nRM_URL=http://${address(ports.webapp)}\n`;
  writeFileSync(join(dir, 'cluster.env'), `HADOOP_CONF_DIR='${paths.conf.replaceAll("'", "'\\''")}'\n${rest}`);
}
