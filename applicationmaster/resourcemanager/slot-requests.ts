import type { Clock } from '../../core/clock.js';
import { MillraceError } from '../../core/errors.js';
import type { HexId } from '../../core/ids.js';
import type { JobInformation } from '../../core/protocol/index.js';
import type { SlotLease } from './registered-task-manager.js';

export interface SlotRequest {
  readonly job: JobInformation;
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  resolve(leases: SlotLease[]): void;
  reject(error: Error): void;
}

export interface SlotRequestsOptions {
  clock: Clock;
  /** slot.request.timeout, milliseconds. */
  timeoutMs: number;
  /** What a request lacks, in words. */
  describe(request: SlotRequest): string;
  /** A request came or went. */
  onChange(): void;
}

/** Jobs that wait for slots, in the order in which they asked. */
export class SlotRequests {
  private waiting: SlotRequest[] = [];

  constructor(private readonly options: SlotRequestsOptions) {}

  get first(): SlotRequest | undefined {
    return this.waiting[0];
  }

  get slotsWanted(): number {
    return this.waiting.reduce((sum, r) => sum + r.count, 0);
  }

  has(request: SlotRequest): boolean {
    return this.waiting.includes(request);
  }

  of(jobId: HexId): SlotRequest | undefined {
    return this.waiting.find(r => r.job.jobId === jobId);
  }

  rejectAll(error: Error): void {
    for (const request of [...this.waiting]) request.reject(error);
  }

  /** Rejects with NO_RESOURCE_AVAILABLE after the timeout, or with the signal's reason. */
  add(job: JobInformation, count: number, signal: AbortSignal): Promise<SlotLease[]> {
    const { clock, timeoutMs, describe, onChange } = this.options;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.waiting = this.waiting.filter(r => r !== request);
        onChange();
      };
      const request: SlotRequest = {
        job,
        count,
        since: clock.now(),
        resolve: leases => {
          leave();
          resolve(leases);
        },
        reject: error => {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => request.reject(signal.reason as Error);
      const timer = setTimeout(() => {
        const message = `Could not get the required slots within ${timeoutMs} ms (slot.request.timeout): ${describe(request)}`;
        request.reject(new MillraceError('NO_RESOURCE_AVAILABLE', message));
      }, timeoutMs);
      if (signal.aborted) {
        clearTimeout(timer);
        reject(signal.reason as Error);
        return;
      }
      signal.addEventListener('abort', onAbort);
      this.waiting.push(request);
      onChange();
    });
  }
}
