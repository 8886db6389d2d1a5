import type { Closeable } from './lifecycle.js';

const MB = 1024 ** 2;
const WARN = 0.85;
const SHED = 0.92;
/** A level is left only when well below it, so that one is not told of each time around the mark. */
const HYSTERESIS = 0.03;

export interface MemoryWatchOptions {
  /** Who says it: `The TaskManager`. */
  subject: string;
  /** Bytes of the whole process: the container's size. */
  limit: number;
  /** What to raise: `-tm (taskmanager.memory.process.size)`. */
  flag: string;
  onWarning(message: string): void;
  /** Let go of what can be let go of. Called at each look while above the mark. Absent: there is nothing. */
  onShed?(): void;
  rss?: () => number;
  intervalMs?: number;
}

/**
 * Looks at the process's own RSS, because YARN kills what outgrows its container without asking: warns at 85 %, sheds
 * at 92 %. Once for each time a mark is passed.
 */
export class MemoryWatch implements Closeable {
  private readonly timer: NodeJS.Timeout;
  private level: 'normal' | 'warned' | 'shedding' = 'normal';

  constructor(private readonly options: MemoryWatchOptions) {
    this.timer = setInterval(() => this.check(), options.intervalMs ?? 1000);
    this.timer.unref();
  }

  check(): void {
    const { limit, onWarning, onShed, rss = process.memoryUsage.rss } = this.options;
    const used = rss();
    const share = used / limit;
    if (share >= SHED) {
      const shedding = onShed ? ': shedding memory (smaller buffers, garbage collection)' : '';
      if (this.level !== 'shedding') onWarning(`${this.figures(used)}${shedding}. ${this.advice}`);
      this.level = 'shedding';
      onShed?.();
    } else if (share >= WARN) {
      if (this.level === 'normal') onWarning(`${this.figures(used)}. ${this.advice}`);
      if (this.level === 'normal' || share < SHED - HYSTERESIS) this.level = 'warned';
    } else if (share < WARN - HYSTERESIS) this.level = 'normal';
  }

  close(): void {
    clearInterval(this.timer);
  }

  private figures(used: number): string {
    const { limit, subject } = this.options;
    return `${subject} uses ${Math.round(used / MB)} MB (RSS) of ${Math.round(limit / MB)} MB, ${Math.floor((100 * used) / limit)} %`;
  }
  private get advice(): string {
    return `If YARN kills it for memory, raise ${this.options.flag}.`;
  }
}
