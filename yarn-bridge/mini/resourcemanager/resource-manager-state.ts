import type { HadoopConfiguration } from '../../conf/index.js';
import { decodeMessage, type NMToken, type Container as WireContainer } from '../../rpc/index.js';
import { MasterLauncher } from './master-launcher.js';
import {
  type AppFinalStatus,
  Application,
  Attempt,
  type ContainerRecord,
  isFinal,
  type NodeRecord,
  type Submission,
} from './model.js';
import { NodeTracker } from './node-tracker.js';
import { Scheduler } from './scheduler.js';
import { StateStore } from './state-store.js';
import { type AmTokenIdentifier, TokenSecrets } from './token-secrets.js';

export interface StateOptions {
  /** Where applications and keys outlive a restart. */
  dir: string;
  hadoop: HadoopConfiguration;
  log(line: string): void;
  now?(): number;
}

const CHECK_MS = 500;
/** An ApplicationMaster that has said goodbye ends by itself; this long it has for it. Milliseconds. */
const LEAVE_MS = 2000;

/** All that the embedded ResourceManager knows: applications, attempts, containers; and what happens to them. */
export class ResourceManagerState {
  readonly clusterTimestamp: number;
  readonly scheduler: Scheduler;
  readonly nodes: NodeTracker;
  readonly secrets: TokenSecrets;
  readonly applications = new Map<string, Application>();
  readonly queues: string[];
  /** `http://host:port` of the pages, for texts. */
  webapp = '';
  private readonly store: StateStore;
  /** Restarts so far. */
  private readonly epoch: number;
  private readonly launcher = new MasterLauncher();
  private nextApplication = 1;
  private readonly livenessTimer: NodeJS.Timeout;
  private readonly now: () => number;

  constructor(private readonly options: StateOptions) {
    const { hadoop, dir, now = Date.now } = options;
    this.now = now;
    this.scheduler = new Scheduler(hadoop, now);
    const names = hadoop.getStrings('yarn.scheduler.capacity.root.queues');
    this.queues = names.length > 0 ? names : ['default'];
    this.store = new StateStore(dir);
    const last = this.store.load<{ epoch: number; started: number }>('starts');
    this.epoch = last ? last.epoch + 1 : 0;
    // Ids of applications carry it: no two starts have the same.
    this.clusterTimestamp = Math.max(now(), (last?.started ?? 0) + 1);
    this.store.save('starts', { epoch: this.epoch, started: this.clusterTimestamp });
    this.secrets = new TokenSecrets({
      hadoop,
      stored: this.store.load('keys'),
      save: keys => this.store.save('keys', keys),
      nodeKeyActivated: () => {
        for (const { attempt } of this.applications.values()) attempt?.tokensSent.clear();
      },
    });
    this.nodes = new NodeTracker(
      this.scheduler,
      {
        applicationOf: id => this.applications.get(id.replace(/^container_(?:e\d+_)?(\d+_\d+)_.*$/, 'application_$1')),
        mastersOn: node =>
          [...this.applications.values()].flatMap(({ attempt }) =>
            attempt && !attempt.ended && attempt.amContainer?.node.key === node ? [attempt] : [],
          ),
        masterEnded: (attempt, exitStatus, diagnostics) => this.attemptFailed(attempt, exitStatus, diagnostics),
        changed: () => this.schedule(),
      },
      options.log,
      now,
    );
    this.recover();
    this.livenessTimer = setInterval(() => this.checkLiveness(), CHECK_MS);
    this.livenessTimer.unref();
  }

  close(): void {
    clearInterval(this.livenessTimer);
    this.secrets.close();
    this.launcher.close();
  }

  newApplicationId(): { id: number; cluster_timestamp: number } {
    return { id: this.nextApplication++, cluster_timestamp: this.clusterTimestamp };
  }

  // ---- applications ------------------------------------------------------------------------------------------------

  private recover(): void {
    for (const app of this.store.loadApplications(this.epoch)) {
      this.applications.set(app.text, app);
      if (!app.attempt) continue;
      app.attempt.lastHeard = this.now();
      // The key behind its last one may be gone by now.
      if (!app.attempt.ended) app.attempt.token = this.secrets.amToken(app.attempt.id);
    }
    const going = [...this.applications.values()].filter(a => !isFinal(a.state)).length;
    if (this.applications.size > 0) {
      this.options.log(`recovered ${this.applications.size} applications, ${going} of them not ended`);
    }
  }

  /** The same id again is the same application: a retry is safe. */
  submit(submission: Submission): Application {
    const app = new Application(submission, this.now());
    const known = this.applications.get(app.text);
    if (known) return known;
    this.applications.set(app.text, app);
    if (submission.id.cluster_timestamp === this.clusterTimestamp) {
      this.nextApplication = Math.max(this.nextApplication, submission.id.id + 1);
    }
    this.options.log(`${app.text} submitted by ${submission.user}`);
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
    const attempt = new Attempt(app, app.attempts.length + 1, this.epoch);
    app.attempts.push(attempt);
    app.state = 'ACCEPTED';
    attempt.token = this.secrets.amToken(attempt.id);
    attempt.lastHeard = this.now();
    this.store.saveApplication(app);
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
    this.options.log(`${app.text} is ${state} (${status})`);
    for (const attempt of app.attempts) attempt.ended = true;
    for (const c of app.running) {
      c.node.stop.push(c.text);
      this.scheduler.free(c);
    }
    for (const node of this.scheduler.nodes.values()) node.finishedApplications.push(app.text);
    this.store.saveApplication(app);
    this.dropOldest();
    this.schedule();
  }

