/** What core-default.xml, hdfs-default.xml and yarn-default.xml of Hadoop 3 say about the keys that are read here. */
export const HADOOP_DEFAULTS: Readonly<Record<string, string>> = {
  'fs.defaultFS': 'file:///',
  'hadoop.security.authentication': 'simple',
  'hadoop.rpc.protection': 'authentication',

  'dfs.http.policy': 'HTTP_ONLY',
  'dfs.webhdfs.enabled': 'true',
  'dfs.webhdfs.socket.connect-timeout': '60s',
  'dfs.webhdfs.socket.read-timeout': '60s',

  'yarn.http.policy': 'HTTP_ONLY',
  'yarn.resourcemanager.hostname': '0.0.0.0',
  'yarn.resourcemanager.ha.enabled': 'false',
  'yarn.resourcemanager.recovery.enabled': 'false',
  'yarn.resourcemanager.am.max-attempts': '2',
  'yarn.resourcemanager.connect.max-wait.ms': '900000',
  'yarn.resourcemanager.connect.retry-interval.ms': '30000',
  'yarn.am.liveness-monitor.expiry-interval-ms': '600000',
  'yarn.nm.liveness-monitor.expiry-interval-ms': '600000',
  'yarn.scheduler.minimum-allocation-mb': '1024',
  'yarn.scheduler.maximum-allocation-mb': '8192',
  'yarn.scheduler.minimum-allocation-vcores': '1',
  'yarn.scheduler.maximum-allocation-vcores': '4',
  'yarn.nodemanager.resource.memory-mb': '-1',
  'yarn.nodemanager.resource.cpu-vcores': '-1',
  'yarn.nodemanager.pmem-check-enabled': 'true',
  'yarn.nodemanager.vmem-check-enabled': 'true',
  'yarn.nodemanager.vmem-pmem-ratio': '2.1',
  'yarn.nodemanager.resource.memory.enforced': 'true',
  'yarn.nodemanager.container-monitor.interval-ms': '3000',
};

export const DEFAULT_PORTS = {
  nameNodeRpc: 8020,
  nameNodeHttp: 9870,
  nameNodeHttps: 9871,
  resourceManagerScheduler: 8030,
  resourceManagerTracker: 8031,
  resourceManagerClient: 8032,
  resourceManagerWebapp: 8088,
  resourceManagerWebappHttps: 8090,
} as const;

/** Old names that Hadoop still understands, and what they are called now. */
export const DEPRECATED_KEYS: Readonly<Record<string, string>> = {
  'fs.default.name': 'fs.defaultFS',
  'dfs.federation.nameservices': 'dfs.nameservices',
  'dfs.http.address': 'dfs.namenode.http-address',
  'dfs.https.address': 'dfs.namenode.https-address',
  'dfs.block.size': 'dfs.blocksize',
};
