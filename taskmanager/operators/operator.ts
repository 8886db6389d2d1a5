import type { FileSystems } from '../../core/fs/index.js';
import type { ChainedOperator, JobVertex, OperatorFunctions, TimeCharacteristicName } from '../../core/graph/index.js';
import type { Logger } from '../../core/logging.js';
import type { LatencyMarker } from '../../core/protocol/index.js';
import type { KeySlots } from '../state/key-slots.js';
import type { KeyedStates } from '../state/keyed-states.js';
import type { Code } from '../task/code.js';
import type { ProcessingTimeService } from '../timers/processing-time.js';

/**
 * Where an operator puts its records: the next operator of the chain, several of them, or an edge to other tasks. A
 * record and its timestamp (NO_TIMESTAMP if it has none) go as two arguments; calls never block and return nothing.
 */
export interface Collector {
  collect(record: unknown, timestamp: number): void;
  emitWatermark(timestamp: number): void;
  /** idle: no records for now, so that others need not wait for this one's watermark. */
  emitStatus(idle: boolean): void;
  /** In its place between records, as they are not counted, copied or shown to authors. */
  emitLatencyMarker(marker: LatencyMarker): void;
}

export interface Output extends Collector {
  /** It takes its own copy, or is done with a record when `collect` returns: the caller may keep and change it. */
  readonly takesCopies: boolean;
}

/** Why an operator is closed: what it wrote may be published unless its task failed. */
export type TaskEnd = 'finished' | 'canceled' | 'failed';

/** What an operator writes itself into a task's function with. */
export interface OperatorCode {
  readonly code: Code;
  /** Statements for what follows, given expressions for a record and its timestamp. */
  next(record: string, timestamp: string): string;
}

/** One operator of one subtask. The task calls these from its mailbox, never two at a time. */
export interface Operator {
  /** Before the first record; the author's `open`. */
  open?(): void | Promise<void>;
  /** All input has come: emit what is left. Not called on cancellation or failure. */
  finish?(): void | Promise<void>;
  /** Always, once, also when `open` failed. */
  close?(end: TaskEnd): void | Promise<void>;
  /**
   * In batch mode, where records come sorted by key: no more will come of the keys so far. Gives what is left of them, and
   * forgets them and their state. Without it all keys are kept to the end. Not called while a promise is pending.
   */
  endKeys?(): void;
  /** It makes no difference whether keys end one by one, or some together. */
  readonly endsKeysTogether?: boolean;
  /** End of a time slice: hand out what was gathered for the sake of speed (lines of print). */
  endOfSlice?(): void;
}

/** What takes the records of one input of an operator. */
export interface OperatorInput extends Output {
  /**
   * The same as `collect`, as statements of the task's function (docs/runtime.md): what they call are values given to
   * `code.use`. Both share the operator's state, since a task may change from one to the other between two records.
   * `record` and `timestamp` are expressions without effects; `slot` is one for the slot of the key, where it is known.
   * Without `compile` the text calls `collect`.
   */
  compile?(c: OperatorCode, record: string, timestamp: string, slot?: string): string;
  /** Of an operator that works by key: where keys find their slots. */
  readonly keySlots?: KeySlots | undefined;
}

/** An operator with one input: it is itself the output of the operator before it. */
export interface OneInputOperator extends Operator, OperatorInput {}

/** An operator with two inputs. Both come from edges: it is the head of its chain. */
export interface TwoInputOperator extends Operator {
  readonly inputs: readonly [OperatorInput, OperatorInput];
}

/** `more`: call again; `idle`: nothing right now, `wake` will be called; `end`: nothing will follow. */
export type SourceState = 'more' | 'idle' | 'end';

export interface SourceOperator extends Operator {
  /** After all operators of the chain are open. */
  start?(): void;
  /** Emits at most about `budget` records. */
  poll(budget: number): SourceState;
  /** The compiled chain may be used from here on, in place of `output`; asked again when it has changed. */
  useCompiled?(chain: CompiledOutput): void;
  /** The task is canceled or has failed: release sockets and the like, end waiting. */
  cancel?(): void;
}

/** The functions that a source may call instead of its output. */
export interface CompiledOutput {
  /** Emits the whole numbers `from` to `to` − 1, and gives the one that it came to: less if the task should stop. */
  sequenceFunction(): (from: number, to: number) => number;
}

/** What an operator sees of its task. */
export interface TaskContext {
  readonly jobId: string;
  readonly jobName: string;
  readonly vertex: JobVertex;
  readonly subtaskIndex: number;
  readonly attempt: number;
  readonly objectReuse: boolean;
  readonly timeCharacteristic: TimeCharacteristicName;
  /** Milliseconds between two periodic watermarks; 0: there are none. */
  readonly autoWatermarkInterval: number;
  /** All input is bounded, and each result comes once: there is no watermark but the last. */
  readonly batch: boolean;
  readonly fileSystems: FileSystems;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back in the task's turn when processing time has passed a point; until all input has come. */
  readonly processingTime: Pick<ProcessingTimeService, 'now' | 'timer'>;
  /** Whole lines to standard output or error, written before it returns. */
  print(stream: 'out' | 'err', text: string): void;
  /**
   * Index in the chain of the operator whose user code runs, and how far the batch is worked off or, of a source, how many
   * records it has emitted: an error names both.
   */
  readonly position: { current: number; cursor: number };
  /**
   * While a promise is pending the task's function is not used: records that still come have to wait in their operator,
   * which `collect` sees to.
   */
  readonly mode: { interpreted: boolean };
  /** The task's function should be written anew before its next slice. */
  recompile(): void;
  /** A latency marker came to operator `index`. */
  onLatencyMarker(index: number, marker: LatencyMarker): void;
  /** Stops the task's input until the thenable settles; a rejection fails the task, naming operator `index`. */
  suspend<T>(index: number, thenable: PromiseLike<T>, resume: (value: T) => void): void;
  /** A source has something again. */
  wake(): void;
  /** For who emits from an author's own loop: resolves when it may go on; undefined if it may right now. */
  whenWritable(): Promise<void> | undefined;
  /**
   * For who emits much at once, as timers do: undefined if it may go on, else what to wait for with `suspend`: room in the
   * outputs, or the others' turn if it has been at work since before the time slice, by performance.now().
   */
  whenRoom(since: number): Promise<void> | undefined;
  /** The error is that of the record that is worked on, unless `isOfRecord` is false. */
  fail(error: unknown, isOfRecord?: boolean): void;
}

/** What an operator is made from. */
export interface OperatorContext {
  readonly task: TaskContext;
  readonly operator: ChainedOperator;
  /** In the chain, 0 is the head. */
  readonly index: number;
  readonly functions: OperatorFunctions;
  readonly output: Output;
  /** By id of their tags, those that lead somewhere; `output` takes their watermarks and statuses along. */
  readonly sideOutputs: ReadonlyMap<string, Output>;
  /** Keys and state of an operator with an input that is keyed. */
  readonly states: KeyedStates | undefined;
  /** For the author's function; given to `setRuntimeContext` and `open`. */
  readonly runtimeContext: unknown;
}