  private dropOldest(): void {
    const limit = this.options.hadoop.getNumber('yarn.resourcemanager.max-completed-applications', 1000);
    const ended = [...this.applications.values()].filter(a => isFinal(a.state));
    for (const app of ended.slice(0, Math.max(0, ended.length - limit))) {
      this.applications.delete(app.text);
      this.store.removeApplication(app.text);
    }
  }

  // ---- attempts ----------------------------------------------------------------------------------------------------

  /** The living attempt whose AMRMToken this identifier is of. */
  attemptOf(identifier: Buffer): Attempt | undefined {
    const { appAttemptId } = decodeMessage<AmTokenIdentifier>('AMRMTokenIdentifier', identifier);
    for (const app of this.applications.values()) {
      const { id, cluster_timestamp } = app.submission.id;
      const { application_id: wanted } = appAttemptId;
      if (id !== wanted.id || cluster_timestamp !== wanted.cluster_timestamp) continue;
      const attempt = app.attempts[appAttemptId.attemptId - 1];
      return attempt && !attempt.ended ? attempt : undefined;
    }
    return undefined;
  }

  registered(attempt: Attempt): void {
    attempt.registered = true;
    attempt.app.state = 'RUNNING';
    this.schedule();
  }

  /** The ApplicationMaster said how it ends; its container is left to end by itself. */
  unregister(attempt: Attempt, status: AppFinalStatus, diagnostics: string, trackingUrl: string): void {
    attempt.unregistered = true;
    if (trackingUrl !== '') attempt.trackingUrl = trackingUrl;
    const am = attempt.amContainer;
    if (am) {
      this.scheduler.free(am);
      setTimeout(() => am.node.stop.push(am.text), LEAVE_MS).unref();
    }
    this.end(attempt.app, 'FINISHED', status, diagnostics);
  }

  private attemptFailed(attempt: Attempt, exitStatus: number, diagnostics: string): void {
    const { app } = attempt;
    attempt.ended = true;
    const most = this.options.hadoop.getNumber('yarn.resourcemanager.am.max-attempts', 2);
    const limit = Math.min(app.submission.maxAttempts, most);
    const tracking = `${this.webapp}/cluster/app/${app.text}`;
    const text =
      `AM Container for ${attempt.text} exited with  exitCode: ${exitStatus}\nFailing this attempt.Diagnostics: ${diagnostics}` +
      `For more detailed output, check the application tracking page: ${tracking} Then click on links to logs of each attempt.\n`;
    if (app.attempts.length >= limit) {
      const head = `Application ${app.text} failed ${app.attempts.length} times (global limit =${most}; local limit is =${limit}) due to `;
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

  release(attempt: Attempt, container: ContainerRecord): void {
    if (!this.scheduler.free(container)) return;
    container.node.stop.push(container.text);
    const status = { container_id: container.id, state: 3, exit_status: -100 };
    attempt.completed.push({
      status: { ...status, diagnostics: 'Container released by application' },
      node: undefined,
    });
    this.schedule();
  }

  // ---- liveness ----------------------------------------------------------------------------------------------------

  private get masterExpiry(): number {
    return this.options.hadoop.getNumber('yarn.am.liveness-monitor.expiry-interval-ms', 900_000);
  }

  private checkLiveness(): void {
    this.nodes.expire(this.options.hadoop.getNumber('yarn.nm.liveness-monitor.expiry-interval-ms', 600_000));
    for (const { attempt, state, submission } of this.applications.values()) {
      if (!attempt || isFinal(state) || attempt.ended) continue;
      const waits = !attempt.registered && !attempt.amContainer && !submission.unmanaged;
      if (waits || this.now() - attempt.lastHeard <= this.masterExpiry) continue;
      const am = attempt.amContainer;
      if (am) {
        am.node.stop.push(am.text);
        this.scheduler.free(am);
      }
      this.attemptFailed(attempt, -1000, `ApplicationMaster for attempt ${attempt.text} timed out\n`);
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
    this.store.saveApplication(attempt.app);
    this.launcher.launch(attempt, this.wire(container), this.nmToken(attempt, container.node)).catch(error => {
      this.scheduler.free(container);
      if (!attempt.ended)
        this.attemptFailed(attempt, -1000, `Error launching ${attempt.text}. Got exception: ${String(error)}\n`);
    });
  }

  private announce(attempt: Attempt, container: ContainerRecord): void {
    attempt.granted.push(this.wire(container));
    if (!attempt.tokensSent.has(container.node.key)) {
      attempt.tokensSent.add(container.node.key);
      attempt.newTokens.push(this.nmToken(attempt, container.node));
    }
  }

  private nmToken(attempt: Attempt, { host, port }: NodeRecord): NMToken {
    return this.secrets.nmToken(attempt.id, { host, port }, attempt.app.submission.user);
  }

  private wire({ id, node, memoryMb, vcores, priority, attempt, requestId }: ContainerRecord): WireContainer {
    const resource = { memory: memoryMb, virtual_cores: vcores };
    return {
      id,
      nodeId: { host: node.host, port: node.port },
      node_http_address: node.httpAddress,
      resource,
      priority: { priority },
      container_token: this.secrets.containerToken({
        containerId: id,
        nmHostAddr: node.key,
        appSubmitter: attempt.app.submission.user,
        resource,
        priority,
        rmIdentifier: this.clusterTimestamp,
        creationTime: this.now(),
      }),
      allocation_request_id: requestId,
    };
  }
}
