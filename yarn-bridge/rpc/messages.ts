/** TypeScript's view of proto-definitions.ts. Names are the wire definitions' own. int64 are numbers (all stay below 2^53). */
export interface ApplicationId {
  id: number;
  cluster_timestamp: number;
}
export interface ApplicationAttemptId {
  application_id: ApplicationId;
  attemptId: number;
}
export interface ContainerId {
  app_attempt_id: ApplicationAttemptId;
  /** epoch << 40 | sequence */
  id: number;
}
export interface NodeId {
  host: string;
  port: number;
}
export interface Token {
  identifier: Uint8Array;
  password: Uint8Array;
  kind: string;
  service: string;
}
/** MiB and cores. */
export interface Resource {
  memory: number;
  virtual_cores: number;
}
export interface ResourceRequest {
  priority: { priority: number };
  resource_name: string;
  capability?: Resource;
  num_containers: number;
  relax_locality?: boolean;
  allocation_request_id?: number;
}
export interface Container {
  id: ContainerId;
  nodeId: NodeId;
  node_http_address: string;
  resource: Resource;
  priority: { priority: number };
  container_token: Token;
  allocation_request_id?: number;
}
export interface ContainerStatus {
  container_id: ContainerId;
  /** 1 NEW, 2 RUNNING, 3 COMPLETE */
  state: number;
  diagnostics?: string;
  exit_status?: number;
  container_sub_state?: number;
}
export interface NMToken {
  nodeId: NodeId;
  token: Token;
}
export interface LocalResource {
  resource: { scheme?: string; host?: string; port?: number; file: string };
  size: number;
  timestamp: number;
  /** 1 ARCHIVE, 2 FILE */
  type: number;
  /** 1 PUBLIC, 2 PRIVATE, 3 APPLICATION */
  visibility: number;
}
export interface ContainerLaunchContext {
  localResources?: Array<{ key: string; value: LocalResource }>;
  /** A token storage file. */
  tokens?: Uint8Array;
  environment?: Array<{ key: string; value: string }>;
  command?: string[];
}
export interface SerializedException {
  message?: string;
  trace?: string;
  class_name?: string;
  cause?: SerializedException;
}
export interface ContainerException {
  container_id: ContainerId;
  exception: SerializedException;
}
export interface RegisterApplicationMasterRequest {
  host: string;
  rpc_port: number;
  tracking_url: string;
}
export interface RegisterApplicationMasterResponse {
  maximumCapability: Resource;
  containers_from_previous_attempts?: Container[];
  queue?: string;
  nm_tokens_from_previous_attempts?: NMToken[];
}
export interface AllocateRequest {
  ask?: ResourceRequest[];
  release?: ContainerId[];
  blacklist_request?: { blacklist_additions?: string[]; blacklist_removals?: string[] };
  response_id: number;
  progress?: number;
}
export interface AllocateResponse {
  /** 1 AM_RESYNC, 2 AM_SHUTDOWN */
  a_m_command?: number;
  response_id: number;
  allocated_containers?: Container[];
  completed_container_statuses?: ContainerStatus[];
  limit?: Resource;
  num_cluster_nodes?: number;
  nm_tokens?: NMToken[];
  am_rm_token?: Token;
}
export interface FinishApplicationMasterRequest {
  diagnostics: string;
  tracking_url: string;
  /** 0 UNDEFINED, 1 SUCCEEDED, 2 FAILED, 3 KILLED */
  final_application_status: number;
}
export interface StartContainersResponse {
  succeeded_requests?: ContainerId[];
  failed_requests?: ContainerException[];
}
export interface GetContainerStatusesResponse {
  status?: ContainerStatus[];
  failed_requests?: ContainerException[];
}

export const AM_PROTOCOL = 'org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB';
export const CONTAINER_PROTOCOL = 'org.apache.hadoop.yarn.api.ContainerManagementProtocolPB';
export const CLIENT_PROTOCOL = 'org.apache.hadoop.yarn.api.ApplicationClientProtocolPB';
