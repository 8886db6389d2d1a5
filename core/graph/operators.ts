/**
 * What an operator is, as plain data. The author's functions are not in here: they never travel. A task binds them from
 * its own run of `main` by operator id (see program.ts); which functions a kind takes stands beside each kind.
 */

/** A field of an object, a position of a tuple, or null for the record itself. */
export type FieldReference = string | number | null;

/** Of equal records min-by and max-by give the first, with `last` the last. */
export interface FieldAggregate {
  aggregate: 'sum' | 'min' | 'max' | 'min-by' | 'max-by';
  field: FieldReference;
  last?: boolean;
}

/** Windows by key, or of all records by one subtask. */
export interface WindowSpec {
  kind: 'window';
  /** What is kept of a window's records: all, one that a function makes of them, an accumulator, an aggregate of a field. */
  contents: 'list' | 'reduce' | 'aggregate' | 'field';
  /** The method of the window function; none: what is kept is the result. */
  call: 'none' | 'apply' | 'process';
  /** Parallelism 1; the window function is given no key. */
  all?: boolean;
  /** Milliseconds. */
  allowedLateness: number;
  /** Id of the OutputTag that takes late records; else they are dropped. */
  lateOutput?: string;
  /** With contents `field`. */
  field?: FieldAggregate;
}

/** How tuples stand in a file; without it a record is a line. */
export interface CsvFormat {
  rowDelimiter: string;
  fieldDelimiter: string;
}

export type OperatorSpec =
  // Sources.
  // fromElements, fromCollection: travels in the graph; parallelism 1. With instances of registered classes the elements
  // are the records of an encoded batch, since who hands the graph on knows no such values.
  | { kind: 'source.collection'; elements: unknown[]; encoded?: Uint8Array }
  | { kind: 'source.sequence'; from: number; to: number } // inclusive; split by subtask
  | { kind: 'source.text-file'; path: string } // a file or a directory; split by subtask at line ends
  | { kind: 'source.socket'; host: string; port: number; delimiter: string; maxRetries: number } // parallelism 1
  | { kind: 'source.function'; parallel: boolean } // function: SourceFunction
  // One input.
  | { kind: 'map' } // function: MapFunction or lambda
  | { kind: 'flat-map' } // function: FlatMapFunction or lambda
  | { kind: 'filter' } // function: FilterFunction or lambda
  | { kind: 'split' } // function: OutputSelector or lambda; side outputs by selectedOutput
  | { kind: 'process' } // function: ProcessFunction or lambda
  | { kind: 'timestamps-and-watermarks' } // function: WatermarkStrategy
  | { kind: 'iteration'; maxWaitMs: number } // no function: the head of an iteration; 0 ms: it never ends by itself
  // Milliseconds, 0: none; the most records under way.
  | { kind: 'async'; ordered: boolean; timeout: number; capacity: number } // function: AsyncFunction or lambda
  | { kind: 'identity' } // no function: what union or a bare keyBy().print() leaves behind
  // One keyed input (keySelectors[0]).
  | { kind: 'keyed-process' } // function: KeyedProcessFunction, ProcessFunction or lambda
  | { kind: 'reduce' } // function: ReduceFunction or lambda; emits each new value
  | ({ kind: 'aggregate-field' } & FieldAggregate)
  | WindowSpec // function: WindowFunctions
  // Two inputs; each may be keyed (keySelectors[0], [1]).
  | { kind: 'co-map' } // function: CoMapFunction
  | { kind: 'co-process' } // function: CoProcessFunction
  | { kind: 'keyed-co-process' } // function: KeyedCoProcessFunction or CoProcessFunction; both inputs are keyed
  | { kind: 'co-flat-map' } // function: CoFlatMapFunction
  // Both inputs are keyed. Milliseconds, inclusive: left + lower <= right <= left + upper. Ids of the tags for late records.
  | { kind: 'interval-join'; lower: number; upper: number; leftLate?: string; rightLate?: string } // function: ProcessJoinFunction or lambda
  // Two inputs, the second one broadcast; `states`: names of its map states.
  | { kind: 'broadcast-process'; states: string[] } // function: BroadcastProcessFunction
  | { kind: 'keyed-broadcast-process'; states: string[] } // function: KeyedBroadcastProcessFunction; the first input is keyed
  // Sinks.
  | { kind: 'sink.print'; stderr: boolean; prefix: string }
  | { kind: 'sink.text-file'; path: string; overwrite: boolean; csv?: CsvFormat } // a file at parallelism 1, else a folder with files 1..N
  | { kind: 'sink.socket'; host: string; port: number } // function: SerializationSchema or lambda
  | { kind: 'sink.function' }; // function: SinkFunction or lambda

export type OperatorKind = OperatorSpec['kind'];

export const isSource = (spec: OperatorSpec): boolean => spec.kind.startsWith('source.');
export const isSink = (spec: OperatorSpec): boolean => spec.kind.startsWith('sink.');

/** How records of an edge find their subtask. `hash` uses the key selector of the target for that input. */
export type Partitioner = 'forward' | 'hash' | 'rebalance' | 'rescale' | 'broadcast' | 'shuffle' | 'global' | 'custom';

/** Pointwise partitioners join only some subtasks of both sides, all-to-all ones every pair. */
export const isPointwise = (p: Partitioner): boolean => p === 'forward' || p === 'rescale';
