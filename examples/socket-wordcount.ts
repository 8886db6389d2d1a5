import { type Collector, ParameterTool, StreamExecutionEnvironment } from 'millrace';

/** Counts words typed into a socket: `nc -lk 7777`, then `--port 7777` (and `--hostname`, default localhost). */
export class SocketWordCount {
  static async main(args: string[]): Promise<void> {
    const params = ParameterTool.fromArgs(args);
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env
      .socketTextStream(params.get('hostname', 'localhost'), params.getInt('port'))
      .flatMap((line, out: Collector<[string, number]>) => {
        for (const word of line.split(/\s+/)) {
          if (word !== '') out.collect([word, 1]);
        }
      })
      .keyBy(0)
      .sum(1)
      .print();
    await env.execute('Socket WordCount');
  }
}
