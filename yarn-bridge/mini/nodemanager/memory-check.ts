import type { HadoopConfiguration } from '../../conf/index.js';
import { describeProcesses, type ProcessUsage, processesOf } from './process-tree.js';

export interface MemoryLimits {
  physical: boolean;
  virtual: boolean;
  virtualRatio: number;
}

/** What is checked; nothing where memory is left to the operating system's control groups. */
export function memoryLimits(hadoop: HadoopConfiguration): MemoryLimits {
  const isPolled = !hadoop.getBoolean('yarn.nodemanager.resource.memory.enforced', true);
  return {
    physical: isPolled && hadoop.getBoolean('yarn.nodemanager.pmem-check-enabled', true),
    virtual: isPolled && hadoop.getBoolean('yarn.nodemanager.vmem-check-enabled', true),
    virtualRatio: hadoop.getNumber('yarn.nodemanager.vmem-pmem-ratio', 2.1),
  };
}

export interface MemoryExcess {
  kind: 'physical' | 'virtual';
  diagnostics: string;
}

/**
 * One container's use against its size, look by look. A process counts from the second look on, since one that is just
 * being forked has its parent's size; twice the limit is too much at once.
 */
export class MemoryCheck {
  private seen = new Set<number>();

  constructor(
    private readonly containerId: string,
    private readonly memoryMb: number,
    private readonly limits: MemoryLimits,
    private readonly list: (session: number) => ProcessUsage[] = processesOf,
  ) {}

  /** `session`: the container's. */
  look(session: number): MemoryExcess | undefined {
    if (!this.limits.physical && !this.limits.virtual) return undefined;
    const processes = this.list(session);
    const aged = processes.filter(p => this.seen.has(p.pid));
    this.seen = new Set(processes.map(p => p.pid));
    const limit = this.memoryMb * 1024 ** 2;
    const virtualLimit = limit * this.limits.virtualRatio;
    const isOver = (of: (p: ProcessUsage) => number, allowed: number): boolean =>
      sum(processes, of) > 2 * allowed || sum(aged, of) > allowed;
    const kind =
      this.limits.virtual && isOver(p => p.virtual, virtualLimit)
        ? 'virtual'
        : this.limits.physical && isOver(p => p.rss, limit)
          ? 'physical'
          : undefined;
    if (!kind) return undefined;
    const physical = sum(processes, p => p.rss);
    const virtual = sum(processes, p => p.virtual);
    const beyond = kind === 'virtual' ? virtual - virtualLimit : physical - limit;
    const diagnostics =
      `Container [pid=${session},containerID=${this.containerId}] is running ${Math.trunc(beyond)}B beyond the ` +
      `'${kind.toUpperCase()}' memory limit. Current usage: ${size(physical)} of ${size(limit)} physical memory used; ` +
      `${size(virtual)} of ${size(virtualLimit)} virtual memory used. Killing container.\n` +
      `Dump of the process-tree for ${this.containerId} :\n${describeProcesses(session, processes)}`;
    return { kind, diagnostics };
  }
}

function sum(processes: readonly ProcessUsage[], of: (p: ProcessUsage) => number): number {
  return processes.reduce((total, p) => total + of(p), 0);
}

/** `520.1 MB`, `1.9 GB`, and no decimals where there is nothing to say in them. */
function size(bytes: number): string {
  const powers = ['', 'K', 'M', 'G', 'T'];
  let power = 0;
  while (power < powers.length - 1 && bytes >= 1024 ** (power + 1)) power++;
  const unit = 1024 ** power;
  return `${bytes % unit === 0 ? bytes / unit : (bytes / unit).toFixed(1)} ${powers[power]}B`;
}
