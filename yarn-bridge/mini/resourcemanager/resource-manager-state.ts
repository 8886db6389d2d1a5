import { randomBytes } from 'node:crypto';
import type { HadoopConfiguration } from '../../conf/index.js';
import {
  ContainerManagementClient,
  Credentials,
  type NMToken,
  type Container as WireContainer,
} from '../../rpc/index.js';
import type { ContainerReport, NodeHeartbeatAnswer, NodeRegistered, RegisterNode } from '../node-protocol.js';
import { mintToken, tokenPassword } from '../tokens.js';
import {
  type AppFinalStatus,
  Application,
  Attempt,
  type ContainerRecord,
  isFinal,
  type NodeRecord,
  type Submission,
} from './model.js';
import { Scheduler } from './scheduler.js';

const MAX_ATTEMPTS = 2;

/** All that the embedded ResourceManager knows: applications, attempts, nodes, containers; and what happens to them. */
export class ResourceManagerState {
  readonly clusterTimestamp: number;
  readonly scheduler: Scheduler;
  readonly applications = new Map<string, Application>();
  readonly queues: string[];
  /** `http://host:port` of the pages, for texts. */
  webapp = '';
  private readonly amKey = randomBytes(20);
  private readonly nmKey = randomBytes(20);
  private readonly containerKey = randomBytes(20);
  private readonly launcher = new Map<string, ContainerManagementClient>();
  private nextApplication = 1;
  private readonly livenessTimer: NodeJS.Timeout;

  constructor(
    private readonly hadoop: HadoopConfiguration,
    private readonly log: (line: string) => void,
    private readonly now: () => number = Date.now,
  ) {
    this.clusterTimestamp = now();
    this.scheduler = new Scheduler(hadoop, now);
    const names = hadoop.getStrings('yarn.scheduler.capacity.root.queues');
    this.queues = names.length > 0 ? names : ['default'];
    this.livenessTimer = setInterval(() => this.checkLiveness(), 500);
    this.livenessTimer.unref();
  }

  close(): void {
    clearInterval(this.livenessTimer);
    for (const client of this.launcher.values()) client.close();
  }

  newApplicationId(): { id: number; cluster_timestamp: number } {
    return { id: this.nextApplication++, cluster_timestamp: this.clusterTimestamp };
  }

  // ---- applications ------------------------------------------------------------------------------------------------

  /** The same id again is the same application: a retry is safe. */
  submit(submission: Submission): Application {
    const app = new Application(submission, this.now());
    const known = this.applications.get(app.text);
    if (known) return known;
    this.applications.set(app.text, app);
    this.nextApplication = Math.max(this.nextApplication, submission.id.id + 1);
    this.log(`${app.text} submitted by ${submission.user}`);
    const queue = submission.queue.replace(/^root\./, '');
    if (!this.queues.includes(queue)) {
      this.end(
        app,
        'FAILED',
        'FAILED',
        `Application ${app.text} submitted by user ${submission.user} to unknown queue: ${submission.queue}`,
      );
    } else {
      this.newAttempt(app);
      this.schedule();
    }
    return app;
  }

  kill(app: Application, diagnostics: string): void {
    if (isFinal(app.state)) return;
    this.end(app, 'KILLED', 'KILLED', diagnostics);
  }

  private newAttempt(app: Application): void {
    const attempt = new Attempt(app, app.attempts.length + 1);
    app.attempts.push(attempt);
    app.state = 'ACCEPTED';
    const identifier = {
      appAttemptId: { application_id: app.submission.id, attemptId: attempt.number },
      keyId: 1,
    };
    attempt.token = mintToken(this.amKey, 'YARN_AM_RM_TOKEN', 'AMRMTokenIdentifier', identifier);
    attempt.lastHeard = this.now();
  }

  private end(
    app: Application,
    state: 'FINISHED' | 'FAILED' | 'KILLED',
    status: AppFinalStatus,
    diagnostics: string,
  ): void {
    if (isFinal(app.state)) return;
    app.state = state;
    app.finalStatus = status;
    app.diagnostics = diagnostics;
    app.finishedAt = this.now();
    this.log(`${app.text} is ${state} (${status})`);
    for (const attempt of app.attempts) attempt.ended = true;
    for (const c of app.running) {
      c.node.stop.push(c.text);
      this.scheduler.free(c);
    }
    for (const node of this.scheduler.nodes.values()) node.finishedApplications.push(app.text);
    this.schedule();
  }

  // ---- attempts ----------------------------------------------------------------------------------------------------

  /** The attempt whose AMRMToken this identifier is of. */
  attemptOf(application: { id: number; cluster_timestamp: number }, number: number): Attempt | undefined {
    for (const app of this.applications.values()) {
      const { id } = app.submission;
      if (id.id !== application.id || id.cluster_timestamp !== application.cluster_timestamp) continue;
      const attempt = app.attempts[number - 1];
      return attempt && !attempt.ended ? attempt : undefined;
    }
    return undefined;
  }

  amTokenPassword(identifier: Buffer): Buffer {
    return tokenPassword(this.amKey, identifier);
  }

