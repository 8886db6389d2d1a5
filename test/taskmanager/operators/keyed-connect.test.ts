import { expect } from 'chai';
import {
  type Collector,
  KeyedCoProcessFunction,
  RichCoFlatMapFunction,
  type StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
} from '../../../api/index.js';
import { TestingProgramJob } from '../testing-program-job.js';
import { TestingSlots } from '../testing-slots.js';

interface Order {
  id: string;
  amount: number;
}
type Payment = [orderId: string, amount: number];

const TOTALS = new ValueStateDescriptor<[orders: number, payments: number]>('totals');
const RECORDS = 3000;
/** Of 40 keys, short and long ones, some not ASCII. */
const keyOf = (n: number): string => `${n % 3 === 0 ? 'kéy' : 'a key that is longer than eight'} ${n % 40}`;

const orders = (env: StreamExecutionEnvironment) =>
  env.fromSequence(0, RECORDS - 1).map((n): Order => ({ id: keyOf(n), amount: n }));
/** Some are no tuples of a text and a number, so that their edge changes its layout. */
const payments = (env: StreamExecutionEnvironment) =>
  env.fromSequence(0, RECORDS - 1).map((n): Payment => [keyOf(n + 7), n % 900 === 899 ? n + 0.5 : n]);

function model(): string[] {
  const totals = new Map<string, [number, number]>();
  const of = (key: string): [number, number] => {
    if (!totals.has(key)) totals.set(key, [0, 0]);
    return totals.get(key)!;
  };
  for (let n = 0; n < RECORDS; n++) {
    of(keyOf(n))[0] += n;
    of(keyOf(n + 7))[1] += n % 900 === 899 ? n + 0.5 : n;
  }
  return [...totals].map(([key, [a, b]]) => `${key}: ${a} ${b}`).sort();
}

/** Adds up both sides, and tells when event time ends. */
class Totals extends KeyedCoProcessFunction<string, Order, Payment, string> {
  private totals!: ValueState<[number, number]>;
  override open(): void {
    this.totals = this.getRuntimeContext().getState(TOTALS);
  }
  processElement1(order: Order, ctx: KeyedCoProcessFunction.Context<string>): void {
    this.add(order.amount, 0, ctx);
  }
  processElement2([, amount]: Payment, ctx: KeyedCoProcessFunction.Context<string>, _out: Collector<string>): void {
    this.add(0, amount, ctx);
  }
  override onTimer(_: number, ctx: KeyedCoProcessFunction.OnTimerContext<string>, out: Collector<string>): void {
    out.collect(`${ctx.getCurrentKey()}: ${this.totals.value()!.join(' ')}`);
  }
  private add(a: number, b: number, ctx: KeyedCoProcessFunction.Context<string>): void {
    const [orders, payments] = this.totals.value() ?? [0, 0];
    this.totals.update([orders + a, payments + b]);
    ctx.timerService().registerEventTimeTimer(Number.MAX_SAFE_INTEGER);
  }
}

/** The same; each record tells the totals so far. */
class RunningTotals extends RichCoFlatMapFunction<Order, Payment, string> {
  private totals!: ValueState<[number, number]>;
  override open(): void {
    this.totals = this.getRuntimeContext().getState(TOTALS);
  }
  flatMap1(order: Order, out: Collector<string>): void {
    this.add(order.id, order.amount, 0, out);
  }
  flatMap2([id, amount]: Payment, out: Collector<string>): void {
    this.add(id, 0, amount, out);
  }
  private add(key: string, a: number, b: number, out: Collector<string>): void {
    const [orders, payments] = this.totals.value() ?? [0, 0];
    this.totals.update([orders + a, payments + b]);
    out.collect(`${key}: ${orders + a} ${payments + b}`);
  }
}

describe('keyed state of two connected streams', () => {
  for (const interpreted of [true, false]) {
    for (const linked of [true, false]) {
      const how = `${interpreted ? 'operator by operator' : 'compiled'}, ${linked ? 'over rings' : 'over sockets'}`;

      it(`is one for both, for each key: ${how}`, async () => {
        const slots = await TestingSlots.start(2, { interpreted, linked });
        try {
          const seen: string[] = [];
          const last = new Map<string, string>();
          const job = new TestingProgramJob(env => {
            const connected = orders(env)
              .keyBy('id')
              .connect(payments(env).keyBy(p => p[0]));
            connected
              .process(new Totals())
              .setParallelism(2)
              .addSink(text => void seen.push(text));
            connected
              .flatMap(new RunningTotals())
              .setParallelism(2)
              .addSink(text => void last.set(text.split(': ')[0]!, text));
          });
          await slots.run(job, { shift: 1, parallelism: 2 });
          expect(seen.sort()).to.deep.equal(model());
          expect([...last.values()].sort()).to.deep.equal(model());
        } finally {
          await slots.close();
        }
      });
    }
  }
});
