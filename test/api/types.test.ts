import {
  type AggregatingState,
  AggregatingStateDescriptor,
  AsyncDataStream,
  type BroadcastConnectedStream,
  type BroadcastStream,
  type Collector,
  type ConnectedStreams,
  type DataStream,
  type DataStreamSource,
  Duration,
  type IterativeStream,
  type JobClient,
  type JobExecutionResult,
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  type KeyedStream,
  ListStateDescriptor,
  MapStateDescriptor,
  OutputTag,
  ReducingStateDescriptor,
  RichAsyncFunction,
  RichMapFunction,
  type RuntimeContext,
  type SingleOutputStreamOperator,
  type SplitStream,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  Types,
  ValueStateDescriptor,
  WatermarkStrategy,
} from '../../api/index.js';

/** Checked by the compiler (`npm run check`): what is inferred, and what must not compile. */
type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
function is<A, B>(..._proof: Same<A, B> extends true ? [] : ['the types differ', A, B]): void {}

interface Order {
  user: string;
  amount: number;
}

class Length extends RichMapFunction<string, number> {
  map(s: string): number {
    return s.length + this.getRuntimeContext().getIndexOfThisSubtask();
  }
}

class Amounts extends KeyedProcessFunction<number, Order, boolean> {
  processElement(_: Order, ctx: KeyedProcessFunction.Context<number>, out: Collector<boolean>): void {
    out.collect(ctx.getCurrentKey() > 1);
  }
}

