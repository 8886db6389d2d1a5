import { RichMapFunction } from 'millrace';
import { benchmark } from './arguments.js';
import { CountingSink } from './counting-sink.js';
import { PAYLOADS, payloads } from './generator.js';

type Message = [id: number, payload: string];

class MessageOf extends RichMapFunction<number, Message> {
  private table!: string[];

  constructor(private readonly seed: number) {
    super();
  }
  override open(): void {
    this.table = payloads(this.seed);
  }
  override map(i: number): Message {
    return [i, this.table[i & (PAYLOADS - 1)]!];
  }
}

/** b5: records of 100 bytes, round robin over an exchange. */
export class Rebalance {
  static async main(args: string[]): Promise<void> {
    const { env, records, seed } = benchmark(args);
    env
      .fromSequence(0, records - 1)
      .map(new MessageOf(seed))
      .rebalance()
      .map(([id, payload]): Message => [id ^ 1, payload])
      .addSink(new CountingSink(([id, payload]) => id + payload.length));
    await env.execute('rebalance');
  }
}
