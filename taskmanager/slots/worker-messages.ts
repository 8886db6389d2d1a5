import type {
  HostPort,
  JobInformation,
  TaskDeploymentDescriptor,
  TaskMetrics,
  TaskStateUpdate,
} from '../../core/protocol/index.js';

/** `workerData` of a slot's thread. */
export interface SlotWorkerData {
  /** `<host>/<index>` */
  id: string;
  index: number;
  bindHost: string;
  host: string;
  port: number | string;
  secret: string;
  /** The TaskManager's configuration keys. */
  properties: Record<string, string>;
  /** Bytes. */
  networkMemory: number;
  heapLimit: number;
  processMemory: number;
  /** Where log lines go; standard error if absent. */
  logFile?: string;
}

/** Main thread → slot. */
export type ToSlot =
  | { type: 'submit'; job: JobInformation; tasks: TaskDeploymentDescriptor[]; bundleFile: string | undefined }
  | { type: 'cancel'; executionId: string }
  | { type: 'usage'; id: number }
  | { type: 'shed' }
  | { type: 'close' };

/** Slot → main thread. */
export type FromSlot =
  | { type: 'listening'; data: HostPort }
  | { type: 'state'; update: TaskStateUpdate }
  | { type: 'warning'; message: string }
  | { type: 'usage'; id: number; heapUsed: number; tasks: TaskMetrics[] }
  | { type: 'closed' };
