import type { HadoopConfiguration } from '../conf/index.js';
import { type HostMap, parseHostMap } from './host-map.js';

export interface HdfsOptions {
  /** What the paths of this file system begin with: `hdfs://host:8020`, `hdfs://nameservice1`, `webhdfs://host:9870`. */
  uri: string;
  /** `http://host:9870` of each NameNode; `HadoopConfiguration.nameNodeHttpAddresses` has them. */
  nameNodes: readonly string[];
  /** Every call is made as this user. */
  user: string;
  /** DataNode hosts as they are to be called from here. */
  hostMap?: HostMap;
  /** Copies and block size of new files; the server's own settings where they are left out. */
  replication?: number;
  blockSize?: number;
  /** Milliseconds for a call without file data. Default 30,000. */
  callTimeout?: number;
  /** Milliseconds without progress after which a transfer has failed. Default 60,000. */
  stallTimeout?: number;
  /** Milliseconds that several NameNodes may be without an active one. Default 15,000. */
  failoverTimeout?: number;
  /** Milliseconds before each repetition of a safe call to a single NameNode. Default 200, 600. */
  retryDelays?: readonly number[];
}

export type CompiledHdfsOptions = Required<Omit<HdfsOptions, 'replication' | 'blockSize'>> &
  Pick<HdfsOptions, 'replication' | 'blockSize'>;

export function compileHdfsOptions(options: HdfsOptions): CompiledHdfsOptions {
  return {
    ...options,
    hostMap: options.hostMap ?? {},
    callTimeout: options.callTimeout ?? 30_000,
    stallTimeout: options.stallTimeout ?? 60_000,
    failoverTimeout: options.failoverTimeout ?? 15_000,
    retryDelays: options.retryDelays ?? [200, 600],
  };
}

/** What the configuration says about the file system of `uri` (`hdfs:///` and none: that of fs.defaultFS). */
export function hdfsOptionsOf(conf: HadoopConfiguration, uri: string | undefined, user: string): HdfsOptions {
  const root = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]+)/.exec(uri ?? '')?.[0] ?? conf.defaultFs();
  const replication = conf.getExplicit('dfs.replication');
  const blockSize = conf.getExplicit('dfs.blocksize');
  const hostMap = conf.getExplicit('hdfs.host-map');
  const readTimeout = conf.getExplicit('dfs.webhdfs.socket.read-timeout');
  return {
    uri: root,
    nameNodes: conf.nameNodeHttpAddresses(uri),
    user,
    ...(hostMap !== undefined && { hostMap: parseHostMap(hostMap) }),
    ...(replication !== undefined && { replication: conf.getInt('dfs.replication') }),
    // `128m` and the like are left to the server.
    ...(blockSize !== undefined && /^\d+$/.test(blockSize) && { blockSize: Number(blockSize) }),
    ...(readTimeout !== undefined && { stallTimeout: conf.getMillis('dfs.webhdfs.socket.read-timeout', 60_000) }),
  };
}
