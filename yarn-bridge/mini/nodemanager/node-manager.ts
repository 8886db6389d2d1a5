import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { FileSystems } from '../../../core/fs/index.js';
import { type Closeable, Lifecycle } from '../../../core/lifecycle.js';
import type { HadoopConfiguration } from '../../conf/index.js';
import { HdfsFileSystem } from '../../hdfs/index.js';
import {
  type CallContext,
  CONTAINER_PROTOCOL,
  type ContainerId,
  type ContainerLaunchContext,
  decodeMessage,
  formatApplicationId,
  formatContainerId,
  HadoopRpcServer,
  parseProtection,
  type Resource,
  RPC_PROTECTION,
  RpcServerError,
  type Token,
} from '../../rpc/index.js';
import { listen, portOf } from '../http.js';
import {
  type ContainerReport,
  HEARTBEAT_PATH,
  type NodeHeartbeat,
  type NodeHeartbeatAnswer,
  type NodeRegistered,
  REGISTER_PATH,
} from '../node-protocol.js';
import { INVALID_TOKEN, tokenPassword } from '../tokens.js';
import { Container, EXIT } from './container.js';
import { Localizer } from './localizer.js';
import { memoryLimits } from './memory-check.js';
import { NodeTokenKeys } from './node-token-keys.js';
import { createNodePages } from './pages.js';

export interface NodeManagerOptions {
  dir: string;
  host: string;
  /** 0: any free one. */
  port: number;
  httpPort: number;
  memoryMb: number;
  vcores: number;
  user: string;
  confDir: string;
  hadoop: HadoopConfiguration;
  /** `http://host:port` of the ResourceManager's tracker. */
  tracker: string;
  internalSecret: string;
}

/** yarn.nodemanager.env-whitelist of a NodeManager. */
const WHITELIST = ['JAVA_HOME', 'HADOOP_COMMON_HOME', 'HADOOP_HDFS_HOME', 'HADOOP_YARN_HOME', 'HADOOP_HOME'];
const inherited = (): Array<readonly [string, string]> => [
  ...WHITELIST.flatMap(name => (process.env[name] ? [[name, process.env[name]] as const] : [])),
  ['PATH', process.env['PATH'] ?? ''],
  ['LANG', process.env['LANG'] ?? 'C.UTF-8'],
];

interface ContainerTokenIdentifier {
  containerId: ContainerId;
  nmHostAddr: string;
  appSubmitter: string;
  resource: Resource;
  priority?: { priority: number };
  creationTime: number;
  expiryTimeStamp: number;
  rmIdentifier: number;
}

const HEARTBEAT_MS = 100;
const RETRY_MS = 200;
const REQUEST_TIMEOUT_MS = 5000;
const LAST_WORDS_MS = 1000;

/** Starts and watches containers on one "node" of the embedded Hadoop. */
export class NodeManager implements Closeable {
  readonly containers = new Map<string, Container>();
  private readonly lifecycle = new Lifecycle();
  private readonly localizer: Localizer;
  /** By user. */
  private readonly fileSystems = new Map<string, FileSystems>();
  private keys: { container: Buffer; rmIdentifier: number } | undefined;
  private readonly tokenKeys = new NodeTokenKeys();
  private rpc!: HadoopRpcServer;
  private http!: Server;
  /** Applications that have run here, with their user. */
  private readonly applications = new Map<string, string>();
  /** Containers whose end this ResourceManager has heard of. */
  private readonly reported = new Set<string>();
  /** All that were ever started: a token is good for one. */
  private readonly started = new Set<string>();
  private beatTimer: NodeJS.Timeout | undefined;
  private beating = false;
  private beatAgain = false;
  private isEnding = false;

  private constructor(readonly options: NodeManagerOptions) {
    // Without recovery, as the real one's default: what an earlier process left is of no use.
    rmSync(this.localDir, { recursive: true, force: true });
    mkdirSync(this.localDir, { recursive: true });
    mkdirSync(this.logRoot, { recursive: true });
    this.localizer = new Localizer(this.localDir, user => this.fileSystemsOf(user ?? options.user));
  }

  static async start(options: NodeManagerOptions): Promise<NodeManager> {
    const node = new NodeManager(options);
    await node.open();
    return node;
  }

  get port(): number {
    return this.rpc.port;
  }

  get httpAddress(): string {
    return `${this.options.host}:${portOf(this.http)}`;
  }

  get nodeId(): string {
    return `${this.options.host}:${this.port}`;
  }

  get localDir(): string {
    return join(this.options.dir, 'local');
  }

  get logRoot(): string {
    return join(this.options.dir, 'logs');
  }

  /** Ends all containers too. */
  async close(): Promise<void> {
    this.isEnding = true;
    clearTimeout(this.beatTimer);
    const running = [...this.containers.values()].filter(c => c.isRunning);
    for (const c of running) c.stop(EXIT.BY_RM, 'Container killed by the NodeManager\n');
    await Promise.all(running.map(c => c.ended));
    const last = { node: this.nodeId, containers: this.news(), unregister: true };
    await this.post(HEARTBEAT_PATH, last, LAST_WORDS_MS).catch(() => {});
    await this.lifecycle.close();
  }

