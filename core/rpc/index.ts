export { authenticateClient, authenticateServer, type Peer } from './authentication.js';
export { type ConnectRpcOptions, connectRpc, openSocket } from './client.js';
export {
  DEFAULT_HEARTBEAT,
  type Gateway,
  type Handlers,
  type HeartbeatOptions,
  RpcConnection,
} from './connection.js';
export { type ListenKeys, listenError } from './listen-error.js';
export { portsOf } from './ports.js';
export { RpcServer, type RpcServerOptions } from './server.js';
export { listenOnFirstFree, SOCKET_OPTIONS } from './web-socket-listener.js';
