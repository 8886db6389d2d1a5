import type { Collector } from 'millrace';
import { benchmark } from './arguments.js';
import { CountingSink } from './counting-sink.js';

/** Two lines, counted word by word: what is left is what a job costs before its first record and after its last. */
export class Tiny {
  static async main(args: string[]): Promise<void> {
    const { env } = benchmark(args);
    env
      .fromElements('to be or not to be', 'that is the question')
      .flatMap((line, out: Collector<[string, number]>) => {
        for (const word of line.split(' ')) out.collect([word, 1]);
      })
      .keyBy(pair => pair[0])
      .sum(1)
      .addSink(new CountingSink(pair => pair[1]));
    await env.execute('tiny');
  }
}
