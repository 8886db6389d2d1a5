import { type DataStream, RichMapFunction, StreamExecutionEnvironment } from '../../api/index.js';
import { Configuration } from '../../core/config/index.js';
import { LocalExecutor } from '../../minicluster/index.js';

/** Runs a program on a cluster in this process. */
export async function runLocally(
  build: (env: StreamExecutionEnvironment) => void,
  settings: Record<string, string> = {},
): Promise<void> {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  build(env);
  const configuration = Configuration.from({ 'parallelism.default': '1', ...settings });
  const job = await new LocalExecutor({ configuration, print: () => {} }).execute(env.getStreamGraph('local'));
  await job.result();
}

/** What the streams that `build` gives to `sink` carried, in the order in which it came. */
export async function collected<T>(
  build: (env: StreamExecutionEnvironment, sink: (stream: DataStream<T>) => void) => void,
  settings: Record<string, string> = {},
): Promise<T[]> {
  const records: T[] = [];
  await runLocally(env => build(env, stream => void stream.addSink(record => void records.push(record))), settings);
  return records;
}

/** Each record with the subtask that it is in. */
export class Locate<T> extends RichMapFunction<T, [T, number]> {
  map(value: T): [T, number] {
    return [value, this.getRuntimeContext().getIndexOfThisSubtask()];
  }
}
