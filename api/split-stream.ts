import { MillraceError } from '../core/errors.js';
import { selectedOutput } from '../core/graph/index.js';
import type { StreamExecutionEnvironment } from './environment.js';
import type { GraphRecorder, RecordedNode } from './graph-recorder.js';
import { DataStream } from './streams.js';

/** Says by names which ways a record takes: none, one or several. */
export interface OutputSelector<T> {
  select(value: T): Iterable<string>;
}

/** A stream whose records have names, by which `select` takes some of them. Unselected it has all records. */
export class SplitStream<T> extends DataStream<T> {
  /** @internal */
  constructor(
    environment: StreamExecutionEnvironment,
    recorder: GraphRecorder,
    private readonly node: RecordedNode,
  ) {
    super(environment, recorder, [{ node: node.id, partitioner: 'default' }]);
  }

  /**
   * The records that have at least one of these names, each once.
   *
   *     const split = numbers.split(n => [n % 2 === 0 ? 'even' : 'odd']);
   *     const even = split.select('even');
   */
  select(...names: string[]): DataStream<T> {
    if (names.length === 0 || names.some(name => typeof name !== 'string')) {
      throw new MillraceError('INVALID_PROGRAM', 'select needs the names of outputs, as texts.');
    }
    const outlet = { node: this.node.id, partitioner: 'default' as const, sideOutput: selectedOutput(names) };
    return new DataStream<T>(this.environment, this.recorder, [outlet]);
  }
}
