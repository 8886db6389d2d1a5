import { MillraceError } from '../../core/errors.js';
import type { ResultPartition } from './result-partition.js';
import type { Subpartition } from './subpartition.js';

/** How long a consumer is held that asks for a partition whose task has not been deployed yet. */
const DEFAULT_WAIT_MS = 60_000;

interface Waiting {
  resolve(partition: ResultPartition): void;
  reject(error: MillraceError): void;
  timer: NodeJS.Timeout;
}

/** The partitions of one slot, by id. Consumers may ask before the producer is deployed; they wait here. */
export class PartitionRegistry {
  private readonly partitions = new Map<string, ResultPartition>();
  private readonly waiting = new Map<string, Set<Waiting>>();
  private readonly retiring = new Set<NodeJS.Timeout>();
  private closed = false;

  constructor(private readonly waitMs = DEFAULT_WAIT_MS) {}

  /** Partitions that are held, for tests and metrics. */
  get size(): number {
    return this.partitions.size;
  }

  add(partition: ResultPartition): void {
    this.partitions.set(partition.id, partition);
    const waiting = this.waiting.get(partition.id);
    this.waiting.delete(partition.id);
    for (const { resolve, timer } of waiting ?? []) {
      clearTimeout(timer);
      resolve(partition);
    }
  }

  /**
   * Its consumers are done, or it has failed. It stays for as long as a consumer would wait for it: one that comes late
   * should hear of the failure.
   */
  retire(id: string): void {
    const timer = setTimeout(() => {
      this.retiring.delete(timer);
      this.partitions.delete(id);
    }, this.waitMs);
    this.retiring.add(timer);
  }

  async subpartition(id: string, index: number): Promise<Subpartition> {
    const partition = this.partitions.get(id) ?? (await this.wait(id));
    const subpartition = partition.subpartition(index);
    if (!subpartition) throw new MillraceError('INTERNAL', `Partition ${id} has no subpartition ${index}.`);
    if (subpartition.hasReader || subpartition.isConsumed) {
      throw new MillraceError(
        'INTERNAL',
        `Subpartition ${index} of ${id} is read by another consumer already, or was.`,
      );
    }
    return subpartition;
  }

  close(): void {
    this.closed = true;
    for (const waiting of this.waiting.values()) {
      for (const { reject, timer } of waiting) {
        clearTimeout(timer);
        reject(new MillraceError('CANCELED', 'The slot is closed.'));
      }
    }
    this.waiting.clear();
    for (const partition of this.partitions.values()) partition.dispose();
    this.partitions.clear();
    for (const timer of this.retiring) clearTimeout(timer);
    this.retiring.clear();
  }

  private wait(id: string): Promise<ResultPartition> {
    if (this.closed) return Promise.reject(new MillraceError('CANCELED', 'The slot is closed.'));
    return new Promise((resolve, reject) => {
      const entry: Waiting = { resolve, reject, timer: setTimeout(() => this.giveUp(id, entry), this.waitMs) };
      const entries = this.waiting.get(id);
      if (entries) entries.add(entry);
      else this.waiting.set(id, new Set([entry]));
    });
  }

  private giveUp(id: string, entry: Waiting): void {
    const entries = this.waiting.get(id);
    entries?.delete(entry);
    if (entries?.size === 0) this.waiting.delete(id);
    entry.reject(
      new MillraceError('TIMEOUT', `No producer of partition ${id} was deployed here within ${this.waitMs} ms.`, {
        domain: 'cluster',
        retry: 'backoff',
      }),
    );
  }
}
