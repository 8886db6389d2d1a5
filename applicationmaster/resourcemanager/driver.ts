import type { MillraceError } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';

export type FinalStatus = 'SUCCEEDED' | 'FAILED' | 'KILLED';

/** What a driver tells of its workers. */
export interface DriverEvents {
  /** A worker that was wanted is on its way: its process was told to start. */
  onWorkerStarted(workerId: string): void;
  /** It ended, or never came up. `reason` says why in words, with figures where YARN killed it for memory. */
  onWorkerTerminated(workerId: string, reason: MillraceError): void;
  /** The framework wants this ApplicationMaster gone, or can't be reached for good. */
  onFatal(error: MillraceError): void;
}

/** Where TaskManagers come from: YARN's containers, this process, or whoever starts them by hand. */
export interface ResourceManagerDriver extends Closeable {
  /** TaskManagers that can exist at once; undefined: unlimited or unknown. */
  readonly maxWorkers: number | undefined;
  readonly slotsPerWorker: number;
  /** Why `maxWorkers` is what it is, for refusals: `-n 2 × -s 2`. */
  readonly capDescription: string;
  /** Idle workers are worth giving back. */
  readonly releasesIdleWorkers: boolean;
  start(events: DriverEvents): Promise<void>;
  /** How many workers should exist, those that run included. The driver asks for what is missing; it ends none. */
  setWantedWorkers(total: number): void;
  /** Ends a worker, orderly if it can. */
  releaseWorker(workerId: string): void;
  /** What the framework says about missing workers, for a job that waits: "2 containers of 1024 MB …". */
  describeWaiting(): string | undefined;
  /**
   * Why a worker that is not heard of any more is gone; resolves within seconds, undefined if nothing is known. Domain
   * `cluster`: its process ended by itself; any other: it was ended.
   */
  terminationOf(workerId: string): Promise<MillraceError | undefined>;
  /** Tells the framework that the application ends so. */
  deregister(status: FinalStatus, diagnostics: string): Promise<void>;
}
