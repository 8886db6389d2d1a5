import { expect } from 'chai';
import {
  type Collector,
  KeyedProcessFunction,
  RichCoFlatMapFunction,
  RichFilterFunction,
  RichFlatMapFunction,
  RichMapFunction,
  RichReduceFunction,
  RichSinkFunction,
  type RuntimeContext,
  type StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
} from '../../../api/index.js';
import { KeySlots } from '../../../taskmanager/state/key-slots.js';
import { TestingProgramJob } from '../testing-program-job.js';
import { TestingSlots } from '../testing-slots.js';

/** How many records of the current key there were. */
class Count {
  private readonly state: ValueState<number>;

  constructor(context: RuntimeContext) {
    this.state = context.getState(new ValueStateDescriptor<number>('count'));
  }

  next(): number {
    const count = (this.state.value() ?? 0) + 1;
    this.state.update(count);
    return count;
  }
}

class CountingMap extends RichMapFunction<number, string> {
  private count!: Count;
  override open(): void {
    this.count = new Count(this.getRuntimeContext());
  }
  map(n: number): string {
    return `${n % 7}: ${this.count.next()}`;
  }
}
class CountingFlatMap extends RichFlatMapFunction<number, string> {
  private count!: Count;
  override open(): void {
    this.count = new Count(this.getRuntimeContext());
  }
  flatMap(n: number, out: Collector<string>): void {
    out.collect(`${n % 7}: ${this.count.next()}`);
  }
}
/** Asks for its state with the first record. */
class LateProcess extends KeyedProcessFunction<number, number, string> {
  private count: Count | undefined;
  processElement(n: number, ctx: KeyedProcessFunction.Context<number>, out: Collector<string>): void {
    if (n === 500) this.count ??= new Count(this.getRuntimeContext());
    if (this.count && n >= 500) out.collect(`${ctx.getCurrentKey()}: ${this.count.next()}`);
  }
}
/** Every third of a key. */
class Third extends RichFilterFunction<number> {
  private count!: Count;
  override open(): void {
    this.count = new Count(this.getRuntimeContext());
  }
  filter(): boolean {
    return this.count.next() % 3 === 0;
  }
}