describe('the types of the programming interface', () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const words = env.fromElements('a', 'b');
  const pairs = words.map((w): [string, number] => [w, 1]);
  const orders = env.fromCollection<Order>([{ user: 'u', amount: 1 }]);

  it('follow the records from operator to operator', () => {
    is<typeof words, DataStreamSource<string>>();
    const lengths = words.map(w => w.length);
    is<typeof lengths, SingleOutputStreamOperator<number>>();
    const ofClass = words.map(new Length());
    is<typeof ofClass, SingleOutputStreamOperator<number>>();
    const awaited = words.map(async w => w.length);
    is<typeof awaited, SingleOutputStreamOperator<number>>();
    const iterable = words.flatMap(w => w.split(''));
    is<typeof iterable, SingleOutputStreamOperator<string>>();
    const collected = words.flatMap((w, out: Collector<[string, number]>) => out.collect([w, 1]));
    is<typeof collected, SingleOutputStreamOperator<[string, number]>>();
    const kept = orders.filter(o => o.amount > 1);
    is<typeof kept, SingleOutputStreamOperator<Order>>();
    const projected = orders.project('amount', 'user');
    is<typeof projected, SingleOutputStreamOperator<[number, string]>>();
    const swapped = pairs.project(1, 0);
    is<typeof swapped, SingleOutputStreamOperator<[number, string]>>();
    const split = orders.split(o => [o.user]);
    is<typeof split, SplitStream<Order>>();
    const selected = split.select('a', 'b');
    is<typeof selected, DataStream<Order>>();
    const iteration = words.iterate(100);
    is<typeof iteration, IterativeStream<string>>();
    const fed = iteration.closeWith(iteration.map(w => w));
    is<typeof fed, DataStream<string>>();
    const both = words.union(lengths);
    is<typeof both, DataStream<string | number>>();
  });

  it('follow what an async function answers', () => {
    const timeout = Duration.ofSeconds(1);
    const asked = AsyncDataStream.orderedWait(orders, async o => o.amount, timeout);
    is<typeof asked, SingleOutputStreamOperator<number>>();
    class Ask extends RichAsyncFunction<Order, boolean> {
      async asyncInvoke(o: Order): Promise<boolean> {
        return o.amount > 1;
      }
    }
    const byClass = AsyncDataStream.unorderedWait(orders, new Ask(), timeout, 10);
    is<typeof byClass, SingleOutputStreamOperator<boolean>>();
    () => {
      // @ts-expect-error It is asked about orders.
      AsyncDataStream.unorderedWait(words, new Ask(), timeout);
    };
  });

  it('follow both records of a pair', () => {
    const byUser = orders.keyBy('user');
    const byWord = words.keyBy(w => w);
    const interval = byWord.intervalJoin(byUser).between(Duration.ofSeconds(-1), Duration.ofSeconds(1));
    const joined = interval.process((word, order, ctx, out: Collector<boolean>) => {
      is<typeof word, string>();
      is<typeof order, Order>();
      out.collect(ctx.getTimestamp() > 0);
    });
    is<typeof joined, SingleOutputStreamOperator<boolean>>();
    interval.sideOutputRightLateData(new OutputTag<Order>('late'));
    () => {
      // @ts-expect-error Late records of the left stream are words.
      interval.sideOutputLeftLateData(new OutputTag<Order>('late'));
      // @ts-expect-error Keys of both streams are of one type.
      byWord.intervalJoin(orders.keyBy('amount'));
    };
  });

  it('follow what is joined by windows', () => {
    const assigner = TumblingEventTimeWindows.of(Duration.ofSeconds(1));
    const byName = words.join(orders).where(w => w);
    const joined = byName
      .equalTo(o => o.user)
      .window(assigner)
      .apply((w, o) => w.length + o.amount);
    is<typeof joined, SingleOutputStreamOperator<number>>();
    const grouped = words
      .coGroup(orders)
      .where(w => w)
      .equalTo(o => o.user)
      .window(assigner)
      .apply((ws, os, out: Collector<boolean>) => out.collect([...ws].length > [...os].length));
    is<typeof grouped, SingleOutputStreamOperator<boolean>>();
    () => {
      // @ts-expect-error Keys of both streams are of one type.
      byName.equalTo(o => o.amount);
    };
  });

  it('follow both of two connected streams', () => {
    const connected = words.connect(orders);
    is<typeof connected, ConnectedStreams<string, Order>>();
    const mapped = connected.map({ map1: w => w.length, map2: o => o.amount });
    is<typeof mapped, SingleOutputStreamOperator<number>>();
    const flat = connected.flatMap({
      flatMap1(w, out: Collector<[string, number]>) {
        out.collect([w, w.length]);
      },
      flatMap2(o, out) {
        out.collect([o.user, o.amount]);
      },
    });
    is<typeof flat, SingleOutputStreamOperator<[string, number]>>();
    const keyed = connected.keyBy(
      w => w,
      o => o.user,
    );
    is<typeof keyed, ConnectedStreams<string, Order>>();
    class Process extends KeyedCoProcessFunction<string, string, Order, number> {
      processElement1(w: string, ctx: KeyedCoProcessFunction.Context<string>, out: Collector<number>): void {
        out.collect(w.length + ctx.getCurrentKey().length);
      }
      processElement2(): void {}
    }
    const processed = keyed.process(new Process());
    is<typeof processed, SingleOutputStreamOperator<number>>();
    const byMethods = connected.process({
      processElement1: (w, ctx, out: Collector<[string, number | null]>) => out.collect([w, ctx.timestamp()]),
      processElement2: (o, _ctx, out) => out.collect([o.user, o.amount]),
    });
    is<typeof byMethods, SingleOutputStreamOperator<[string, number | null]>>();
    const byFields = orders.connect(pairs).keyBy('user', 0);
    is<typeof byFields, ConnectedStreams<Order, [string, number]>>();
    const wrong = (): void => {
      const [word, amount] = [(w: string): string => w, (o: Order): number => o.amount];
      // @ts-expect-error the keys of both sides are of one type
      connected.keyBy(word, amount);
      // @ts-expect-error one method of two
      connected.map({ map1: w => w });
    };
    is<typeof wrong, () => void>();
  });

  it('follow a broadcast stream and its states', () => {
    const rules = new MapStateDescriptor<string, Order>('rules');
    const broadcast = orders.broadcast(rules);
    is<typeof broadcast, BroadcastStream<Order>>();
    const plain = orders.broadcast();
    is<typeof plain, DataStream<Order>>();
    const connected = words.connect(broadcast);
    is<typeof connected, BroadcastConnectedStream<string, Order>>();
    const processed = connected.process({
      processElement(w, ctx, out: Collector<number>) {
        out.collect(ctx.getBroadcastState(rules).get(w)?.amount ?? 0);
        // @ts-expect-error what reads does not write
        ctx.getBroadcastState(rules).put;
      },
      processBroadcastElement(o, ctx) {
        ctx.getBroadcastState(rules).put(o.user, o);
      },
    });
    is<typeof processed, SingleOutputStreamOperator<number>>();
  });

  it('know the key of a field, a position and a function', () => {
    const byField = orders.keyBy('user');
    is<typeof byField, KeyedStream<Order, string>>();
    const byPosition = pairs.keyBy(0);
    is<typeof byPosition, KeyedStream<[string, number], string>>();
    const byFunction = orders.keyBy(o => o.amount);
    is<typeof byFunction, KeyedStream<Order, number>>();
    const sums = byPosition.sum(1);
    const byDouble = orders.keyBy(o => o.amount, Types.DOUBLE);
    is<typeof byDouble, KeyedStream<Order, number>>();
    is<typeof sums, SingleOutputStreamOperator<[string, number]>>();
    const reduced = byField.reduce((a, b) => ({ user: a.user, amount: a.amount + b.amount }));
    is<typeof reduced, SingleOutputStreamOperator<Order>>();
  });

  it('follow process functions, and side outputs by their tags', () => {
    const late = new OutputTag<Order>('late');
    const lambda = orders.process((o, ctx, out: Collector<string>) => {
      is<typeof o, Order>();
      ctx.output(late, o);
      out.collect(o.user);
    });
    is<typeof lambda, SingleOutputStreamOperator<string>>();
    const side = lambda.getSideOutput(late);
    is<typeof side, DataStream<Order>>();
    const keyed = orders.keyBy('user').process((o, ctx, out: Collector<[string, number]>) => {
      out.collect([ctx.getCurrentKey(), o.amount]);
    });
    is<typeof keyed, SingleOutputStreamOperator<[string, number]>>();
    const ofClass = orders.keyBy(o => o.amount).process(new Amounts());
    is<typeof ofClass, SingleOutputStreamOperator<boolean>>();
    const timed = orders.assignTimestampsAndWatermarks(
      WatermarkStrategy.forBoundedOutOfOrderness<Order>(Duration.ofSeconds(1)).withTimestampAssigner(o => o.amount),
    );
    is<typeof timed, SingleOutputStreamOperator<Order>>();
  });

  it('know what states hold by their descriptors', () => {
    const states = (context: RuntimeContext): void => {
      const value = context.getState(new ValueStateDescriptor<number>('v')).value();
      is<typeof value, number | null>();
      const list = context.getListState(new ListStateDescriptor<Order>('l')).get();
      is<typeof list, Iterable<Order>>();
      const entries = context.getMapState(new MapStateDescriptor<string, Order>('m')).entries();
      is<typeof entries, Iterable<[string, Order]>>();
      const reduced = context.getReducingState(new ReducingStateDescriptor<number>('r', (a, b) => a + b)).get();
      is<typeof reduced, number | null>();
      const mean = context.getAggregatingState(
        new AggregatingStateDescriptor('a', {
          createAccumulator: (): [number, number] => [0, 0],
          add: (o: Order, [n, sum]: [number, number]): [number, number] => [n + 1, sum + o.amount],
          getResult: ([n, sum]: [number, number]) => `${sum / n}`,
          merge: (a: [number, number], b: [number, number]): [number, number] => [a[0] + b[0], a[1] + b[1]],
        }),
      );
      is<typeof mean, AggregatingState<Order, string>>();
      // @ts-expect-error a value of another kind
      context.getState(new ListStateDescriptor<number>('l'));
    };
    is<typeof states, (context: RuntimeContext) => void>();
  });

  it('keep a stream in the hands of its operator when it is configured', () => {
    const configured = words
      .map(w => w)
      .name('n')
      .uid('u')
      .setParallelism(1)
      .slotSharingGroup('g')
      .disableChaining();
    is<typeof configured, SingleOutputStreamOperator<string>>();
    const repartitioned = words.rebalance();
    is<typeof repartitioned, DataStream<string>>();
    is<ReturnType<typeof configured.executeAndCollect>, Promise<string[]>>();
    is<ReturnType<typeof env.execute>, Promise<JobExecutionResult>>();
    is<ReturnType<typeof env.executeAsync>, Promise<JobClient>>();
  });

  it('refuse what does not fit', () => {
    const wrong = (): void => {
      // @ts-expect-error no such field
      orders.keyBy('name');
      // @ts-expect-error no such position
      pairs.keyBy(2);
      // @ts-expect-error a record of another type
      words.map((n: number) => n);
      // @ts-expect-error sum is of keyed streams
      pairs.sum(1);
      // @ts-expect-error a stream of strings is none of unknowns
      const unknowns: DataStream<unknown> = words;
      // @ts-expect-error a partitioned stream is no operator
      words.rebalance().setParallelism(2);
      // @ts-expect-error a function for another key
      orders.keyBy('user').process(new Amounts());
      // @ts-expect-error a record of another type into a side output
      orders.process((o, ctx, _: Collector<Order>) => ctx.output(new OutputTag<number>('n'), o.user));
      // @ts-expect-error a strategy for other records
      words.assignTimestampsAndWatermarks(WatermarkStrategy.noWatermarks<number>().withTimestampAssigner(n => n));
      // @ts-expect-error reduce keeps the type
      orders.keyBy('user').reduce(() => 1);
      return unknowns as never;
    };
    is<typeof wrong, () => void>();
  });
});
