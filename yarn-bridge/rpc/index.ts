export { ApplicationMasterClient, type ApplicationMasterClientOptions } from './application-master-client.js';
export { type Authentication, ClientConnection, type ClientConnectionOptions } from './client-connection.js';
export { decode as decodeMessage, encode as encodeMessage } from './codec.js';
export { ContainerManagementClient } from './container-management-client.js';
export { Credentials, tokenToUrlString } from './credentials.js';
export {
  formatApplicationId,
  formatAttemptId,
  formatContainerId,
  parseApplicationId,
  parseContainerId,
} from './ids.js';
export * from './messages.js';
export { parseProtection, type QualityOfProtection, RPC_PROTECTION } from './protection.js';
export { HadoopRemoteError } from './remote-error.js';
export {
  type CallContext,
  HadoopRpcServer,
  type HadoopRpcServerOptions,
  type RpcMethod,
  RpcServerError,
} from './server.js';
