import { expect } from 'chai';
import {
  BroadcastProcessFunction,
  type Collector,
  type DataStream,
  KeyedBroadcastProcessFunction,
  MapStateDescriptor,
  OutputTag,
  type SourceContext,
  type SourceFunction,
  StreamExecutionEnvironment,
  ValueStateDescriptor,
  Watermark,
} from '../../../api/index.js';
import { eventually } from '../../testing/eventually.js';
import { TestingProgramJob } from '../testing-program-job.js';
import { TestingSlots } from '../testing-slots.js';

/** Something to send, a watermark, or something to wait for. */
type Step<T> = T | number | (() => unknown);

const script = <T extends object>(...steps: Step<T>[]): SourceFunction<T> => ({
  async run(ctx: SourceContext<T>): Promise<void> {
    for (const step of steps) {
      if (typeof step === 'number') ctx.emitWatermark(new Watermark(step));
      else if (typeof step === 'function') await eventually(step as () => unknown);
      else await ctx.collectWithTimestamp(step, 1);
    }
  },
  cancel: () => {},
});

interface Rule {
  name: string;
  factor: number;
}
interface Reading {
  sensor: string;
  value: number;
}

const RULES = new MapStateDescriptor<string, Rule>('rules');
const OTHER = new MapStateDescriptor<string, Rule>('other');
const TOTAL = new ValueStateDescriptor<number>('total');
const SIDE = new OutputTag<string>('side');

