import {
  type AllWindowedStream,
  type Collector,
  DeltaTrigger,
  Duration,
  EventTimeSessionWindows,
  type GlobalWindow,
  ProcessWindowFunction,
  type SingleOutputStreamOperator,
  StreamExecutionEnvironment,
  type TimeWindow,
  TumblingEventTimeWindows,
  type WindowedStream,
} from '../../api/index.js';

/** Checked by the compiler (`npm run check`): what is inferred, and what must not compile. */
type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
function is<A, B>(..._proof: Same<A, B> extends true ? [] : ['the types differ', A, B]): void {}

interface Order {
  user: string;
  amount: number;
}

class Counts extends ProcessWindowFunction<number, [string, number], string, TimeWindow> {
  process(
    k: string,
    _: ProcessWindowFunction.Context<TimeWindow>,
    n: Iterable<number>,
    out: Collector<[string, number]>,
  ): void {
    for (const count of n) out.collect([k, count]);
  }
}

describe('the types of windows', () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const orders = env.fromCollection<Order>([{ user: 'u', amount: 1 }]);
  const byUser = orders.keyBy('user');
  const count = {
    createAccumulator: () => 0,
    add: (_: Order, n: number) => n + 1,
    getResult: (n: number) => n,
    merge: (a: number, b: number) => a + b,
  };

  it('follow records, keys and windows into every function', () => {
    const windows = byUser.window(TumblingEventTimeWindows.of(Duration.ofSeconds(1)));
    is<typeof windows, WindowedStream<Order, string, TimeWindow>>();
    const sums = windows.reduce((a, b) => ({ user: a.user, amount: a.amount + b.amount }));
    is<typeof sums, SingleOutputStreamOperator<Order>>();
    const counts = windows.aggregate(count);
    is<typeof counts, SingleOutputStreamOperator<number>>();
    const named = windows.aggregate(count, (key, window, n, out: Collector<string>) => {
      for (const one of n) out.collect(`${key.trim()} ${window.getEnd()} ${one.toFixed()}`);
    });
    is<typeof named, SingleOutputStreamOperator<string>>();
    const ofClass = windows.aggregate(count, new Counts());
    is<typeof ofClass, SingleOutputStreamOperator<[string, number]>>();
    const processed = windows.process((key, ctx, elements, out: Collector<boolean>) => {
      for (const o of elements) out.collect(o.amount > ctx.window().getStart() && key.trim() !== '');
    });
    is<typeof processed, SingleOutputStreamOperator<boolean>>();
    const counted = byUser.countWindow(3);
    is<typeof counted, WindowedStream<Order, string, GlobalWindow>>();
    const all = orders.timeWindowAll(Duration.ofSeconds(1));
    is<typeof all, AllWindowedStream<Order, TimeWindow>>();
    const applied = all.apply((window, elements, out: Collector<number>) => {
      for (const o of elements) out.collect(o.amount + window.getEnd());
    });
    is<typeof applied, SingleOutputStreamOperator<number>>();
  });

  it('are those of the stream in the lambdas of assigners and triggers', () => {
    byUser.window(EventTimeSessionWindows.withDynamicGap(o => o.amount)).evictor({
      evictBefore(elements) {
        for (const e of elements) if (e.getValue().amount > 1) elements.remove(e);
      },
      evictAfter() {},
    });
    byUser
      .window(TumblingEventTimeWindows.of(Duration.ofSeconds(1)))
      .trigger(DeltaTrigger.of(1, (a, b) => b.amount - a.amount));
    // @ts-expect-error there is no such field
    byUser.window(EventTimeSessionWindows.withDynamicGap(o => o.size));
    byUser.countWindow(2).apply((key, window, elements, _out: Collector<string>) => {
      is<typeof key, string>();
      is<typeof window, GlobalWindow>();
      is<typeof elements, Iterable<Order>>();
    });
  });
});
