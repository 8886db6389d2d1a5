import type { HexId } from '../ids.js';
import type { OperatorSpec, Partitioner } from './operators.js';

/** ALWAYS: may be chained to what comes before and after; HEAD: only to what comes after; NEVER. */
export type ChainingStrategy = 'ALWAYS' | 'HEAD' | 'NEVER';

/** A class whose instances may travel between tasks. */
export type RegisteredClass = abstract new (...args: never[]) => object;

/** The author's functions of one operator. They live in the process that ran `main` and nowhere else. */
export interface OperatorFunctions {
  /** The function or function object given to map, reduce, addSink … */
  function?: unknown;
  /** Per input of a keyed operator: the key that its state belongs to. Undefined where that input is not keyed. */
  keySelectors?: Array<((record: unknown) => unknown) | undefined>;
  /** By the ordinal of the edge that leads to this operator. Two edges of one input may be partitioned by different keys. */
  edges?: Array<EdgeFunctions | undefined>;
  /** What the program has registered, in order: the same for all its operators. */
  types?: readonly RegisteredClass[];
}

/** The author's functions that choose the subtask of a record on an edge. */
export interface EdgeFunctions {
  /** Of `hash`, and of `custom` where it has a key. */
  keySelector?: (record: unknown) => unknown;
  /** partitionCustom's. */
  partitioner?: (key: unknown, numPartitions: number) => number;
}

/** How keys are hashed where their JavaScript type leaves it open: `double` also where a number is whole. */
export type KeyType = 'double';

export interface StreamNode {
  /** Order of creation in `main`, from 1. */
  id: number;
  /** The uid hash, else from the uid, else from the structure of the graph before it: the same in every run of the same program. */
  operatorId: HexId;
  uid?: string;
  /** Given in place of what would be made of the uid or the structure: it is the operator id then. */
  uidHash?: HexId;
  name: string;
  spec: OperatorSpec;
  /** -1: the job's default. */
  parallelism: number;
  /** -1: derived. */
  maxParallelism: number;
  /** Resolved: 'default' unless set here or inherited from all inputs alike. */
  slotSharingGroup: string;
  chaining: ChainingStrategy;
  /** Milliseconds; -1: the job's default. */
  bufferTimeout: number;
  functions: OperatorFunctions;
}

export interface StreamEdge {
  source: number;
  target: number;
  /** `default`: forward between equal parallelisms, else rebalance; decided when parallelisms are known. */
  partitioner: Partitioner | 'default';
  /** Which input of the target: 0, or 1 for the second stream of a two-input operator. */
  inputIndex: number;
  /** It closes an iteration: its records come from behind the target. */
  feedback?: true;
  /** Of a `hash` edge whose keys are of a declared type. */
  keyType?: KeyType;
  /** Id of the OutputTag whose records take this edge; absent for the main output. */
  sideOutput?: string;
}

/** The program as written: what `env.execute()` hands over. Layer 1 of 4 (StreamGraph → JobGraph → ExecutionGraph → physical). */
export interface StreamGraph {
  jobName: string;
  nodes: StreamNode[];
  edges: StreamEdge[];
  config: JobConfig;
}

/** What the program set on its environment and its ExecutionConfig; keys that it did not set are absent. */
export interface JobConfig {
  /** env.setParallelism: stronger than `-p`, weaker than an operator's own. */
  parallelism?: number;
  maxParallelism?: number;
  /** Milliseconds; 0 flushes each record, -1 only full buffers. */
  bufferTimeout?: number;
  objectReuse?: boolean;
  /** Milliseconds; 0: no latency markers. */
  latencyTrackingInterval?: number;
  chaining?: boolean;
  timeCharacteristic?: TimeCharacteristicName;
  /** Milliseconds between two periodic watermarks; 0: none. */
  autoWatermarkInterval?: number;
  restartStrategy?: RestartStrategySpec;
  runtimeMode?: RuntimeModeName;
}

/** How a job runs: see decideBatch. */
export type RuntimeModeName = 'STREAMING' | 'BATCH' | 'AUTOMATIC';

/** What the timestamps of sources are: their own, the time of their emission, or none. */
export type TimeCharacteristicName = 'event' | 'ingestion' | 'processing';

export type RestartStrategySpec =
  | { type: 'none' }
  | { type: 'fixed-delay'; attempts: number; delayMs: number }
  | { type: 'failure-rate'; maxFailuresPerInterval: number; intervalMs: number; delayMs: number }
  | {
      type: 'exponential-delay';
      initialBackoffMs: number;
      maxBackoffMs: number;
      multiplier: number;
      resetThresholdMs: number;
      jitter: number;
    };