for (const interpreted of [true, false]) {
  describe(`a function with broadcast state, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let slots: TestingSlots;
    let seen: string[];
    beforeEach(async () => {
      seen = [];
      slots = await TestingSlots.start(2, { interpreted });
    });
    afterEach(() => slots.close());

    const see = (stream: DataStream<string>): void => void stream.addSink(text => void seen.push(text));
    const saw =
      (text: string, times = 1) =>
      (): boolean =>
        seen.filter(s => s === text).length === times;
    const run = (build: (env: StreamExecutionEnvironment) => void, parallelism = 1): Promise<unknown> =>
      slots.run(new TestingProgramJob(build), { parallelism });
    const failure = (build: (env: StreamExecutionEnvironment) => void): Promise<string> =>
      run(build).then(
        () => 'none',
        (e: Error) => e.message,
      );
    /** Enough readings that their side is compiled. */
    const many = (sensor: string): Reading[] => Array.from({ length: 400 }, () => ({ sensor, value: 1 }));

    it('reads in all subtasks what broadcast records left there', async () => {
      class Apply extends BroadcastProcessFunction<Reading, Rule, string> {
        processElement(r: Reading, ctx: BroadcastProcessFunction.ReadOnlyContext, out: Collector<string>): void {
          const rules = ctx.getBroadcastState(RULES);
          expect(rules).not.to.have.property('put');
          for (const [name, rule] of rules.immutableEntries()) {
            out.collect(`${r.sensor} ${r.value * rule.factor} by ${name} at ${ctx.timestamp()}`);
          }
          if (!rules.contains('double')) out.collect(`${r.sensor} has ${rules.get('double')}`);
        }
        processBroadcastElement(rule: Rule, ctx: BroadcastProcessFunction.Context, out: Collector<string>): void {
          const rules = ctx.getBroadcastState(RULES);
          if (rule.factor === 0) rules.remove(rule.name);
          else rules.put(rule.name, rule);
          ctx.output(SIDE, `${rule.name} ${rule.factor} of ${[...rules.entries()].length}`);
          out.collect(`rule ${rule.name}`);
        }
      }
      await run(env => {
        const rules = script<Rule>(
          { name: 'double', factor: 2 },
          { name: 'triple', factor: 3 },
          saw('b 15 by triple at 1'),
          { name: 'double', factor: 0 },
        );
        const readings = script<Reading>(
          saw('rule triple', 2),
          ...many('a'),
          { sensor: 'b', value: 5 },
          saw('rule double', 4),
          { sensor: 'c', value: 7 },
        );
        const applied = env
          .addSource(readings)
          .connect(env.addSource(rules).broadcast(RULES))
          .process(new Apply())
          .setParallelism(2);
        see(applied);
        see(applied.getSideOutput(SIDE));
      }, 2);
      const count = (text: string): number => seen.filter(s => s === text).length;
      expect(count('a 2 by double at 1')).to.equal(400);
      expect(count('a 3 by triple at 1')).to.equal(400);
      expect(seen.filter(s => s.startsWith('b ') || s.startsWith('c ')).sort()).to.deep.equal([
        'b 10 by double at 1',
        'b 15 by triple at 1',
        'c 21 by triple at 1',
        'c has null',
      ]);
      expect([count('double 2 of 1'), count('triple 3 of 2'), count('double 0 of 1')]).to.deep.equal([2, 2, 2]);
    });

    it('has keys, timers and keyed state on the keyed side, and goes through all keys on the other', async () => {
      class Totals extends KeyedBroadcastProcessFunction<string, Reading, Rule, string> {
        processElement(
          r: Reading,
          ctx: KeyedBroadcastProcessFunction.ReadOnlyContext<string>,
          out: Collector<string>,
        ): void {
          const total = this.getRuntimeContext().getState(TOTAL);
          total.update((total.value() ?? 0) + r.value);
          if (r.sensor === 'b') ctx.timerService().registerEventTimeTimer(10);
          if (r.sensor === 'end') out.collect(`${ctx.getCurrentKey()} is here`);
        }
        processBroadcastElement(
          rule: Rule,
          ctx: KeyedBroadcastProcessFunction.Context<string>,
          out: Collector<string>,
        ): void {
          ctx.applyToKeyedState(TOTAL, (key, state) => {
            out.collect(`${key} ${state.value()}`);
            if (key === 'a') state.update(state.value()! * rule.factor);
            else state.clear();
          });
          out.collect(`${rule.name} is through`);
        }
        override onTimer(
          time: number,
          ctx: KeyedBroadcastProcessFunction.OnTimerContext<string>,
          out: Collector<string>,
        ): void {
          out.collect(
            `${ctx.getCurrentKey()} at ${time}, ${[...ctx.getBroadcastState(RULES).immutableEntries()].length}`,
          );
        }
      }
      await run(env => {
        const readings = script<Reading>(
          ...many('a'),
          { sensor: 'b', value: 5 },
          { sensor: 'end', value: 0 },
          saw('second is through'),
        );
        const rules = script<Rule>(saw('end is here'), { name: 'first', factor: 10 }, saw('first is through'), {
          name: 'second',
          factor: 1,
        });
        see(
          env.addSource(readings).keyBy('sensor').connect(env.addSource(rules).broadcast(RULES)).process(new Totals()),
        );
      });
      expect(seen).to.deep.equal([
        'end is here',
        'a 400',
        'b 5',
        'end 0',
        'first is through',
        'a 4000',
        'second is through',
        'b at 10, 0',
      ]);
    });

    it('keeps what it emits from those who change it', async () => {
      const f = {
        processElement(_: Reading, ctx: BroadcastProcessFunction.ReadOnlyContext, out: Collector<Rule>): void {
          out.collect(ctx.getBroadcastState(RULES).get('r')!);
        },
        processBroadcastElement(rule: Rule, ctx: BroadcastProcessFunction.Context, out: Collector<Rule>): void {
          ctx.getBroadcastState(RULES).put(rule.name, rule);
          out.collect(rule);
        },
      };
      const spoil = (rule: Rule): string => `factor ${rule.factor++}`;
      await run(env => {
        const readings = script<Reading>(saw('factor 1'), { sensor: 'a', value: 1 }, { sensor: 'a', value: 1 });
        const rules = script<Rule>({ name: 'r', factor: 1 });
        see(env.addSource(readings).connect(env.addSource(rules).broadcast(RULES)).process(f).map(spoil));
      });
      expect(seen).to.deep.equal(['factor 1', 'factor 1', 'factor 1']);
    });

    it('has no key for a broadcast record, and no state that broadcast was not given', async () => {
      class NoKey extends KeyedBroadcastProcessFunction<string, Reading, Rule, string> {
        processElement(): void {}
        processBroadcastElement(): void {
          this.getRuntimeContext().getState(TOTAL).value();
        }
      }
      const withRules = (env: StreamExecutionEnvironment) =>
        env.addSource(script<Rule>({ name: 'r', factor: 1 })).broadcast(RULES);
      expect(
        await failure(env => {
          const readings = env.addSource(script<Reading>({ sensor: 'a', value: 1 }));
          see(readings.keyBy('sensor').connect(withRules(env)).process(new NoKey()));
        }),
      ).to.contain('No key set');
      const f = {
        processElement: (): void => {},
        processBroadcastElement(_: Rule, ctx: BroadcastProcessFunction.Context, out: Collector<string>): void {
          out.collect(String(ctx.getBroadcastState(OTHER).get('r')));
        },
      };
      expect(await failure(env => see(env.addSource(script<Reading>()).connect(withRules(env)).process(f)))).to.contain(
        "The requested state does not exist: 'other'.",
      );
    });
  });
}

describe('a connection with a broadcast stream', () => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  const numbers = env.fromElements(1);
  class Plain extends BroadcastProcessFunction<number, number, number> {
    processElement(): void {}
    processBroadcastElement(): void {}
  }
  class Keyed extends KeyedBroadcastProcessFunction<number, number, number, number> {
    processElement(): void {}
    processBroadcastElement(): void {}
  }
  const broadcast = numbers.broadcast(RULES as never);

  it('refuses a function that wants keys where there are none, and one without where there are', () => {
    expect(() => numbers.connect(broadcast).process(new Keyed())).to.throw(/put a keyBy before connect/);
    expect(() =>
      numbers
        .keyBy(n => n)
        .connect(broadcast)
        .process(new Plain()),
    ).to.throw(/BroadcastProcessFunction can only be used on a non-keyed stream/);
    expect(() => numbers.connect(broadcast).process({ processElement: () => {} } as never)).to.throw(
      /has no processBroadcastElement/,
    );
  });

  it('refuses states of one name, what is no map state, and streams of another environment', () => {
    const rules = new MapStateDescriptor<unknown, unknown>('rules');
    expect(() => numbers.broadcast(rules, new MapStateDescriptor<unknown, unknown>('rules'))).to.throw(
      /two descriptors of the name 'rules'/,
    );
    expect(() => numbers.broadcast(TOTAL as never)).to.throw(/broadcast needs descriptors of map states/);
    const other = StreamExecutionEnvironment.getExecutionEnvironment().fromElements(1).broadcast(rules);
    expect(() => numbers.connect(other)).to.throw(/Cannot connect streams of different execution environments/);
  });
});
