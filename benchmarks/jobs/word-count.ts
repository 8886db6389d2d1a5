import { type Collector, RichMapFunction } from 'millrace';
import { benchmark } from './arguments.js';
import { CountingSink } from './counting-sink.js';
import { LINES, lines } from './generator.js';

class LineOf extends RichMapFunction<number, string> {
  private table!: string[];

  constructor(private readonly seed: number) {
    super();
  }
  override open(): void {
    this.table = lines(this.seed);
  }
  override map(i: number): string {
    return this.table[i & (LINES - 1)]!;
  }
}

/** b2: words over a hash exchange into a count per word, one update for each word. */
export class WordCount {
  static async main(args: string[]): Promise<void> {
    const { env, records, seed } = benchmark(args);
    env
      .fromSequence(0, records - 1)
      .map(new LineOf(seed))
      .flatMap((line, out: Collector<[string, number]>) => {
        for (const word of line.split(' ')) out.collect([word, 1]);
      })
      .keyBy(pair => pair[0])
      .reduce((a, b): [string, number] => [a[0], a[1] + b[1]])
      .addSink(new CountingSink(pair => pair[1]));
    await env.execute('word-count');
  }
}
