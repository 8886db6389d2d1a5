import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Properties = Record<string, string | number | boolean>;

export interface Ports {
  nameNodeRpc: number;
  nameNodeHttp: number;
  dataNode: number;
  dataNodeHttp: number;
  dataNodeIpc: number;
  rm: number;
  rmScheduler: number;
  rmTracker: number;
  rmAdmin: number;
  rmWeb: number;
}

export interface ClusterShape {
  dir: string;
  memoryMb: number;
  vcores: number;
  ports: Ports;
  overrides: Properties;
}

const HOST = 'localhost';

/**
 * Settings of a one-host cluster whose ports are all its own. Those that are not ports or folders are the ones that
 * docker-compose.hadoop.yml repeats; test/hadoop/compose.test.ts compares the two.
 */
export function coreSite({ dir, ports }: ClusterShape): Properties {
  return {
    'fs.defaultFS': `hdfs://${HOST}:${ports.nameNodeRpc}`,
    'hadoop.tmp.dir': join(dir, 'tmp'),
    'io.native.lib.available': false,
    'hadoop.http.staticuser.user': 'dr.who',
  };
}

export function hdfsSite({ dir, ports }: ClusterShape): Properties {
  return {
    ...SHARED_HDFS,
    'dfs.namenode.name.dir': `file://${dir}/data/nn`,
    'dfs.datanode.data.dir': `file://${dir}/data/dn`,
    'dfs.namenode.rpc-address': `${HOST}:${ports.nameNodeRpc}`,
    'dfs.namenode.http-address': `${HOST}:${ports.nameNodeHttp}`,
    'dfs.datanode.address': `${HOST}:${ports.dataNode}`,
    'dfs.datanode.http.address': `${HOST}:${ports.dataNodeHttp}`,
    'dfs.datanode.ipc.address': `${HOST}:${ports.dataNodeIpc}`,
    'dfs.datanode.hostname': HOST,
    'dfs.namenode.datanode.registration.ip-hostname-check': false,
    'dfs.namenode.resource.du.reserved': 1_048_576,
    'dfs.datanode.du.reserved': 0,
    'dfs.namenode.safemode.extension': 0,
    'dfs.heartbeat.interval': 1,
  };
}

/** Proven here, and needed as they stand in a cluster of containers too. */
export const SHARED_HDFS: Properties = {
  'dfs.webhdfs.enabled': true,
  'dfs.replication': 1,
  'dfs.permissions.enabled': true,
  'dfs.client.use.datanode.hostname': true,
};

export const SHARED_YARN: Properties = {
  'yarn.resourcemanager.scheduler.class':
    'org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler',
  'yarn.scheduler.minimum-allocation-mb': 128,
  'yarn.nodemanager.vmem-check-enabled': false,
  'yarn.nodemanager.pmem-check-enabled': true,
  'yarn.nodemanager.resource.memory.enforced': false,
};

export const CAPACITY_SCHEDULER: Properties = {
  'yarn.scheduler.capacity.root.queues': 'default',
  'yarn.scheduler.capacity.root.default.capacity': 100,
  'yarn.scheduler.capacity.root.default.maximum-capacity': 100,
  'yarn.scheduler.capacity.root.default.state': 'RUNNING',
  'yarn.scheduler.capacity.maximum-am-resource-percent': 0.5,
  'yarn.scheduler.capacity.resource-calculator': 'org.apache.hadoop.yarn.util.resource.DefaultResourceCalculator',
  'yarn.scheduler.capacity.node-locality-delay': -1,
};

export function yarnSite({ dir, ports, memoryMb, vcores, overrides }: ClusterShape): Properties {
  return {
    ...SHARED_YARN,
    'yarn.resourcemanager.hostname': HOST,
    'yarn.resourcemanager.address': `${HOST}:${ports.rm}`,
    'yarn.resourcemanager.scheduler.address': `${HOST}:${ports.rmScheduler}`,
    'yarn.resourcemanager.resource-tracker.address': `${HOST}:${ports.rmTracker}`,
    'yarn.resourcemanager.admin.address': `${HOST}:${ports.rmAdmin}`,
    'yarn.resourcemanager.webapp.address': `${HOST}:${ports.rmWeb}`,
    'yarn.scheduler.maximum-allocation-mb': memoryMb,
    'yarn.scheduler.maximum-allocation-vcores': vcores,
    'yarn.resourcemanager.am.max-attempts': 2,
    'yarn.resourcemanager.recovery.enabled': true,
    'yarn.resourcemanager.store.class': 'org.apache.hadoop.yarn.server.resourcemanager.recovery.FileSystemRMStateStore',
    'yarn.resourcemanager.fs.state-store.uri': `file://${dir}/data/rmstate`,
    'yarn.resourcemanager.work-preserving-recovery.scheduling-wait-ms': 500,
    'yarn.resourcemanager.nodemanagers.heartbeat-interval-ms': 200,
    'yarn.resourcemanager.connect.retry-interval.ms': 500,
    'yarn.nm.liveness-monitor.expiry-interval-ms': 10_000,
    'yarn.nodemanager.resource.memory-mb': memoryMb,
    'yarn.nodemanager.resource.cpu-vcores': vcores,
    'yarn.nodemanager.container-monitor.interval-ms': 500,
    'yarn.nodemanager.disk-health-checker.enable': false,
    'yarn.nodemanager.delete.debug-delay-sec': 0,
    'yarn.log-aggregation-enable': false,
    'yarn.nodemanager.recovery.enabled': false,
    'yarn.acl.enable': false,
    'yarn.nodemanager.aux-services': '',
    'yarn.timeline-service.enabled': false,
    ...overrides,
  };
}

/** What each NodeManager has of its own. */
export function nodeManagerSite(shape: ClusterShape, node: string, ports: number[]): Properties {
  return {
    ...yarnSite(shape),
    'yarn.nodemanager.hostname': HOST,
    'yarn.nodemanager.address': `${HOST}:${ports[0]}`,
    'yarn.nodemanager.webapp.address': `${HOST}:${ports[1]}`,
    'yarn.nodemanager.localizer.address': `${HOST}:${ports[2]}`,
    'yarn.nodemanager.local-dirs': join(shape.dir, 'nm', node, 'local'),
    'yarn.nodemanager.log-dirs': join(shape.dir, 'nm', node, 'logs'),
  };
}

export function writeSite(dir: string, name: string, properties: Properties): void {
  mkdirSync(dir, { recursive: true });
  const escapeXml = (s: string): string => s.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  const body = Object.entries(properties)
    .map(([k, v]) => `  <property><name>${k}</name><value>${escapeXml(String(v))}</value></property>`)
    .join('\n');
  writeFileSync(join(dir, name), `<?xml version="1.0"?>\n<configuration>\n${body}\n</configuration>\n`);
}
