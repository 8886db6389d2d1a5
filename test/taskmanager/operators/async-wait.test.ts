import { expect } from 'chai';
import {
  AsyncDataStream,
  type AsyncFunction,
  type Collector,
  type DataStream,
  Duration,
  MillraceError,
  ProcessFunction,
  RichAsyncFunction,
  type SourceFunction,
  StreamExecutionEnvironment,
  ValueStateDescriptor,
  Watermark,
} from '../../../api/index.js';
import { eventually } from '../../testing/eventually.js';
import { TestingProgramJob } from '../testing-program-job.js';
import { TestingSlots } from '../testing-slots.js';

const LONG = Duration.ofMinutes(10);

/** Something outside that answers when the test says so. */
class Outside {
  readonly asked: number[] = [];
  private readonly answers = new Map<number, { resolve(value: string): void; reject(error: Error): void }>();

  readonly ask = (n: number): Promise<string> => {
    this.asked.push(n);
    return new Promise((resolve, reject) => this.answers.set(n, { resolve, reject }));
  };
  answer(n: number, value = `answer ${n}`): void {
    this.answers.get(n)!.resolve(value);
  }
  refuse(n: number, why: string): void {
    this.answers.get(n)!.reject(new Error(why));
  }
}

for (const interpreted of [true, false]) {
  describe(`async I/O, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let slots: TestingSlots;
    let outside: Outside;
    let seen: string[];
    beforeEach(async () => {
      outside = new Outside();
      seen = [];
      slots = await TestingSlots.start(1, { interpreted });
    });
    afterEach(() => slots.close());

    const see = (stream: DataStream<string>): void => void stream.addSink(text => void seen.push(text));
    const deploy = (build: (env: StreamExecutionEnvironment) => void) => slots.deploy(new TestingProgramJob(build));
    const failure = (build: (env: StreamExecutionEnvironment) => void): Promise<string> =>
      slots.run(new TestingProgramJob(build)).then(
        () => 'no failure',
        (error: Error) => error.message,
      );
    const sequence = (env: StreamExecutionEnvironment, n: number): DataStream<number> => env.fromSequence(1, n);

    it('gives results in the order of the records, or as they come', async () => {
      for (const method of ['orderedWait', 'unorderedWait'] as const) {
        outside = new Outside();
        seen = [];
        const run = deploy(env => see(AsyncDataStream[method](sequence(env, 3), outside.ask, LONG)));
        await eventually(() => outside.asked.length === 3);
        outside.answer(3);
        if (method === 'unorderedWait') await eventually(() => seen.length === 1);
        outside.answer(2);
        if (method === 'unorderedWait') await eventually(() => seen.length === 2);
        outside.answer(1);
        await run.ended();
        const expected = ['answer 1', 'answer 2', 'answer 3'];
        expect(seen).to.deep.equal(method === 'orderedWait' ? expected : expected.reverse());
      }
    });

    it('lets watermarks keep their places', async () => {
      for (const method of ['orderedWait', 'unorderedWait'] as const) {
        outside = new Outside();
        seen = [];
        const source: SourceFunction<number> = {
          run(ctx) {
            void ctx.collectWithTimestamp(1, 1);
            void ctx.collectWithTimestamp(2, 2);
            ctx.emitWatermark(new Watermark(2));
            void ctx.collectWithTimestamp(3, 3);
          },
          cancel() {},
        };
        class Tell extends ProcessFunction<string, string> {
          processElement(text: string, ctx: ProcessFunction.Context, out: Collector<string>): void {
            const watermark = ctx.timerService().currentWatermark();
            out.collect(`${text} @${ctx.timestamp()} ${watermark === Number.MIN_SAFE_INTEGER ? 'none' : watermark}`);
          }
        }
        const run = deploy(env =>
          see(AsyncDataStream[method](env.addSource(source), outside.ask, LONG).process(new Tell())),
        );
        await eventually(() => outside.asked.length === 3);
        outside.answer(3);
        outside.answer(2);
        if (method === 'unorderedWait') await eventually(() => seen.length === 1);
        outside.answer(1);
        await run.ended();
        expect(seen.sort()).to.deep.equal(['answer 1 @1 none', 'answer 2 @2 none', 'answer 3 @3 2']);
      }
    });

    it('asks no more at a time than its capacity, whatever comes before it in the chain', async () => {
      const run = deploy(env =>
        see(
          AsyncDataStream.unorderedWait(
            sequence(env, 2).flatMap(n => Array.from({ length: 10 }, (_, i) => n * 100 + i)),
            outside.ask,
            LONG,
            3,
          ),
        ),
      );
      let answered = 0;
      while (answered < 20) {
        await eventually(() => outside.asked.length === Math.min(20, answered + 3));
        outside.answer(outside.asked[answered++]!);
        await eventually(() => seen.length === answered);
      }
      await run.ended();
      expect(seen.length).to.equal(20);
      expect(new Set(seen).size).to.equal(20);
    });

    it('gives thousands of results in order while the consumer is slow', async () => {
      const got: number[] = [];
      await slots.run(
        new TestingProgramJob(env => {
          const asked = AsyncDataStream.orderedWait(sequence(env, 5000), async n => n * 2, LONG, 50);
          asked.rebalance().addSink(async n => {
            if (n % 1000 === 0) await new Promise(resolve => setImmediate(resolve));
            got.push(n);
          });
        }),
      );
      expect(got).to.deep.equal(Array.from({ length: 5000 }, (_, i) => (i + 1) * 2));
    });

    it('fails the job when an answer takes too long, and says what to do', async () => {
      expect(
        await failure(env => see(AsyncDataStream.orderedWait(sequence(env, 1), outside.ask, Duration.ofMillis(5)))),
      ).to.match(
        /^'async wait operator' \(1\/1\): Async function call has timed out: no answer within 5 ms\. .*'timeout' method/,
      );
    });

    it("takes the function's own result in place of one that takes too long, and ignores that", async () => {
      class Late implements AsyncFunction<number, string> {
        asyncInvoke(n: number): Promise<string> {
          return n === 2 ? Promise.resolve('in time') : outside.ask(n);
        }
        timeout(n: number): string | Promise<string> {
          return n === 1 ? `late ${n}` : outside.ask(100 + n);
        }
      }
      const run = deploy(env => see(AsyncDataStream.orderedWait(sequence(env, 3), new Late(), Duration.ofMillis(5))));
      await eventually(() => outside.asked.includes(103) && seen.length === 2);
      outside.answer(1);
      outside.answer(3);
      outside.answer(103);
      await run.ended();
      expect(seen).to.deep.equal(['late 1', 'in time', 'answer 103']);
    });

    it('fails the job with what the function was refused, and with what comes behind it', async () => {
      const refused = failure(env => see(AsyncDataStream.orderedWait(sequence(env, 3), outside.ask, LONG)));
      await eventually(() => outside.asked.length === 3);
      outside.refuse(2, 'nobody at home');
      expect(await refused).to.equal('nobody at home');
      const failed = slots.updates.filter(u => u.state === 'FAILED').at(-1)!;
      expect(failed.error!.message).to.equal("'async wait operator' (1/1) failed: nobody at home");
      await failure(env =>
        see(
          AsyncDataStream.orderedWait(sequence(env, 1), async n => n, LONG).map((): string => {
            throw new Error('behind');
          }),
        ),
      );
      expect(slots.updates.filter(u => u.state === 'FAILED').at(-1)!.error!.message).to.equal(
        "'Map' (1/1) failed: behind",
      );
    });

    it('opens and closes a rich function, which has no keyed state', async () => {
      class Rich extends RichAsyncFunction<number, string> {
        override async open(): Promise<void> {
          seen.push('open');
        }
        override close(): void {
          seen.push('close');
        }
        async asyncInvoke(n: number): Promise<string> {
          return `${n} in ${this.getRuntimeContext().getIndexOfThisSubtask()}`;
        }
      }
      await slots.run(
        new TestingProgramJob(env => see(AsyncDataStream.orderedWait(sequence(env, 1), new Rich(), LONG))),
      );
      expect(seen).to.deep.equal(['open', '1 in 0', 'close']);
      class Stateful extends RichAsyncFunction<number, string> {
        async asyncInvoke(n: number): Promise<string> {
          return String(this.getRuntimeContext().getState(new ValueStateDescriptor<number>('v')).value() ?? n);
        }
      }
      const keyed = (env: StreamExecutionEnvironment): void =>
        see(
          AsyncDataStream.orderedWait(
            sequence(env, 1).keyBy(n => n),
            new Stateful(),
            LONG,
          ),
        );
      expect(await failure(keyed)).to.match(/Keyed state can only be used on a 'keyed stream'/);
    });

    it('ends at once when it is canceled, and emits no answer that comes then', async () => {
      const run = deploy(env => see(AsyncDataStream.orderedWait(sequence(env, 10), outside.ask, LONG, 10)));
      await eventually(() => outside.asked.length === 10);
      run.cancel();
      await run.ended();
      for (const n of outside.asked) outside.answer(n);
      await new Promise(resolve => setImmediate(() => setImmediate(resolve)));
      expect(seen).to.deep.equal([]);
      expect(run.states).to.include('CANCELED');
    });
  });
}

describe('AsyncDataStream', () => {
  it('refuses what is no stream, no function, no timeout or no capacity', () => {
    const numbers = StreamExecutionEnvironment.getExecutionEnvironment().fromElements(1);
    const f = async (n: number): Promise<number> => n;
    expect(() => AsyncDataStream.orderedWait(1 as never, f, LONG)).to.throw(
      MillraceError,
      /orderedWait needs a stream/,
    );
    expect(() => AsyncDataStream.orderedWait(numbers, 1 as never, LONG)).to.throw(/orderedWait needs a function/);
    expect(() => AsyncDataStream.unorderedWait(numbers, f, 5 as never)).to.throw(/a timeout that is a Duration/);
    expect(() => AsyncDataStream.unorderedWait(numbers, f, LONG, 0)).to.throw(
      /a capacity that is a whole number above 0/,
    );
  });
});
