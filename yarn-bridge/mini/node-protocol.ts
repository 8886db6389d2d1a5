/** What NodeManagers and the ResourceManager of the embedded Hadoop say to each other: JSON over HTTP, ours alone. */
export const REGISTER_PATH = '/internal/v1/node/register';
export const HEARTBEAT_PATH = '/internal/v1/node/heartbeat';

export interface ContainerReport {
  containerId: string;
  state: 'RUNNING' | 'COMPLETE';
  exitStatus: number;
  diagnostics: string;
}

export interface RegisterNode {
  host: string;
  port: number;
  httpAddress: string;
  memoryMb: number;
  vcores: number;
  containers: ContainerReport[];
}

export interface NodeRegistered {
  rmIdentifier: number;
  /** Base64. The password of a token is HMAC-SHA1(key, identifier). */
  containerTokenKey: string;
  nmTokenKey: string;
}

export interface NodeHeartbeat {
  /** `host:port` */
  node: string;
  /** Those whose state is not acknowledged yet. */
  containers: ContainerReport[];
}

export interface NodeHeartbeatAnswer {
  /** The ResourceManager does not know this node: register. */
  resync: boolean;
  stopContainers: string[];
  finishedApplications: string[];
}
