import { expect } from 'chai';
import {
  type Collector,
  Duration,
  KeyedProcessFunction,
  RuntimeExecutionMode,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from '../../api/index.js';
import { generateOptions } from '../../client/cli/program.js';
import { Configuration } from '../../core/config/index.js';
import { generateJobGraph, type JobGraph } from '../../core/graph/index.js';

type Pair = [key: string, n: number];

const pairs: Pair[] = [
  ['a', 1],
  ['b', 10],
  ['a', 2],
  ['b', 20],
  ['a', 3],
];

function environment(mode: RuntimeExecutionMode): StreamExecutionEnvironment {
  return StreamExecutionEnvironment.createLocalEnvironment(2).setRuntimeMode(mode);
}

function graphOf(build: (env: StreamExecutionEnvironment) => void, conf: Record<string, string> = {}): JobGraph {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  build(env);
  return generateJobGraph(env.getStreamGraph(), generateOptions(Configuration.from(conf), undefined));
}

const bounded = (env: StreamExecutionEnvironment): void => void env.fromElements(1).print();
const unbounded = (env: StreamExecutionEnvironment): void => void env.socketTextStream('localhost', 1).print();
const half = (env: StreamExecutionEnvironment): void =>
  void env
    .fromElements('a')
    .union(env.addSource<string>({ run: () => {}, cancel: () => {} }))
    .print();

describe('the runtime mode', () => {
  const byKeys = { 'execution.runtime-mode': 'batch' };

  it('is streaming unless the program or the configuration says batch', () => {
    expect(graphOf(bounded).config).to.not.have.property('batch');
    expect(graphOf(bounded, byKeys).config.batch).to.equal(true);
    const own = (env: StreamExecutionEnvironment): void => bounded(env.setRuntimeMode(RuntimeExecutionMode.STREAMING));
    expect(graphOf(own, byKeys).config).to.not.have.property('batch');
  });

  it('BATCH is refused with a source that has no known end, by the name of the source', () => {
    expect(() => graphOf(unbounded, byKeys)).to.throw(/UNBOUNDED source .*'Source: Socket Stream' has no known end/);
    expect(() => graphOf(half, byKeys)).to.throw(/'Source: Custom Source'/);
  });

  it('AUTOMATIC is batch if all sources are bounded', () => {
    const conf = { 'execution.runtime-mode': 'AUTOMATIC' };
    expect(graphOf(bounded, conf).config.batch).to.equal(true);
    expect(graphOf(unbounded, conf).config).to.not.have.property('batch');
    expect(graphOf(half, conf).config).to.not.have.property('batch');
  });

  it('is not batch with an iteration', () => {
    const iterating = (env: StreamExecutionEnvironment): void => {
      const iteration = env.fromElements(3).iterate(100);
      iteration.closeWith(iteration.map(n => n - 1).filter(n => n > 0));
    };
    expect(() => graphOf(iterating, byKeys)).to.throw(/Iterations are not supported .*BATCH/);
    expect(graphOf(iterating, { 'execution.runtime-mode': 'AUTOMATIC' }).config).to.not.have.property('batch');
  });

  it('that is none is refused', () => {
    expect(() => environment('fast' as RuntimeExecutionMode)).to.throw(/setRuntimeMode\(fast\): one of/);
    expect(() => graphOf(bounded, { 'execution.runtime-mode': 'fast' })).to.throw(/execution\.runtime-mode: .*fast/);
  });
});

describe('in batch mode', function () {
  this.timeout(20_000);

  async function results<R>(build: (env: StreamExecutionEnvironment) => AsyncIterable<R> | Promise<unknown>) {
    return (await build(environment(RuntimeExecutionMode.BATCH))) as R[];
  }

  it('reduce and sum emit the last value of each key only, also of functions that return promises', async () => {
    const reduced = await results<Pair>(env =>
      env
        .fromCollection(pairs)
        .keyBy(0)
        .reduce(([k, a], [, b]) => [k, a + b])
        .executeAndCollect(),
    );
    expect(reduced).to.have.deep.members([
      ['a', 6],
      ['b', 30],
    ]);
    const awaited = await results<Pair>(env =>
      env
        .fromCollection(pairs)
        .keyBy(0)
        .reduce(async ([k, a], [, b]) => [k, a + b])
        .executeAndCollect(),
    );
    expect(awaited).to.have.deep.members(reduced);
    const summed = await results<Pair>(env => env.fromCollection(pairs).keyBy(0).sum(1).executeAndCollect());
    expect(summed).to.have.deep.members(reduced);
  });

  it('many records and keys give the same, compiled and not', async () => {
    const sums = await results<[number, number]>(env =>
      env
        .fromSequence(1, 60_000)
        .map((n): [number, number] => [n % 3_000, n])
        .keyBy(0)
        .sum(1)
        .keyBy(r => r[0])
        .reduce(r => r)
        .executeAndCollect(),
    );
    expect(sums).to.have.length(3_000);
    expect(new Map(sums).get(7)).to.equal(20 * 7 + 3_000 * 190);
  });

  it('there is no watermark before the end of the input, when timers of both kinds fire, and set no others', async () => {
    class Times extends KeyedProcessFunction<string, Pair, string> {
      processElement([, n]: Pair, ctx: KeyedProcessFunction.Context<string>, out: Collector<string>): void {
        out.collect(`${ctx.getCurrentKey()}${n} at ${ctx.timestamp()}, ${ctx.timerService().currentWatermark() > 0}`);
        ctx.timerService().registerEventTimeTimer(n);
        ctx.timerService().registerProcessingTimeTimer(9e15 - n);
      }
      override onTimer(time: number, ctx: KeyedProcessFunction.OnTimerContext<string>, out: Collector<string>): void {
        out.collect(
          `${ctx.getCurrentKey()} ${time} ${ctx.timerService().currentWatermark() === Number.MAX_SAFE_INTEGER}`,
        );
        ctx.timerService().registerEventTimeTimer(time + 1);
        ctx.timerService().registerProcessingTimeTimer(time + 1);
      }
    }
    const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Pair>(Duration.ofMillis(0));
    const seen = await results<string>(env => {
      env.getConfig().setAutoWatermarkInterval(1);
      return env
        .fromCollection(pairs)
        .assignTimestampsAndWatermarks(strategy.withTimestampAssigner(([, n]) => n))
        .keyBy(p => p[0])
        .process(new Times())
        .executeAndCollect();
    });
    expect(seen.filter(s => s.startsWith('a'))).to.deep.equal([
      'a1 at 1, false',
      'a2 at 2, false',
      'a3 at 3, false',
      'a 1 true',
      'a 2 true',
      'a 3 true',
      ...[3, 2, 1].map(n => `a ${9e15 - n} true`),
    ]);
    expect(seen.filter(s => s.startsWith('b'))).to.have.length(6);
  });
});