  registered(attempt: Attempt): void {
    attempt.registered = true;
    attempt.app.state = 'RUNNING';
    this.schedule();
  }

  /** The ApplicationMaster said how it ends; its container's exit makes it final. */
  unregister(attempt: Attempt, status: AppFinalStatus, diagnostics: string, trackingUrl: string): void {
    attempt.unregistered = true;
    if (trackingUrl !== '') attempt.trackingUrl = trackingUrl;
    this.finishAttempt(attempt, status, diagnostics);
  }

  private finishAttempt(attempt: Attempt, status: AppFinalStatus, diagnostics: string): void {
    const { app } = attempt;
    const am = attempt.amContainer;
    // The process is still on its way out: its own container is left to end by itself.
    if (am) {
      this.scheduler.free(am);
      setTimeout(() => am.node.stop.push(am.text), 2000).unref();
    }
    this.end(app, 'FINISHED', status, diagnostics);
  }

  private attemptFailed(attempt: Attempt, exitStatus: number, diagnostics: string): void {
    const { app } = attempt;
    attempt.ended = true;
    const limit = Math.min(app.submission.maxAttempts, MAX_ATTEMPTS);
    const tracking = `${this.webapp}/cluster/app/${app.text}`;
    const text =
      `AM Container for ${attempt.text} exited with  exitCode: ${exitStatus}\nFailing this attempt.Diagnostics: ${diagnostics}` +
      `For more detailed output, check the application tracking page: ${tracking} Then click on links to logs of each attempt.\n`;
    if (app.attempts.length >= limit) {
      const head = `Application ${app.text} failed ${app.attempts.length} times (global limit =${MAX_ATTEMPTS}; local limit is =${limit}) due to `;
      this.end(app, 'FAILED', 'FAILED', `${head}${text}. Failing the application.`);
      return;
    }
    if (!app.submission.keepContainers) {
      for (const c of attempt.containers.values()) {
        c.node.stop.push(c.text);
        this.scheduler.free(c);
      }
    }
    this.newAttempt(app);
    this.schedule();
  }

  // ---- nodes -------------------------------------------------------------------------------------------------------

  registerNode(request: RegisterNode): NodeRegistered {
    const key = `${request.host}:${request.port}`;
    const known = this.scheduler.nodes.get(key);
    if (known) this.loseNode(known);
    const { host, port, httpAddress, memoryMb, vcores } = request;
    this.scheduler.nodes.set(key, {
      host,
      port,
      key,
      httpAddress,
      memoryMb,
      vcores,
      usedMb: 0,
      usedVcores: 0,
      containers: new Map(),
      lastHeartbeat: this.now(),
      state: 'RUNNING',
      stop: request.containers.filter(c => c.state === 'RUNNING').map(c => c.containerId),
      finishedApplications: [],
    });
    this.log(`node ${key} registered`);
    this.schedule();
    return {
      rmIdentifier: this.clusterTimestamp,
      containerTokenKey: this.containerKey.toString('base64'),
      nmTokenKey: this.nmKey.toString('base64'),
    };
  }

  heartbeat(nodeKey: string, reports: ContainerReport[]): NodeHeartbeatAnswer {
    const node = this.scheduler.nodes.get(nodeKey);
    if (!node || node.state === 'LOST') return { resync: true, stopContainers: [], finishedApplications: [] };
    node.lastHeartbeat = this.now();
    for (const r of reports) if (r.state === 'COMPLETE') this.containerCompleted(node, r);
    return {
      resync: false,
      stopContainers: node.stop.splice(0),
      finishedApplications: node.finishedApplications.splice(0),
    };
  }

  private containerCompleted(node: NodeRecord, { containerId, exitStatus, diagnostics }: ContainerReport): void {
    const container = node.containers.get(containerId);
    if (!container) return;
    const { attempt } = container;
    this.scheduler.free(container);
    if (attempt.amContainer === container) {
      if (!attempt.unregistered && !attempt.ended) this.attemptFailed(attempt, exitStatus, diagnostics);
    } else {
      const receiver = attempt.ended ? attempt.app.attempt : attempt;
      receiver?.completed.push({ container_id: container.id, state: 3, exit_status: exitStatus, diagnostics });
    }
    this.schedule();
  }

  release(attempt: Attempt, container: ContainerRecord): void {
    if (!this.scheduler.free(container)) return;
    container.node.stop.push(container.text);
    attempt.completed.push({
      container_id: container.id,
      state: 3,
      exit_status: -100,
      diagnostics: 'Container released by application',
    });
    this.schedule();
  }

  private loseNode(node: NodeRecord): void {
    node.state = 'LOST';
    for (const c of [...node.containers.values()]) {
      this.containerCompleted(node, {
        containerId: c.text,
        state: 'COMPLETE',
        exitStatus: -100,
        diagnostics: 'Container released on a *lost* node',
      });
    }
  }

