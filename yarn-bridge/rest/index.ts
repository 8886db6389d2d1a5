export { type ContainerLog, NodeManagerRest, type NodeManagerRestOptions, unwrapLog } from './node-manager-rest.js';
export type { Queue } from './queues.js';
export {
  type ApplicationFilter,
  ResourceManagerRest,
  type ResourceManagerRestOptions,
  type SubmissionBody,
} from './resource-manager-rest.js';
export {
  APPLICATION_STATES,
  type ApplicationAttempt,
  type ApplicationReport,
  type ApplicationState,
  type ClusterInfo,
  type ClusterMetrics,
  type ClusterNode,
  type ContainerLogFile,
  type ContainerReport,
  type FinalStatus,
  isFinal,
  type NewApplication,
} from './types.js';