  private async open(): Promise<void> {
    const { host, port, httpPort } = this.options;
    this.rpc = this.lifecycle.own(
      await HadoopRpcServer.listen({
        host,
        port,
        authentication: { type: 'token', password: identifier => this.tokenKeys.passwordOf(identifier, this.nodeId) },
        protection: parseProtection(this.options.hadoop.get(RPC_PROTECTION) ?? 'authentication'),
        protocols: { [CONTAINER_PROTOCOL]: this.protocol() },
      }),
    );
    this.http = createServer(createNodePages(this));
    await listen(this.http, httpPort, host);
    this.lifecycle.defer(() => {
      this.http.closeAllConnections();
      this.http.close();
    });
    const { hadoop } = this.options;
    const interval = hadoop.getNumber('yarn.nodemanager.container-monitor.interval-ms', 1000);
    this.lifecycle.setInterval(() => {
      for (const c of this.containers.values()) c.checkMemory();
    }, interval);
    await this.register();
    await this.beat();
  }

  private fileSystemsOf(user: string): FileSystems {
    const known = this.fileSystems.get(user);
    if (known) return known;
    const { hadoop } = this.options;
    const made = this.lifecycle.own(new FileSystems({ defaultScheme: hadoop.defaultFs() }));
    for (const scheme of ['hdfs', 'webhdfs']) {
      made.register(scheme, ({ authority }) =>
        HdfsFileSystem.fromConfiguration(hadoop, `${scheme}://${authority}/`, user),
      );
    }
    this.fileSystems.set(user, made);
    return made;
  }

  private protocol(): Parameters<typeof HadoopRpcServer.listen>[0]['protocols'][string] {
    const failure = (container_id: ContainerId, message: string): object => ({
      container_id,
      exception: { message, class_name: 'org.apache.hadoop.yarn.exceptions.YarnException' },
    });
    return {
      startContainers: {
        request: 'StartContainersRequest',
        response: 'StartContainersResponse',
        handle: (
          request: {
            start_container_request?: Array<{
              container_launch_context?: ContainerLaunchContext;
              container_token: Token;
            }>;
          },
          { tokenIdentifier }: CallContext,
        ) => {
          const succeeded: ContainerId[] = [];
          const failed: object[] = [];
          for (const { container_launch_context = {}, container_token } of request.start_container_request ?? []) {
            const identifier = this.checkContainerToken(container_token);
            const problem = this.launch(identifier, container_launch_context);
            if (problem) failed.push(failure(identifier.containerId, problem));
            else succeeded.push(identifier.containerId);
          }
          if (succeeded.length > 0) this.tokenKeys.started(tokenIdentifier!);
          return { succeeded_requests: succeeded, failed_requests: failed };
        },
      },
      stopContainers: {
        request: 'StopContainersRequest',
        response: 'StopContainersResponse',
        handle: ({ container_id = [] }: { container_id?: ContainerId[] }) => {
          for (const id of container_id) {
            this.containers
              .get(formatContainerId(id))
              ?.stop(EXIT.BY_AM, 'Container killed by the ApplicationMaster.\n');
          }
          return { succeeded_requests: container_id };
        },
      },
      getContainerStatuses: {
        request: 'GetContainerStatusesRequest',
        response: 'GetContainerStatusesResponse',
        handle: ({ container_id = [] }: { container_id?: ContainerId[] }) => {
          const status: object[] = [];
          const failed: object[] = [];
          for (const id of container_id) {
            const c = this.containers.get(formatContainerId(id));
            if (!c) failed.push(failure(id, `Container ${formatContainerId(id)} is not handled by this NodeManager`));
            else {
              const { exitStatus, diagnostics } = c.report;
              status.push({
                container_id: id,
                state: c.isRunning ? 2 : 3,
                exit_status: exitStatus,
                diagnostics,
                container_sub_state: c.isRunning ? 2 : 5,
              });
            }
          }
          return { status, failed_requests: failed };
        },
      },
    };
  }

  private checkContainerToken(token: Token): ContainerTokenIdentifier {
    const invalid = (why: string): RpcServerError => new RpcServerError(INVALID_TOKEN, why);
    const { keys } = this;
    const expected = keys && tokenPassword(keys.container, token.identifier);
    if (!expected?.equals(Buffer.from(token.password))) throw invalid('Given Container token is not valid');
    const identifier = decodeMessage<ContainerTokenIdentifier>('ContainerTokenIdentifier', token.identifier);
    if (identifier.nmHostAddr !== this.nodeId)
      throw invalid(`Given Container is for ${identifier.nmHostAddr}, this is ${this.nodeId}`);
    if (identifier.expiryTimeStamp < Date.now()) throw invalid('This token is expired.');
    return identifier;
  }

