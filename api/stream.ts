import type { OperatorFunctions, OperatorSpec } from '../core/graph/index.js';
import { DataStreamSink } from './data-stream-sink.js';
import type { StreamExecutionEnvironment } from './environment.js';
import type { GraphRecorder, Outlet } from './graph-recorder.js';
import { SingleOutputStreamOperator } from './streams.js';

/** What every stream is made of: its place in the program's graph, and how an operator or a sink is put behind it. */
export abstract class Stream<T> {
  declare protected readonly recordType: (record: T) => T;

  constructor(
    protected readonly environment: StreamExecutionEnvironment,
    /** @internal */
    readonly recorder: GraphRecorder,
    /** @internal */
    readonly outlets: readonly Outlet[],
  ) {}

  /** The environment that the stream was made with. */
  getExecutionEnvironment(): StreamExecutionEnvironment {
    return this.environment;
  }

  /** Its outlets, partitioned anew. */
  protected outletsBy(how: Omit<Outlet, 'node' | 'sideOutput'>): Outlet[] {
    return this.outlets.map(({ node, sideOutput }) => ({
      node,
      ...how,
      ...(sideOutput !== undefined && { sideOutput }),
    }));
  }

  protected transform<R>(
    spec: OperatorSpec,
    name: string,
    functions: OperatorFunctions,
  ): SingleOutputStreamOperator<R> {
    const node = this.recorder.add(spec, name, [this.outlets], functions);
    return new SingleOutputStreamOperator<R>(this.environment, this.recorder, node);
  }

  protected sink(
    spec: OperatorSpec,
    name: string,
    functions: OperatorFunctions,
    options: { parallelism?: number } = {},
  ): DataStreamSink<T> {
    return new DataStreamSink<T>(this.recorder.add(spec, name, [this.outlets], functions, options));
  }
}
