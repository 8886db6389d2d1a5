import { ParameterTool, StreamExecutionEnvironment } from 'millrace';

export interface BenchmarkArguments {
  env: StreamExecutionEnvironment;
  /** What the source gives. */
  records: number;
  seed: number;
}

/** `--records N [--seed 42] [--reuse true]` */
export function benchmark(args: string[]): BenchmarkArguments {
  const params = ParameterTool.fromArgs(args);
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  if (params.getBoolean('reuse', false)) env.getConfig().enableObjectReuse();
  return { env, records: params.getLong('records'), seed: params.getInt('seed', 42) };
}