  private launch(identifier: ContainerTokenIdentifier, context: ContainerLaunchContext): string | undefined {
    const containerId = formatContainerId(identifier.containerId);
    if (identifier.rmIdentifier !== this.keys?.rmIdentifier) {
      return `Container ${containerId} rejected as it is allocated by a previous RM`;
    }
    if (this.started.has(containerId)) {
      return `Unauthorized request to start container.\n Attempt to relaunch the same container with id ${containerId}.`;
    }
    const { options } = this;
    const { hadoop } = options;
    const user = identifier.appSubmitter;
    const applicationId = formatApplicationId(identifier.containerId.app_attempt_id.application_id);
    const container = new Container({
      containerId,
      applicationId,
      user,
      memoryMb: identifier.resource.memory,
      vcores: identifier.resource.virtual_cores,
      priority: identifier.priority?.priority ?? 0,
      createdAt: identifier.creationTime,
      context,
      localDir: this.localDir,
      logRoot: this.logRoot,
      localizer: this.localizer,
      environment: [
        ['NM_HOST', options.host],
        ['NM_PORT', String(this.port)],
        ['NM_HTTP_PORT', String(portOf(this.http))],
        ['LOCAL_DIRS', join(this.localDir, 'usercache', user, 'appcache', applicationId)],
        ['LOCAL_USER_DIRS', `${join(this.localDir, 'usercache', user)}/`],
        ['USER', user],
        ['LOGNAME', user],
        ['HOME', '/home/'],
      ],
      defaults: [['HADOOP_CONF_DIR', options.confDir], ...inherited()],
      limits: memoryLimits(hadoop),
      onChange: () => this.schedule(0),
    });
    this.containers.set(containerId, container);
    this.started.add(containerId);
    this.applications.set(applicationId, user);
    void container.start();
    return undefined;
  }

  private schedule(ms: number): void {
    if (this.beating) {
      this.beatAgain ||= ms === 0;
      return;
    }
    clearTimeout(this.beatTimer);
    if (this.isEnding) return;
    this.beatTimer = setTimeout(() => void this.beat(), ms);
  }

  private async beat(): Promise<void> {
    this.beating = true;
    this.beatAgain = false;
    let next = HEARTBEAT_MS;
    try {
      const news = this.news();
      const { nodeId, tokenKeys } = this;
      const heartbeat: NodeHeartbeat = { node: nodeId, containers: news, nmTokenKeyId: tokenKeys.newestId };
      const answer = await this.post<NodeHeartbeatAnswer>(HEARTBEAT_PATH, heartbeat);
      if (answer.resync) {
        await this.register();
        next = 0;
      } else {
        for (const r of news) if (r.state === 'COMPLETE') this.reported.add(r.containerId);
        this.obey(answer);
      }
    } catch {
      next = RETRY_MS;
    }
    this.beating = false;
    this.schedule(this.beatAgain ? 0 : next);
  }

  private news(): ContainerReport[] {
    return [...this.containers.values()].map(c => c.report).filter(r => !this.reported.has(r.containerId));
  }

  private obey(answer: NodeHeartbeatAnswer): void {
    const { stopContainers, forgetContainers, finishedApplications, nmTokenKey } = answer;
    if (nmTokenKey) this.tokenKeys.set(nmTokenKey);
    for (const id of stopContainers)
      this.containers.get(id)?.stop(EXIT.BY_RM, 'Container killed by the ResourceManager.\n');
    for (const id of forgetContainers) {
      this.containers.delete(id);
      this.reported.delete(id);
    }
    for (const application of finishedApplications) void this.cleanUp(application);
  }

  private async cleanUp(application: string): Promise<void> {
    const own = [...this.containers.values()].filter(c => c.options.applicationId === application);
    for (const c of own) c.stop(EXIT.BY_RM, 'Application is finished.\n');
    await Promise.all(own.map(c => c.ended));
    const user = this.applications.get(application);
    if (user === undefined) return;
    this.applications.delete(application);
    this.localizer.forget(user, application);
    this.tokenKeys.forget(application);
    rmSync(join(this.localDir, 'usercache', user, 'appcache', application), { recursive: true, force: true });
  }

  private async register(): Promise<void> {
    const { host, memoryMb, vcores } = this.options;
    const { port, httpAddress } = this;
    for (;;) {
      try {
        const containers = [...this.containers.values()].map(c => c.report);
        const registered = await this.post<NodeRegistered>(REGISTER_PATH, {
          host,
          port,
          httpAddress,
          memoryMb,
          vcores,
          containers,
          applications: [...this.applications.keys()],
        });
        this.reported.clear();
        this.keys = {
          container: Buffer.from(registered.containerTokenKey, 'base64'),
          rmIdentifier: registered.rmIdentifier,
        };
        this.tokenKeys.set(registered.nmTokenKey);
        return;
      } catch {
        if (this.isEnding) return;
        await new Promise(resolve => setTimeout(resolve, 50));
      }
    }
  }

  private async post<T>(path: string, body: object, timeoutMs = REQUEST_TIMEOUT_MS): Promise<T> {
    const response = await fetch(this.options.tracker + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.options.internalSecret}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return (await response.json()) as T;
  }
}
