export { authenticateClient, authenticateServer, type Peer } from './authentication.js';
export { type ConnectRpcOptions, connectRpc, openSocket } from './client.js';
export {
  DEFAULT_HEARTBEAT,
  type Gateway,
  type Handlers,
  type HeartbeatOptions,
  RpcConnection,
} from './connection.js';
export { portsOf } from './ports.js';
export { listenOnFirstFree, RpcServer, type RpcServerOptions, SOCKET_OPTIONS } from './server.js';
