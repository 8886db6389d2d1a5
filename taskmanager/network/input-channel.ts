import { MillraceError } from '../../core/errors.js';
import type { PartitionElement } from './partition-element.js';
import type { PartitionRegistry } from './partition-registry.js';
import type { Subpartition } from './subpartition.js';

/** How a channel reports to its gate. */
export interface ChannelListener {
  /** `poll` has something. */
  onAvailable(): void;
  onFailed(error: unknown): void;
}

/** One producer subtask, seen from one consumer subtask. */
export interface InputChannel {
  open(listener: ChannelListener): void;
  poll(): PartitionElement | undefined;
  /** Batches that may be between the producer and the task. */
  readonly batchesInFlight: number;
  /** Asks the producer for batches of at most so many records. */
  limitBatches(records: number): void;
  /** Gives up, or is done: the producer may forget it. Idempotent. */
  close(): void;
}

/** A producer in the same slot: batches pass by reference, and its queue is the only one. */
export class LocalChannel implements InputChannel {
  private subpartition: Subpartition | undefined;
  private closed = false;

  constructor(
    private readonly registry: PartitionRegistry,
    private readonly partitionId: string,
    private readonly index: number,
  ) {}

  open(listener: ChannelListener): void {
    this.registry.subpartition(this.partitionId, this.index).then(
      subpartition => {
        if (this.closed) {
          subpartition.release();
          return;
        }
        this.subpartition = subpartition;
        subpartition.attach({
          onAvailable: () => listener.onAvailable(),
          onFailed: error => {
            if (!this.closed) listener.onFailed(producerFailed(error));
          },
        });
      },
      (error: unknown) => {
        if (!this.closed) listener.onFailed(error);
      },
    );
  }

  get batchesInFlight(): number {
    return this.subpartition?.batchesInFlight ?? 0;
  }

  limitBatches(records: number): void {
    this.subpartition?.limitBatches(records);
  }

  poll(): PartitionElement | undefined {
    const element = this.subpartition?.poll();
    if (element?.kind === 'end') this.close();
    return element;
  }

  close(): void {
    this.closed = true;
    const subpartition = this.subpartition;
    this.subpartition = undefined;
    subpartition?.release();
  }
}

/** The consumer's error when a producer ended badly: the producer's own error stays the root cause. */
export function producerFailed(cause: unknown, where = ''): MillraceError {
  const canceled = cause instanceof MillraceError && cause.code === 'CANCELED';
  return new MillraceError(
    canceled ? 'CANCELED' : 'TASK_FAILED',
    `The producer of an input${where} ${canceled ? 'was canceled' : 'has failed'}.`,
    { cause, domain: cause instanceof MillraceError ? cause.domain : 'cluster' },
  );
}
