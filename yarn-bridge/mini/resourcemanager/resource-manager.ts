import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Closeable, Lifecycle } from '../../../core/lifecycle.js';
import type { HadoopConfiguration } from '../../conf/index.js';
import {
  AM_PROTOCOL,
  CLIENT_PROTOCOL,
  decodeMessage,
  formatAttemptId,
  HadoopRpcServer,
  parseProtection,
  RPC_PROTECTION,
  RpcServerError,
} from '../../rpc/index.js';
import { listen, portOf, readBody, sendJson, sendText } from '../http.js';
import {
  HEARTBEAT_PATH,
  type NodeHeartbeat,
  type NodeHeartbeatAnswer,
  type NodeRegistered,
  REGISTER_PATH,
  type RegisterNode,
  type TokenKey,
} from '../node-protocol.js';
import { INVALID_TOKEN } from '../tokens.js';
import { amProtocol } from './am-protocol.js';
import { clientProtocol } from './client-protocol.js';
import { servePages, serveProxy } from './pages.js';
import { ResourceManagerState } from './resource-manager-state.js';
import { serveRest } from './rest.js';
import type { AmTokenIdentifier } from './token-secrets.js';

export interface ResourceManagerOptions {
  /** Where its state outlives a restart. */
  dir: string;
  host: string;
  /** 0: any free one. */
  ports: { webapp: number; scheduler: number; client: number; tracker: number };
  hadoop: HadoopConfiguration;
  internalSecret: string;
  log?: (line: string) => void;
}

/** REST, pages, proxy, and the RPC of ApplicationMasters and clients. */
export class ResourceManager implements Closeable {
  private readonly lifecycle = new Lifecycle();
  private web!: Server;
  private tracker!: Server;
  private scheduler!: HadoopRpcServer;
  private client!: HadoopRpcServer;

  private constructor(
    private readonly options: ResourceManagerOptions,
    readonly state: ResourceManagerState,
  ) {}

  static async start(options: ResourceManagerOptions): Promise<ResourceManager> {
    const { dir, hadoop, log = () => {} } = options;
    const rm = new ResourceManager(options, new ResourceManagerState({ dir, hadoop, log }));
    try {
      await rm.open();
    } catch (error) {
      await rm.close();
      throw error;
    }
    return rm;
  }

  get ports(): ResourceManagerOptions['ports'] {
    return {
      webapp: portOf(this.web),
      scheduler: this.scheduler.port,
      client: this.client.port,
      tracker: portOf(this.tracker),
    };
  }

  async close(): Promise<void> {
    this.state.close();
    await this.lifecycle.close();
  }

  private async open(): Promise<void> {
    const { host, ports } = this.options;
    const { state } = this;
    this.scheduler = this.lifecycle.own(
      await HadoopRpcServer.listen({
        host,
        port: ports.scheduler,
        authentication: { type: 'token', password: identifier => this.amTokenPassword(identifier) },
        protection: parseProtection(this.options.hadoop.get(RPC_PROTECTION) ?? 'authentication'),
        protocols: { [AM_PROTOCOL]: amProtocol(state) },
      }),
    );
    this.client = this.lifecycle.own(
      await HadoopRpcServer.listen({
        host,
        port: ports.client,
        authentication: { type: 'simple' },
        protocols: { [CLIENT_PROTOCOL]: clientProtocol(state) },
      }),
    );
    this.web = this.serve((request, response) => this.answer(request, response));
    await listen(this.web, ports.webapp, host);
    state.webapp = `http://${host}:${portOf(this.web)}`;
    this.tracker = this.serve((request, response) => void this.track(request, response));
    await listen(this.tracker, ports.tracker, host);
  }

  private serve(listener: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const server = createServer(listener);
    this.lifecycle.defer(() => {
      server.closeAllConnections();
      server.close();
    });
    return server;
  }

  /** Only attempts that are alive have a valid token. */
  private amTokenPassword(identifier: Buffer): Buffer {
    if (this.state.attemptOf(identifier)) return this.state.secrets.amPassword(identifier);
    const { appAttemptId } = decodeMessage<AmTokenIdentifier>('AMRMTokenIdentifier', identifier);
    throw new RpcServerError(INVALID_TOKEN, `${formatAttemptId(appAttemptId)} not found in AMRMTokenSecretManager.`);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname.startsWith('/ws/v1/cluster')) void serveRest(this.state, request, response, url);
    else if (url.pathname.startsWith('/proxy/')) serveProxy(this.state, request, response, url);
    else if (url.pathname === '/') response.writeHead(302, { location: '/cluster' }).end();
    else if (url.pathname.startsWith('/cluster')) servePages(this.state, response, url.pathname.replace(/\/$/, ''));
    else sendText(response, 404, 'Not found');
  }

  private registerNode(request: RegisterNode): NodeRegistered {
    const { nodes, secrets, clusterTimestamp } = this.state;
    nodes.register(request);
    return {
      rmIdentifier: clusterTimestamp,
      containerTokenKey: secrets.containerKey.toString('base64'),
      nmTokenKey: this.nodeTokenKey(),
    };
  }

  private heartbeat(beat: NodeHeartbeat): NodeHeartbeatAnswer {
    const answer = this.state.nodes.heartbeat(beat);
    const nmTokenKey = this.nodeTokenKey();
    return nmTokenKey.id === beat.nmTokenKeyId ? answer : { ...answer, nmTokenKey };
  }

  private nodeTokenKey(): TokenKey {
    const { id, key } = this.state.secrets.nodeKey;
    return { id, key: key.toString('base64') };
  }

  private async track(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.headers.authorization !== `Bearer ${this.options.internalSecret}`)
        return sendText(response, 401, 'unauthorized');
      const body: unknown = JSON.parse(await readBody(request));
      if (request.url === REGISTER_PATH) return sendJson(response, 200, this.registerNode(body as RegisterNode));
      if (request.url === HEARTBEAT_PATH) {
        return sendJson(response, 200, this.heartbeat(body as NodeHeartbeat));
      }
      sendText(response, 404, 'Not found');
    } catch (error) {
      sendText(response, 500, String(error));
    }
  }
}
