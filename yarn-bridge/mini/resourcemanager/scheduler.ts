import type { HadoopConfiguration } from '../../conf/index.js';
import type { Ask, Attempt, ContainerRecord, NodeRecord } from './model.js';

export interface Limits {
  minimumMb: number;
  maximumMb: number;
  maximumVcores: number;
}

/**
 * Capacity by memory alone, as Hadoop's DefaultResourceCalculator counts it; first come, first served; nodes filled one
 * by one in turn. Runs whenever something changed, so that a grant does not wait for a tick.
 */
export class Scheduler {
  readonly nodes = new Map<string, NodeRecord>();
  readonly limits: Limits;
  private readonly amShare: number;
  private turn = 0;

  constructor(
    hadoop: HadoopConfiguration,
    private readonly now: () => number,
  ) {
    this.limits = {
      minimumMb: hadoop.getNumber('yarn.scheduler.minimum-allocation-mb', 1024),
      maximumMb: hadoop.getNumber('yarn.scheduler.maximum-allocation-mb', 8192),
      maximumVcores: hadoop.getNumber('yarn.scheduler.maximum-allocation-vcores', 4),
    };
    this.amShare = hadoop.getNumber('yarn.scheduler.capacity.maximum-am-resource-percent', 0.5);
  }

  /** Up to a multiple of the minimum. */
  round(memoryMb: number): number {
    const { minimumMb } = this.limits;
    return Math.max(minimumMb, Math.ceil(memoryMb / minimumMb) * minimumMb);
  }

  get totalMb(): number {
    return this.live.reduce((n, node) => n + node.memoryMb, 0);
  }

  get usedMb(): number {
    return this.live.reduce((n, node) => n + node.usedMb, 0);
  }

  /** Whether one more ApplicationMaster may start beside those that run. */
  admitsMaster(memoryMb: number, mastersMb: number): boolean {
    return mastersMb === 0 || mastersMb + memoryMb <= this.totalMb * this.amShare;
  }

  /** A place for a container, or nothing. */
  place(
    attempt: Attempt,
    memoryMb: number,
    vcores: number,
    priority: number,
    requestId: number,
    host = '*',
  ): ContainerRecord | undefined {
    const nodes = this.live;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[(this.turn + i) % nodes.length]!;
      if (host !== '*' && !host.startsWith('/') && host !== node.host) continue;
      if (node.usedMb + memoryMb > node.memoryMb) continue;
      this.turn = (this.turn + i + 1) % nodes.length;
      const { id, text } = attempt.nextContainerId();
      const container: ContainerRecord = {
        id,
        text,
        node,
        memoryMb,
        vcores,
        priority,
        requestId,
        attempt,
        startedAt: this.now(),
        completed: false,
      };
      this.hold(container);
      return container;
    }
    return undefined;
  }

  /** Counts a container that runs already, whatever room there is. */
  adopt(container: ContainerRecord, node: NodeRecord): void {
    container.node = node;
    this.hold(container);
  }

  private hold(container: ContainerRecord): void {
    const { node, attempt, text } = container;
    node.usedMb += container.memoryMb;
    node.usedVcores += container.vcores;
    node.containers.set(text, container);
    attempt.containers.set(text, container);
  }

  /** Frees what a container held. False if it was freed before. */
  free(container: ContainerRecord): boolean {
    if (container.completed) return false;
    container.completed = true;
    const { node, attempt } = container;
    node.usedMb -= container.memoryMb;
    node.usedVcores -= container.vcores;
    node.containers.delete(container.text);
    attempt.containers.delete(container.text);
    attempt.gone.add(container.text);
    const seconds = (this.now() - container.startedAt) / 1000;
    attempt.app.memorySeconds += seconds * container.memoryMb;
    attempt.app.vcoreSeconds += seconds * container.vcores;
    return true;
  }

  /** Containers for an attempt's outstanding asks, as far as there is room. */
  grant(attempt: Attempt): ContainerRecord[] {
    const granted: ContainerRecord[] = [];
    for (const ask of [...attempt.asks.values()].sort((a, b) => a.priority - b.priority)) {
      // A host's ask comes with one for its rack and one for anywhere: the last counts them all.
      if (ask.resourceName !== '*') continue;
      while (ask.count > 0) {
        const container = this.place(attempt, ask.memoryMb, ask.vcores, ask.priority, ask.requestId);
        if (!container) break;
        ask.count--;
        granted.push(container);
      }
      if (ask.count === 0) attempt.asks.delete(askKey(ask));
    }
    return granted;
  }

  private get live(): NodeRecord[] {
    return [...this.nodes.values()].filter(n => n.state === 'RUNNING');
  }
}

export const askKey = (ask: Pick<Ask, 'priority' | 'requestId' | 'resourceName'>): string =>
  `${ask.priority}/${ask.requestId}/${ask.resourceName}`;
