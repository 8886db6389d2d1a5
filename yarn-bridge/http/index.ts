export { addressOf, connectionError, isUnresolved, neverSent, type Peer, timeoutError } from './connection-error.js';
export { type HttpAnswer, HttpClient, type HttpHead, type HttpRequest, type HttpStream } from './http-client.js';
export { excerpt, parseRemoteException, type RemoteException } from './remote-exception.js';
export { isPassing, isStandby, ServerList, type ServerListOptions } from './server-list.js';
