import type { SerializedError } from '../../core/errors.js';
import type {
  HostPort,
  JobInformation,
  TaskDeploymentDescriptor,
  TaskMetrics,
  TaskStateUpdate,
} from '../../core/protocol/index.js';
import type { BufferDebloatOptions } from '../network/buffer-debloater.js';
import type { RingMemory } from '../network/ring-memory.js';

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
  tmpDir: string;
  /** Bytes. */
  sortMemory: number;
  debloat?: BufferDebloatOptions;
  heapLimit: number;
  processMemory: number;
  /** Where log lines go; standard error if absent. */
  logFile?: string;
}

/** Main thread → slot. */
export type ToSlot =
  | { type: 'submit'; job: JobInformation; tasks: TaskDeploymentDescriptor[]; bundleFile: string | undefined }
  | { type: 'cancel'; executionId: string }
  /** Another slot reads its partitions over this memory. */
  | { type: 'serve'; memory: RingMemory }
  /** The answer to `link`. */
  | { type: 'linked'; id: number; memory: RingMemory }
  | { type: 'notLinked'; id: number; error: SerializedError }
  | { type: 'usage'; id: number }
  | { type: 'shed' }
  | { type: 'close' };

/** Slot → main thread. */
export type FromSlot =
  | { type: 'listening'; data: HostPort }
  | { type: 'state'; update: TaskStateUpdate }
  | { type: 'warning'; message: string }
  /** Wants to read partitions of another slot of this TaskManager. */
  | { type: 'link'; id: number; producer: HostPort }
  | { type: 'usage'; id: number; heapUsed: number; tasks: TaskMetrics[] }
  | { type: 'closed' };
