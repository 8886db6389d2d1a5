import {
  LongCounter,
  ParallelSourceFunction,
  ParameterTool,
  RichSinkFunction,
  type SourceContext,
  StreamExecutionEnvironment,
} from 'millrace';

/** Gives its records, then either ends or waits for a cancellation without using the processor. */
class Waiting extends ParallelSourceFunction<number> {
  private end: (() => void) | undefined;

  constructor(
    private readonly records: number,
    private readonly endless: boolean,
  ) {
    super();
  }
  override async run(ctx: SourceContext<number>): Promise<void> {
    for (let i = 0; i < this.records; i++) ctx.collect(i);
    if (!this.endless) return;
    await new Promise<void>(resolve => {
      this.end = resolve;
    });
  }
  override cancel(): void {
    this.end?.();
  }
}

class Count extends RichSinkFunction<number> {
  private readonly count = new LongCounter();

  override open(): void {
    this.getRuntimeContext().addAccumulator('out_count', this.count);
  }
  override invoke(): void {
    this.count.add(1);
  }
}

/** Subtasks in any number: `--stages 8 --exchange forward|rebalance [--records 1] [--endless true]`, none chained. */
export class Stages {
  static async main(args: string[]): Promise<void> {
    const params = ParameterTool.fromArgs(args);
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const source = new Waiting(params.getInt('records', 1), params.getBoolean('endless', false));
    let stream = env.addSource(source).map(x => x);
    for (let stage = 1; stage < params.getInt('stages', 1); stage++) {
      stream =
        params.get('exchange', 'forward') === 'forward'
          ? stream.map(x => x).startNewChain()
          : stream.rebalance().map(x => x);
    }
    stream.addSink(new Count());
    await env.execute('stages');
  }
}