for (const interpreted of [true, false]) {
  describe(`keyed state of functions, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let slots: TestingSlots;
    beforeEach(async () => {
      slots = await TestingSlots.start(1, { interpreted });
    });
    afterEach(() => slots.close());

    async function run<T>(build: (env: StreamExecutionEnvironment, got: T[]) => void): Promise<T[]> {
      const got: T[] = [];
      await slots.run(new TestingProgramJob(env => build(env, got)));
      return got;
    }
    const failure = (build: (env: StreamExecutionEnvironment) => void): Promise<string> =>
      run(build).then(
        () => 'no failure',
        (error: Error) => error.message,
      );
    const counted = (from: number, to: number): string[] => {
      const counts = new Map<number, number>();
      return Array.from({ length: to - from + 1 }, (_, i) => {
        const key = (from + i) % 7;
        counts.set(key, (counts.get(key) ?? 0) + 1);
        return `${key}: ${counts.get(key)}`;
      });
    };

    it('belongs to the key of the record, in map, flatMap and process', async () => {
      const keyed = (env: StreamExecutionEnvironment) => env.fromSequence(0, 999).keyBy(n => n % 7);
      expect(
        await run<string>((env, got) =>
          keyed(env)
            .map(new CountingMap())
            .addSink(s => void got.push(s)),
        ),
      ).to.deep.equal(counted(0, 999));
      expect(
        await run<string>((env, got) =>
          keyed(env)
            .flatMap(new CountingFlatMap())
            .addSink(s => void got.push(s)),
        ),
      ).to.deep.equal(counted(0, 999));
      expect(
        await run<string>((env, got) =>
          keyed(env)
            .process(new LateProcess())
            .addSink(s => void got.push(s)),
        ),
      ).to.deep.equal(counted(500, 999));
    });

    it('is found by keys that are fields of columns, and by strings', async () => {
      const byField = await run<string>((env, got) =>
        env
          .fromSequence(0, 999)
          .map(n => ({ key: `the key number ${n % 7}`, n }))
          .keyBy('key')
          .map(
            new (class extends RichMapFunction<{ key: string; n: number }, string> {
              private count!: Count;
              override open(): void {
                this.count = new Count(this.getRuntimeContext());
              }
              map({ key }: { key: string }): string {
                return `${key.slice(-1)}: ${this.count.next()}`;
              }
            })(),
          )
          .addSink(s => void got.push(s)),
      );
      expect(byField).to.deep.equal(counted(0, 999));
    });

    it('is there for filters, reduces and sinks too', async () => {
      class Last extends RichReduceFunction<number> {
        private count!: Count;
        override open(): void {
          this.count = new Count(this.getRuntimeContext());
        }
        reduce(a: number, b: number): number {
          return a === b ? a : this.count.next();
        }
      }
      const got: string[] = [];
      class Take extends RichSinkFunction<number> {
        private count!: Count;
        override open(): void {
          this.count = new Count(this.getRuntimeContext());
        }
        invoke(n: number): void {
          got.push(`${n % 7}: ${this.count.next()}`);
        }
      }
      await slots.run(
        new TestingProgramJob(env => {
          env
            .fromSequence(0, 999)
            .keyBy(n => n % 7)
            .addSink(new Take());
        }),
      );
      expect(got).to.deep.equal(counted(0, 999));
      const thirds = await run<number>((env, out) =>
        env
          .fromSequence(0, 999)
          .keyBy(n => n % 7)
          .filter(new Third())
          .addSink(n => void out.push(n)),
      );
      expect(thirds).to.deep.equal(Array.from({ length: 1000 }, (_, n) => n).filter(n => Math.floor(n / 7) % 3 === 2));
      const reduced = await run<number>((env, out) =>
        env
          .fromSequence(0, 699)
          .keyBy(n => n % 7)
          .reduce(new Last())
          .addSink(n => void out.push(n)),
      );
      expect(reduced.slice(-7)).to.deep.equal(new Array(7).fill(99));
    });

    it('is shared by both sides of connected streams', async () => {
      class Both extends RichCoFlatMapFunction<number, string, string> {
        private count!: Count;
        override open(): void {
          this.count = new Count(this.getRuntimeContext());
        }
        flatMap1(n: number, out: Collector<string>): void {
          out.collect(`${n % 7}: ${this.count.next()}`);
        }
        flatMap2(s: string, out: Collector<string>): void {
          out.collect(`${s.length}: ${this.count.next()}`);
        }
      }
      const got = await run<string>((env, out) => {
        const words = env.fromSequence(0, 699).map(n => 'x'.repeat(n % 7));
        const both = env
          .fromSequence(0, 699)
          .keyBy(n => n % 7)
          .connect(words.keyBy(s => s.length));
        both.flatMap(new Both()).addSink(s => void out.push(s));
      });
      expect([...got].sort()).to.deep.equal(counted(0, 1399).sort());
    });

    it('holds what it was given, whatever the next operator does with what was emitted', async () => {
      class Keep extends KeyedProcessFunction<number, number, { n: number }> {
        private kept!: ValueState<{ n: number }>;
        override open(): void {
          this.kept = this.getRuntimeContext().getState(new ValueStateDescriptor<{ n: number }>('kept'));
        }
        processElement(_: number, _ctx: KeyedProcessFunction.Context<number>, out: Collector<{ n: number }>): void {
          const kept = this.kept.value() ?? { n: 0 };
          kept.n++;
          this.kept.update(kept);
          out.collect(kept);
        }
      }
      const got = await run<number>((env, out) =>
        env
          .fromSequence(1, 600)
          .keyBy(() => 1)
          .process(new Keep())
          .map(r => {
            const { n } = r;
            r.n = -1000;
            return n;
          })
          .addSink(n => void out.push(n)),
      );
      expect(got).to.deep.equal(Array.from({ length: 600 }, (_, i) => i + 1));
    });

    it('is of as many keys as have any: others are forgotten, and begin anew when they come again', async () => {
      class Pairs extends KeyedProcessFunction<string, number, string> {
        private first!: ValueState<number>;
        override open(): void {
          this.first = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('first'));
        }
        processElement(n: number, ctx: KeyedProcessFunction.Context<string>, out: Collector<string>): void {
          const first = this.first.value();
          if (first === null) this.first.update(n);
          else {
            out.collect(`${ctx.getCurrentKey()}: ${first} ${n}`);
            this.first.clear();
          }
        }
      }
      const { forget } = KeySlots.prototype;
      let forgotten = 0;
      KeySlots.prototype.forget = function (slot) {
        forgotten++;
        forget.call(this, slot);
      };
      try {
        // Each key comes four times: twice in a row, and again much later.
        const keys = 20_000;
        const got = await run<string>((env, out) =>
          env
            .fromSequence(0, keys * 4 - 1)
            .keyBy(n => `the key number ${(n >> 1) % keys}`)
            .process(new Pairs())
            .addSink(s => void out.push(s)),
        );
        const pairs = Array.from({ length: keys * 2 }, (_, i) => `the key number ${i % keys}: ${i * 2} ${i * 2 + 1}`);
        expect(got).to.deep.equal(pairs);
        expect(forgotten).to.be.greaterThan(keys);
      } finally {
        KeySlots.prototype.forget = forget;
      }
    });

    it('is refused where there are no keys, and where there is no current one', async () => {
      expect(await failure(env => env.fromElements(1).map(new CountingMap()).print())).to.match(
        /^'Map' .*Keyed state can only be used on a 'keyed stream'/,
      );
      class TooEarly extends RichMapFunction<number, number> {
        override open(context: RuntimeContext): void {
          context.getState(new ValueStateDescriptor<number>('v')).value();
        }
        map(n: number): number {
          return n;
        }
      }
      expect(
        await failure(env =>
          env
            .fromElements(1)
            .keyBy(n => n)
            .map(new TooEarly())
            .print(),
        ),
      ).to.match(/^'Map' .*No key set: .*not in open\(\)/);
    });
  });
}
