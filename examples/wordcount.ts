import { type Collector, ParameterTool, StreamExecutionEnvironment } from 'millrace';

const TEXT = [
  'To be, or not to be,--that is the question:--',
  "Whether 'tis nobler in the mind to suffer",
  'The slings and arrows of outrageous fortune',
  'Or to take arms against a sea of troubles,',
];

/** Counts words. `--input PATH` (default: four lines of Hamlet), `--output PATH` (default: print). */
export class StreamWordCount {
  static async main(args: string[]): Promise<void> {
    const params = ParameterTool.fromArgs(args);
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const input = params.get('input');
    const lines = input === undefined ? env.fromElements(...TEXT) : env.readTextFile(input);

    const counts = lines
      .flatMap((line, out: Collector<[string, number]>) => {
        for (const word of line.toLowerCase().split(/\W+/)) {
          if (word !== '') out.collect([word, 1]);
        }
      })
      .keyBy(pair => pair[0])
      .sum(1);

    const output = params.get('output');
    if (output === undefined) counts.print();
    else counts.map(([word, count]) => `(${word},${count})`).writeAsText(output);

    await env.execute('Streaming WordCount');
  }
}
