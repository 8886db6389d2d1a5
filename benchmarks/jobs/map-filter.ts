import { benchmark } from './arguments.js';
import { CountingSink } from './counting-sink.js';

/** b1: numbers through one chain that has no state. */
export class MapFilter {
  static async main(args: string[]): Promise<void> {
    const { env, records } = benchmark(args);
    env
      .fromSequence(0, records - 1)
      .map(i => i * 3 + 1)
      .filter(value => value % 7 !== 0)
      .addSink(new CountingSink(value => value));
    await env.execute('map-filter');
  }
}
