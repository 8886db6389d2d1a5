import { parseContainerId } from '../../rpc/index.js';
import type { ContainerReport, NodeHeartbeat, NodeHeartbeatAnswer, RegisterNode } from '../node-protocol.js';
import { type Application, type Attempt, type ContainerRecord, isFinal, type NodeRecord } from './model.js';
import type { Scheduler } from './scheduler.js';

/** What becomes of containers is the applications' business. */
export interface NodeEvents {
  /** By its id, or that of one of its containers. */
  applicationOf(id: string): Application | undefined;
  /** Living attempts whose ApplicationMaster was started there. */
  mastersOn(node: string): Attempt[];
  /** Of a living attempt. Its room is free already. */
  masterEnded(attempt: Attempt, exitStatus: number, diagnostics: string): void;
  changed(): void;
}

const LOST = { state: 'COMPLETE', exitStatus: -100, diagnostics: 'Container released on a *lost* node' } as const;

/** NodeManagers as the ResourceManager sees them: registration, heartbeats, loss, and what their containers report. */
export class NodeTracker {
  constructor(
    private readonly scheduler: Scheduler,
    private readonly events: NodeEvents,
    private readonly log: (line: string) => void,
    private readonly now: () => number,
  ) {}

  /**
   * A node that is new, or comes again: after its own restart without its containers, after ours with them. What it runs
   * for living attempts goes on.
   */
  register({ containers, applications, ...request }: RegisterNode): void {
    const key = `${request.host}:${request.port}`;
    const node = this.scheduler.nodes.get(key) ?? blank(request, key);
    Object.assign(node, request, { state: 'NEW', lastHeartbeat: this.now() });
    this.scheduler.nodes.set(key, node);
    this.log(`node ${key} registered with ${containers.length} containers`);
    const reported = new Set(containers.map(c => c.containerId));
    for (const c of [...node.containers.values()]) if (!reported.has(c.text)) this.complete(c, LOST);
    for (const report of containers) this.take(node, report);
    for (const attempt of this.events.mastersOn(key)) {
      if (!node.containers.has(attempt.amContainer!.text))
        this.events.masterEnded(attempt, LOST.exitStatus, LOST.diagnostics);
    }
    for (const id of applications) {
      const app = this.events.applicationOf(id);
      if (!app || isFinal(app.state)) node.finishedApplications.push(id);
    }
  }

  heartbeat({ node: key, containers, unregister }: NodeHeartbeat): NodeHeartbeatAnswer {
    const node = this.scheduler.nodes.get(key);
    if (!node || (node.state !== 'RUNNING' && node.state !== 'NEW')) {
      return { resync: true, stopContainers: [], forgetContainers: [], finishedApplications: [] };
    }
    node.lastHeartbeat = this.now();
    // Also of those that run: one may have been started after its application ended.
    for (const r of containers) this.take(node, r);
    if (node.state === 'NEW') {
      node.state = 'RUNNING';
      this.events.changed();
    }
    if (unregister) this.leave(node, 'SHUTDOWN');
    return {
      resync: false,
      stopContainers: node.stop.splice(0),
      forgetContainers: node.forget.splice(0),
      finishedApplications: node.finishedApplications.splice(0),
    };
  }

  /** Counts nodes that are silent for longer as lost. */
  expire(afterMs: number): void {
    for (const node of this.scheduler.nodes.values()) {
      if (node.state === 'LOST' || node.state === 'SHUTDOWN' || this.now() - node.lastHeartbeat <= afterMs) continue;
      this.log(`node ${node.key} is lost`);
      this.leave(node, 'LOST');
    }
  }

  private leave(node: NodeRecord, state: 'LOST' | 'SHUTDOWN'): void {
    node.state = state;
    for (const c of [...node.containers.values()]) this.complete(c, LOST);
    this.events.changed();
  }

  private take(node: NodeRecord, report: ContainerReport): void {
    const { containerId, state } = report;
    const known = node.containers.get(containerId) ?? this.recover(node, report);
    if (!known) {
      if (state === 'RUNNING') node.stop.push(containerId);
      else node.forget.push(containerId);
    } else if (state === 'COMPLETE') {
      this.complete(known, report);
      this.events.changed();
    }
  }

  /** A container that ran before the ResourceManager's restart, if it still belongs to somebody. */
  private recover(node: NodeRecord, report: ContainerReport): ContainerRecord | undefined {
    const text = report.containerId;
    const id = parseContainerId(text);
    const app = this.events.applicationOf(text);
    const attempt = id && app?.attempts[id.app_attempt_id.attemptId - 1];
    if (!attempt || isFinal(app.state) || attempt.gone.has(text)) return undefined;
    if (attempt.ended && !app.submission.keepContainers) return undefined;
    const { memoryMb, vcores, priority, startedAt } = report;
    const container: ContainerRecord =
      attempt.amContainer?.text === text
        ? attempt.amContainer
        : { id, text, node, memoryMb, vcores, priority, requestId: -1, attempt, startedAt, completed: false };
    this.scheduler.adopt(container, node);
    return container;
  }

  private complete(
    container: ContainerRecord,
    { exitStatus, diagnostics }: Pick<ContainerReport, 'exitStatus' | 'diagnostics'>,
  ): void {
    const { attempt, node, text } = container;
    this.scheduler.free(container);
    if (attempt.amContainer === container) {
      node.forget.push(text);
      if (!attempt.unregistered && !attempt.ended) this.events.masterEnded(attempt, exitStatus, diagnostics);
      return;
    }
    const receiver = attempt.ended ? attempt.app.attempt : attempt;
    if (!receiver || isFinal(attempt.app.state)) node.forget.push(text);
    else {
      const status = { container_id: container.id, state: 3, exit_status: exitStatus, diagnostics };
      receiver.completed.push({ status, node });
    }
  }
}

function blank(request: Omit<RegisterNode, 'containers' | 'applications'>, key: string): NodeRecord {
  return {
    ...request,
    key,
    usedMb: 0,
    usedVcores: 0,
    containers: new Map(),
    lastHeartbeat: 0,
    state: 'NEW',
    stop: [],
    forget: [],
    finishedApplications: [],
  };
}
