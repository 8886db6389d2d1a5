import type { LatencyMarker } from '../../core/protocol/index.js';

export interface LatencySourceOptions {
  /** Milliseconds between two markers. */
  interval: number;
  operatorId: string;
  subtaskIndex: number;
  /** Epoch milliseconds. */
  now(): number;
  /** The task could emit a record now. */
  isWritable(): boolean;
  emit(marker: LatencyMarker): void;
}

/**
 * Emits latency markers for a source task. One that finds the outputs full waits for them as a record would, and keeps its
 * time; there is one at most.
 */
export class LatencySource {
  private readonly timer: NodeJS.Timeout;
  private due: number | undefined;

  constructor(private readonly options: LatencySourceOptions) {
    this.timer = setInterval(() => {
      this.due ??= options.now();
      if (options.isWritable()) this.emitDue();
    }, options.interval);
  }

  /** Called where the task may emit. */
  emitDue(): void {
    if (this.due === undefined) return;
    const { operatorId, subtaskIndex, emit } = this.options;
    const markedAt = this.due;
    this.due = undefined;
    emit({ markedAt, operatorId, subtaskIndex });
  }

  stop(): void {
    clearInterval(this.timer);
    this.due = undefined;
  }
}
