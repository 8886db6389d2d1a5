import type {
  HostPort,
  JobInformation,
  TaskDeploymentDescriptor,
  TaskMetrics,
  TaskStateUpdate,
} from '../../core/protocol/index.js';

/** What a slot's host tells its TaskManager. */
export interface SlotHostEvents {
  onState(update: TaskStateUpdate): void;
  onWarning(message: string): void;
  /** The host ended by itself, with all that ran in it. Not after `close`. */
  onDied(error: Error): void;
}

export interface SlotUsage {
  heapUsed: number;
  tasks: TaskMetrics[];
}

/** Where a slot's runtime lives: a worker thread, or this thread. Used for one job, then closed. */
export interface SlotHost {
  /** Where its partitions are read. */
  readonly data: HostPort;
  submit(job: JobInformation, tasks: TaskDeploymentDescriptor[], bundleFile: string | undefined): void;
  cancel(executionId: string): void;
  /** As of now; an answer that takes too long is replaced by the last one. */
  usage(): Promise<SlotUsage>;
  /** Memory is short. */
  shed(): void;
  /** Cancels what runs and resolves when nothing of it is left; may take as long as the author's `close`. */
  close(): Promise<void>;
  /** Ends it without asking, where that is possible. */
  kill(): Promise<void>;
}

/** Starts a host; listening when it resolves. */
export type SlotHostFactory = (index: number, events: SlotHostEvents) => Promise<SlotHost>;
