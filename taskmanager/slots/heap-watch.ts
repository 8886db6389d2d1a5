import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MillraceError } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';

const MB = 1024 ** 2;
const FRACTION = 0.85;
const CHECK_MS = 50;
const IDLE_CHECK_MS = 500;

export interface HeapWatchOptions {
  /** Which slot, for the message. */
  index: number;
  /** Bytes of heap and buffers that the slot may hold. */
  limit: number;
  /** Bytes of the whole process, for the message. */
  processMemory: number;
  onExceeded(error: MillraceError): void;
  /** Bytes in use now. Default: this thread's heap and external memory. */
  measure?: () => number;
  collectGarbage?: () => void;
}

/**
 * Fails a slot's job before its heap grows into what belongs to others: with V8's own limit a growing Map aborts the
 * whole process, and typed arrays are not limited at all. Garbage does not count: at the mark a collection is forced
 * first.
 */
export class HeapWatch implements Closeable {
  private readonly measure: () => number;
  private readonly collectGarbage: () => void;
  private readonly timer: NodeJS.Timeout;
  private lastCheck = 0;
  /** Forced collections pay only when much has been allocated since the last. */
  private afterCollection = 0;

  constructor(private readonly options: HeapWatchOptions) {
    this.measure = options.measure ?? usedMemory;
    this.collectGarbage = options.collectGarbage ?? exposedGc();
    this.timer = setInterval(() => this.check(), IDLE_CHECK_MS);
    this.timer.unref();
  }

  /** Cheap when called often; looks every 50 ms. */
  readonly poll = (): void => {
    const now = performance.now();
    if (now - this.lastCheck < CHECK_MS) return;
    this.lastCheck = now;
    this.check();
  };

  check(): void {
    const { limit } = this.options;
    const mark = limit * FRACTION;
    const used = this.measure();
    if (used < mark) return;
    // Just above the mark after a collection: the next one waits until a tenth of the share is added.
    if (used < this.afterCollection + Math.min(limit / 10, limit - mark) / 2) return;
    this.collectGarbage();
    const live = this.measure();
    this.afterCollection = live;
    if (live >= mark) this.options.onExceeded(this.error(live));
  }

  close(): void {
    clearInterval(this.timer);
  }

  private error(used: number): MillraceError {
    const { index, limit, processMemory } = this.options;
    const mb = (bytes: number): string => `${Math.round(bytes / MB)} MB`;
    return new MillraceError(
      'OUT_OF_MEMORY',
      `Slot ${index} holds ${mb(used)} of heap and buffers, more than 85 % of its share of ${mb(limit)}. ` +
        `Raise -tm (taskmanager.memory.process.size, now ${mb(processMemory)}) or lower -s (taskmanager.numberOfTaskSlots).`,
      { domain: 'user', context: { used, share: limit, slot: index } },
    );
  }
}

function usedMemory(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/** Node gives `gc` only to processes started with --expose-gc; a context made after the flag is set has it too. */
export function exposedGc(): () => void {
  try {
    setFlagsFromString('--expose-gc');
    return runInNewContext('gc') as () => void;
  } catch {
    return () => {};
  }
}
