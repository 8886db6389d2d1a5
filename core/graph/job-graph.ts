import type { HexId } from '../ids.js';
import type { OperatorSpec, Partitioner } from './operators.js';
import type { KeyType, RestartStrategySpec, TimeCharacteristicName } from './stream-graph.js';

/** One operator of a chain. `outputs` lead to operators of the same chain: a direct call. */
export interface ChainedOperator {
  operatorId: HexId;
  name: string;
  uid?: string;
  spec: OperatorSpec;
  outputs: Array<{ operatorId: HexId; inputIndex: number; sideOutput?: string }>;
}

/** A chain of operators that runs as one task per subtask. The first operator is the head: it takes all network input. */
export interface JobVertex {
  id: HexId;
  /** Names of the chained operators, as Flink joins them: `Source: words -> Flat Map -> Map`. */
  name: string;
  operators: ChainedOperator[];
  parallelism: number;
  maxParallelism: number;
  slotSharingGroup: string;
}

/** An exchange between two vertices. */
export interface JobEdge {
  id: HexId;
  source: HexId;
  sourceOperator: HexId;
  target: HexId;
  targetOperator: HexId;
  inputIndex: number;
  /** Among the edges of the target operator, from 0: finds the functions of this one. */
  ordinal: number;
  partitioner: Partitioner;
  /** It closes an iteration: the target does not wait for its end, nor the source for room in it. */
  feedback?: true;
  keyType?: KeyType;
  sideOutput?: string;
  /** Milliseconds; 0: each record, -1: when full. */
  bufferTimeout: number;
}

/** Which program a task must run to bind its functions, and what that run must see. Absent in a local environment. */
export interface ProgramReference {
  /** The bundle's content hash (sha256, hex) and the name the user knows it by. */
  bundle: { sha256: string; name: string; size: number };
  /** Entry as given to -c; undefined: the only or the default export. */
  entry?: string;
  args: string[];
  /** Which `execute` of the program this job is, from 0. Earlier ones are replayed from `previousResults`. */
  executeIndex: number;
  previousResults: JobResultData[];
  recording: MainRecording;
}

/** What `main` read while the client ran it, replayed while binding so that every run builds the same graph. */
export interface MainRecording {
  /** Milliseconds since the epoch that the clock shows during `main`. */
  time: number;
  /** For Math.random. */
  randomSeed: number;
  /** For node:crypto: 64 hex digits. */
  cryptoSeed: string;
  cwd: string;
  env: Record<string, string | undefined>;
  /** Absolute path → content. */
  files: Record<string, Uint8Array>;
  platformVersion: string;
}

/** Result of a finished `execute`, as `JobExecutionResult` shows it. */
export interface JobResultData {
  jobId: HexId;
  netRuntimeMs: number;
  accumulators: Record<string, AccumulatorValue>;
}

/** `type` is Flink's class name, as the command line prints it: LongCounter, IntCounter … */
export interface AccumulatorValue {
  type: string;
  value: number | bigint | string;
}

/** The type of an accumulator that is a job's records and no figure: nobody wants to see it. */
export const COLLECTED_RECORDS = 'CollectedRecords';

/** The job as plain data: travels as msgpack, shows as JSON. Layer 2 of 4. */
export interface JobGraph {
  jobId: HexId;
  jobName: string;
  vertices: JobVertex[];
  edges: JobEdge[];
  config: {
    objectReuse: boolean;
    restartStrategy?: RestartStrategySpec;
    /** Milliseconds between two latency markers of a source; absent: none. */
    latencyTrackingInterval?: number;
    /** Absent: event time. */
    timeCharacteristic?: TimeCharacteristicName;
    /** Milliseconds between two periodic watermarks; absent: none. */
    autoWatermarkInterval?: number;
    /** All input is bounded, and each result comes once; absent: streaming. */
    batch?: true;
    /** -D and file settings that concern the job. */
    properties: Record<string, string>;
  };
  program?: ProgramReference;
}