  private checkLiveness(): void {
    const now = this.now();
    const nodeExpiry = this.hadoop.getNumber('yarn.nm.liveness-monitor.expiry-interval-ms', 600_000);
    const amExpiry = this.hadoop.getNumber('yarn.am.liveness-monitor.expiry-interval-ms', 900_000);
    for (const node of this.scheduler.nodes.values()) {
      if (node.state === 'RUNNING' && now - node.lastHeartbeat > nodeExpiry) {
        this.log(`node ${node.key} is lost`);
        this.loseNode(node);
      }
    }
    for (const { attempt, state } of this.applications.values()) {
      if (!attempt || isFinal(state) || attempt.ended || !(attempt.registered || attempt.amContainer)) continue;
      if (now - attempt.lastHeard > amExpiry) {
        const am = attempt.amContainer;
        if (am) {
          am.node.stop.push(am.text);
          this.scheduler.free(am);
        }
        this.attemptFailed(attempt, -1000, `ApplicationMaster for attempt ${attempt.text} timed out\n`);
      }
    }
  }

  // ---- scheduling --------------------------------------------------------------------------------------------------

  /** Starts ApplicationMasters and grants containers, in the order of submission. */
  schedule(): void {
    for (const app of this.applications.values()) {
      const { attempt } = app;
      if (!attempt || isFinal(app.state) || attempt.ended) continue;
      if (!attempt.amContainer && !app.submission.unmanaged) this.startMaster(attempt);
      if (attempt.registered) for (const c of this.scheduler.grant(attempt)) this.announce(attempt, c);
    }
  }

  private startMaster(attempt: Attempt): void {
    const { submission } = attempt.app;
    const memoryMb = this.scheduler.round(submission.memoryMb);
    const masters = [...this.applications.values()].filter(
      a => !isFinal(a.state) && a.attempt?.amContainer && !a.attempt.ended,
    );
    const mastersMb = masters.reduce((n, a) => n + (a.attempt?.amContainer?.memoryMb ?? 0), 0);
    if (!this.scheduler.admitsMaster(memoryMb, mastersMb)) return;
    const container = this.scheduler.place(attempt, memoryMb, submission.vcores, 0, -1);
    if (!container) return;
    attempt.amContainer = container;
    attempt.lastHeard = this.now();
    attempt.app.launchedAt = this.now();
    this.launchMaster(attempt, container).catch(error => {
      this.scheduler.free(container);
      if (!attempt.ended)
        this.attemptFailed(attempt, -1000, `Error launching ${attempt.text}. Got exception: ${String(error)}\n`);
    });
  }

  private async launchMaster(attempt: Attempt, container: ContainerRecord): Promise<void> {
    const { submission } = attempt.app;
    const credentials = new Credentials().add('', attempt.token!);
    for (const { alias, value } of submission.secrets) credentials.addSecret(alias, value);
    const client = this.clientFor(attempt);
    client.addTokens([this.nmToken(attempt, container.node)]);
    await client.startContainer(this.wire(container), {
      localResources: submission.localResources,
      environment: [
        ...submission.environment,
        { key: 'APPLICATION_WEB_PROXY_BASE', value: `/proxy/${attempt.app.text}` },
        { key: 'APP_SUBMIT_TIME_ENV', value: String(attempt.app.startedAt) },
      ],
      command: submission.commands,
      tokens: credentials.write(),
    });
  }

  private clientFor(attempt: Attempt): ContainerManagementClient {
    let client = this.launcher.get(attempt.text);
    if (!client) {
      client = new ContainerManagementClient();
      this.launcher.set(attempt.text, client);
      setTimeout(() => {
        client?.close();
        this.launcher.delete(attempt.text);
      }, 60_000).unref();
    }
    return client;
  }

  private announce(attempt: Attempt, container: ContainerRecord): void {
    container.announced = true;
    attempt.granted.push(this.wire(container));
    if (!attempt.tokensSent.has(container.node.key)) {
      attempt.tokensSent.add(container.node.key);
      attempt.newTokens.push(this.nmToken(attempt, container.node));
    }
  }

  private nmToken(attempt: Attempt, node: NodeRecord): NMToken {
    const nodeId = { host: node.host, port: node.port };
    const identifier = {
      appAttemptId: { application_id: attempt.app.submission.id, attemptId: attempt.number },
      nodeId,
      appSubmitter: attempt.app.submission.user,
      keyId: 1,
    };
    return { nodeId, token: mintToken(this.nmKey, 'NMToken', 'NMTokenIdentifier', identifier, node.key) };
  }

  private wire(c: ContainerRecord): WireContainer {
    const resource = { memory: c.memoryMb, virtual_cores: c.vcores };
    const identifier = {
      containerId: c.id,
      nmHostAddr: c.node.key,
      appSubmitter: c.attempt.app.submission.user,
      resource,
      expiryTimeStamp: this.now() + 600_000,
      masterKeyId: 1,
      rmIdentifier: this.clusterTimestamp,
      priority: { priority: c.priority },
      creationTime: this.now(),
    };
    return {
      id: c.id,
      nodeId: { host: c.node.host, port: c.node.port },
      node_http_address: c.node.httpAddress,
      resource,
      priority: { priority: c.priority },
      container_token: mintToken(
        this.containerKey,
        'ContainerToken',
        'ContainerTokenIdentifier',
        identifier,
        c.node.key,
      ),
      allocation_request_id: c.requestId,
    };
  }
}
