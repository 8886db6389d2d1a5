/**
 * Messages between the ApplicationMaster's endpoints and TaskManagers: one WebSocket per TaskManager, opened by the
 * TaskManager, both sides call and notify over it (core/rpc). Every message about an execution names its attempt; one
 * of an older attempt or of an older leader session is dropped, never half applied.
 */
import type { SerializedError } from '../errors.js';
import type { AccumulatorValue, JobEdge, JobGraph, JobVertex } from '../graph/job-graph.js';
import type { HexId } from '../ids.js';
import type { LatencyFigures } from './latency.js';

export interface HostPort {
  host: string;
  port: number;
}

/** Bytes. How a TaskManager's size is split; see core/config/memory.ts. */
export interface MemorySplit {
  process: number;
  code: number;
  heapPerSlot: number;
  network: number;
  managed: number;
  overhead: number;
}

export interface SlotReport {
  /** 0-based within its TaskManager. */
  index: number;
  /** Where the slot worker's data server listens. */
  data: HostPort;
  /** Which allocation holds it; absent if free. */
  allocationId?: HexId;
  jobId?: HexId;
}

// ---- TaskManager → ApplicationMaster ---------------------------------------------------------------------------------

export interface RegisterTaskManager {
  /** YARN container id, else `host:port-<6 hex>`. */
  taskManagerId: string;
  host: string;
  pid: number;
  slots: SlotReport[];
  memory: MemorySplit;
  cpuCores: number;
  physicalMemory: number;
  version: string;
}
export interface RegistrationAccepted {
  /** Fences everything of an earlier leader. */
  sessionId: HexId;
  heartbeatIntervalMs: number;
  heartbeatTimeoutMs: number;
  /** Where bundles are fetched: GET <blobUrl>/<sha256> with the cluster secret as bearer. */
  blobUrl: string;
}

export type ExecutionState =
  | 'CREATED'
  | 'SCHEDULED'
  | 'DEPLOYING'
  | 'INITIALIZING'
  | 'RUNNING'
  | 'FINISHED'
  | 'CANCELING'
  | 'CANCELED'
  | 'FAILED'
  | 'RECONCILING';

export interface TaskStateUpdate {
  jobId: HexId;
  executionId: HexId;
  state: 'INITIALIZING' | 'RUNNING' | 'FINISHED' | 'CANCELED' | 'FAILED';
  error?: SerializedError;
  /** With the final states, and as they stand with the metrics of a heartbeat. */
  accumulators?: Record<string, AccumulatorValue>;
  metrics?: TaskMetrics;
}

export interface TaskMetrics {
  executionId: HexId;
  recordsIn: number;
  recordsOut: number;
  bytesIn: number;
  bytesOut: number;
  busyMs: number;
  backPressuredMs: number;
  idleMs: number;
  /** By Flink's metric name `latency.source_id.….latency`; absent without markers. */
  latencies?: Record<string, LatencyFigures>;
}

export interface TaskManagerHeartbeat {
  rss: number;
  heapUsed: number;
  tasks: TaskMetrics[];
}

/** Methods that the ApplicationMaster serves. `call` returns the response, `notify` has none. */
export interface ApplicationMasterGateway {
  registerTaskManager: { request: RegisterTaskManager; response: RegistrationAccepted };
  /** notify */
  heartbeat: { request: TaskManagerHeartbeat; response: void };
  /** notify; in the order in which the states were taken */
  updateTaskState: { request: TaskStateUpdate; response: void };
  /** notify: a slot is free again (its worker was replaced: the data port may be a new one) */
  slotAvailable: { request: SlotReport; response: void };
  /** notify: the process is ending; `reason` goes into the failure of jobs that ran there */
  disconnectTaskManager: { request: { reason: SerializedError }; response: void };
  /** notify: own memory watch and the like */
  reportWarning: { request: { message: string }; response: void };
}

// ---- ApplicationMaster → TaskManager ---------------------------------------------------------------------------------

export interface ChannelDescriptor {
  /** Partition of the producing subtask that this channel reads, and which subpartition of it. */
  partitionId: string;
  producerSubtask: number;
  subpartition: number;
  /** Slot worker that holds it. The consumer dials the producer. */
  producer: HostPort;
  /** Producer runs in the same slot: batches pass by reference. */
  sameSlot: boolean;
  /** Producer runs in this TaskManager: frames pass through shared memory. */
  sameTaskManager: boolean;
}
export interface InputGateDescriptor {
  edge: JobEdge;
  channels: ChannelDescriptor[];
}
export interface ResultPartitionDescriptor {
  edge: JobEdge;
  /** `<executionId>/<edgeId>` */
  partitionId: string;
  /** Consumers of this producing subtask, in order of subpartition. */
  consumers: Array<{ subtask: number; subpartition: number }>;
  /** Parallelism and max parallelism of the consuming vertex (hash needs both). */
  consumerParallelism: number;
  consumerMaxParallelism: number;
}

export interface TaskDeploymentDescriptor {
  jobId: HexId;
  jobName: string;
  executionId: HexId;
  /** 0 for the first. */
  attempt: number;
  allocationId: HexId;
  slotIndex: number;
  vertex: JobVertex;
  subtaskIndex: number;
  inputs: InputGateDescriptor[];
  outputs: ResultPartitionDescriptor[];
}

/** What all tasks of a job share; sent once per slot before the first task of the job there. */
export interface JobInformation {
  jobId: HexId;
  jobName: string;
  config: JobGraph['config'];
  program?: JobGraph['program'];
}

/** Methods that a TaskManager serves. */
export interface TaskManagerGateway {
  /** Holds the slot for a job; refused if it is held by another allocation. */
  requestSlot: {
    request: { sessionId: HexId; slotIndex: number; allocationId: HexId; job: JobInformation };
    response: SlotReport;
  };
  /** All tasks of one slot at once: producers and consumers of the slot find each other. */
  submitTasks: { request: { sessionId: HexId; tasks: TaskDeploymentDescriptor[] }; response: void };
  /** Returns at once; CANCELED comes as a state update. An unknown execution is fine. */
  cancelTask: { request: { sessionId: HexId; executionId: HexId }; response: void };
  /** Ends what still runs there, ends the worker, and reports slotAvailable. */
  freeSlot: { request: { sessionId: HexId; slotIndex: number; allocationId: HexId }; response: void };
  /** Orderly end of the process. notify */
  shutDown: { request: { reason: string }; response: void };
  /** The last bytes of a log file of this process. */
  readLog: { request: { file: 'log' | 'out' | 'err'; maxBytes: number }; response: { content: string; size: number } };
}

export type GatewayMethods = { [method: string]: { request: unknown; response: unknown } };
