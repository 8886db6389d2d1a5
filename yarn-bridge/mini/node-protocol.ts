/** What NodeManagers and the ResourceManager of the embedded Hadoop say to each other: JSON over HTTP, ours alone. */
export const REGISTER_PATH = '/internal/v1/node/register';
export const HEARTBEAT_PATH = '/internal/v1/node/heartbeat';

export interface ContainerReport {
  containerId: string;
  state: 'RUNNING' | 'COMPLETE';
  exitStatus: number;
  diagnostics: string;
  memoryMb: number;
  vcores: number;
  priority: number;
  startedAt: number;
}

export interface RegisterNode {
  host: string;
  port: number;
  httpAddress: string;
  memoryMb: number;
  vcores: number;
  /** All that it has not been told to forget. */
  containers: ContainerReport[];
  applications: string[];
}

/** The password of a token is HMAC-SHA1(key, identifier). */
export interface TokenKey {
  /** Which NMTokens name. */
  id: number;
  /** Base64. */
  key: string;
}

export interface NodeRegistered {
  /** The ResourceManager's start. */
  rmIdentifier: number;
  /** Base64. */
  containerTokenKey: string;
  nmTokenKey: TokenKey;
}

export interface NodeHeartbeat {
  /** `host:port` */
  node: string;
  /** Those that run, and those that ended since the last one. */
  containers: ContainerReport[];
  /** The last one: the node ends in good order. */
  unregister?: boolean;
  /** The newest that it has. */
  nmTokenKeyId?: number | undefined;
}

export interface NodeHeartbeatAnswer {
  /** The ResourceManager does not know this node: register. */
  resync: boolean;
  stopContainers: string[];
  forgetContainers: string[];
  finishedApplications: string[];
  /** Newer than the node's. */
  nmTokenKey?: TokenKey;
}
