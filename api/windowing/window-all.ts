import { type DataStream, SingleOutputStreamOperator } from '../streams.js';
import { AllWindowedStream } from './all-windowed-stream.js';
import type { WindowAssigner } from './window-assigner.js';
import type { Window } from './windows.js';

/** All records have the same key. */
const NO_KEY = (): number => 0;

/** Windows of all records of a stream: those of one key, in one subtask. */
export function windowAll<T, W extends Window>(
  stream: DataStream<T>,
  assigner: WindowAssigner<T, W>,
): AllWindowedStream<T, W> {
  return new AllWindowedStream<T, W>(assigner, (spec, name, functions) => {
    const { recorder } = stream;
    const outlets = stream.outlets.map(({ node, sideOutput }) => ({
      node,
      partitioner: 'hash' as const,
      keySelector: NO_KEY,
      ...(sideOutput !== undefined && { sideOutput }),
    }));
    const single = { parallelism: 1 };
    const node = recorder.add({ ...spec, all: true }, `TriggerWindow(${name})`, [outlets], functions, single);
    return new SingleOutputStreamOperator(stream.getExecutionEnvironment(), recorder, node);
  });
}
