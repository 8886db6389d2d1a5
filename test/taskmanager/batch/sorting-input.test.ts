import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import {
  type Collector,
  CoProcessFunction,
  KeyedBroadcastProcessFunction,
  KeyedProcessFunction,
  MapStateDescriptor,
  RuntimeExecutionMode,
  type StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
} from '../../../api/index.js';
import type { SlotRuntimeOptions } from '../../../taskmanager/slots/slot-runtime.js';
import { eventually } from '../../testing/eventually.js';
import { tempDir } from '../../testing/temp-dir.js';
import { TestingProgramJob } from '../testing-program-job.js';
import { TestingSlots } from '../testing-slots.js';
import { filesHeld } from './spilled.js';

type Pair = [key: string, n: number];

/** Counts by key, and says how many there were at the key's end. */
class Counting extends KeyedProcessFunction<string, Pair, string> {
  private count!: ValueState<number>;
  override open(): void {
    this.count = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('count'));
  }
  processElement([, n]: Pair, ctx: KeyedProcessFunction.Context<string>): void {
    this.count.update((this.count.value() ?? 0) + n);
    ctx.timerService().registerEventTimeTimer(9);
  }
  override onTimer(
    _time: number,
    ctx: KeyedProcessFunction.OnTimerContext<string>,
    out: Collector<string>,
  ): void | Promise<void> {
    out.collect(`${ctx.getCurrentKey()}: ${this.count.value()}`);
  }
}

class CountingLater extends Counting {
  override async onTimer(
    time: number,
    ctx: KeyedProcessFunction.OnTimerContext<string>,
    out: Collector<string>,
  ): Promise<void> {
    await null;
    super.onTimer(time, ctx, out);
  }
}

describe('the sorted input of an operator by key in batch mode', function () {
  this.timeout(30_000);
  let slots: TestingSlots | undefined;
  let tmpDir: string;
  beforeEach(() => {
    tmpDir = tempDir('millrace-sorting-');
  });
  afterEach(() => slots?.close());

  const batch = (build: (env: StreamExecutionEnvironment) => void): TestingProgramJob =>
    new TestingProgramJob(env => build(env.setRuntimeMode(RuntimeExecutionMode.BATCH)));

  async function lines(job: TestingProgramJob, options: Partial<SlotRuntimeOptions> = {}): Promise<string[]> {
    slots = await TestingSlots.start(2, { tmpDir, sortMemory: 20_000, ...options });
    await slots.run(job, { parallelism: 2 });
    return slots.lines.map(line => line.replace(/^\d> /, ''));
  }

  const words = (env: StreamExecutionEnvironment, records = 6_000, distinct = 700) =>
    env
      .fromSequence(1, records)
      .map((n): Pair => [`key ${(n * 31) % distinct}`, 1])
      .keyBy(0);
  const everyKey = Array.from({ length: 700 }, (_, i) => {
    const count = Array.from({ length: 6_000 }, (_, n) => ((n + 1) * 31) % 700).filter(k => k === i).length;
    return `key ${i}: ${count}`;
  });

  for (const interpreted of [false, true]) {
    const how = interpreted ? 'interpreted' : 'compiled';

    it(`ends each key before the next begins: timers see its state, which is gone then (${how})`, async () => {
      const seen = await lines(
        batch(env => void words(env).process(new Counting()).print()),
        { interpreted },
      );
      expect(seen).to.have.members(everyKey);
    });

    it(`waits at a key's end for the promise of a timer (${how})`, async () => {
      const seen = await lines(
        batch(env => void words(env).process(new CountingLater()).print()),
        { interpreted },
      );
      expect(seen).to.have.members(everyKey);
    });

    it(`gives one sum for each key (${how})`, async () => {
      const program = batch(
        env =>
          void words(env)
            .sum(1)
            .keyBy(r => r[0])
            .reduce(([k, n], [, m]) => [k, n + m])
            .map(([k, n]) => `${k}: ${n}`)
            .print(),
      );
      expect(await lines(program, { interpreted })).to.have.members(everyKey);
    });
  }

  it('ends a key right behind its last record, without the state that others had', async () => {
    const seen: string[] = [];
    class Watching extends Counting {
      override processElement(pair: Pair, ctx: KeyedProcessFunction.Context<string>): void {
        super.processElement(pair, ctx);
        seen.push(pair[0]);
      }
      override onTimer(time: number, ctx: KeyedProcessFunction.OnTimerContext<string>, out: Collector<string>): void {
        super.onTimer(time, ctx, out);
        seen.push(`${ctx.getCurrentKey()} ends`);
      }
    }
    const program = batch(env => {
      const pairs = env.fromElements<Pair>(['b', 2], ['a', 1], ['b', 1], ['c', 1], ['a', 2], ['b', 3]);
      void pairs.keyBy(0).process(new Watching()).setParallelism(1).print();
    });
    expect(await lines(program)).to.have.members(['a: 3', 'b: 6', 'c: 1']);
    const of = (key: string): number => seen.indexOf(key);
    for (const [key, count] of Object.entries({ a: 2, b: 3, c: 1 })) {
      expect(seen.slice(of(key), of(key) + count + 1)).to.deep.equal([...Array(count).fill(key), `${key} ends`]);
    }
  });

  it('brings both inputs of a key together, and what is broadcast before all of them', async () => {
    class Pairing extends CoProcessFunction<Pair, Pair, string> {
      private last!: ValueState<string>;
      override open(): void {
        this.last = this.getRuntimeContext().getState(new ValueStateDescriptor<string>('last'));
      }
      processElement1([key]: Pair, _ctx: CoProcessFunction.Context, out: Collector<string>): void {
        if (this.last.value() === null) out.collect(`new ${key}`);
        this.last.update(key);
      }
      processElement2([key]: Pair, _ctx: CoProcessFunction.Context, out: Collector<string>): void {
        if (this.last.value() !== key) out.collect(`wrong ${key}`);
      }
    }
    const rules = new MapStateDescriptor<string, number>('rules');
    class Ruled extends KeyedBroadcastProcessFunction<string, Pair, number, string> {
      processElement(
        [key]: Pair,
        ctx: KeyedBroadcastProcessFunction.ReadOnlyContext<string>,
        out: Collector<string>,
      ): void {
        if (key === 'key 1') out.collect(`rule ${ctx.getBroadcastState(rules).get('rule')}`);
      }
      processBroadcastElement(rule: number, ctx: KeyedBroadcastProcessFunction.Context<string>): void {
        ctx.getBroadcastState(rules).put('rule', rule);
      }
    }
    const program = batch(env => {
      const first = words(env);
      const second = words(env, 4_000);
      first.connect(second).process(new Pairing()).print();
      const rule = env.fromSequence(1, 3_000).setParallelism(1).broadcast(rules);
      words(env, 70, 7).connect(rule).process(new Ruled()).print();
    });
    const seen = await lines(program, {});
    const rule = seen.filter(line => line.startsWith('rule'));
    expect(seen.filter(line => !line.startsWith('rule'))).to.have.members(
      Array.from({ length: 700 }, (_, i) => `new key ${i}`),
    );
    expect(rule).to.deep.equal(Array.from({ length: 10 }, () => 'rule 3000'));
  });

  it('leaves no file behind: not of a job that ended, failed or was canceled', async () => {
    await lines(batch(env => void words(env).sum(1).print()));
    await eventually(() => (filesHeld(tmpDir) ?? 0) === 0);
    const failing = batch(
      env =>
        void words(env)
          .reduce(() => {
            throw new Error('no reason');
          })
          .print(),
    );
    await slots!.run(failing, { parallelism: 2 }).then(
      () => expect.fail('it did not fail'),
      error => expect(String(error)).to.match(/no reason/),
    );
    await eventually(() => (filesHeld(tmpDir) ?? 0) === 0);
    const stuck = batch(
      env =>
        void words(env)
          .reduce(() => new Promise<Pair>(() => {}))
          .print(),
    );
    const run = slots!.deploy(stuck, { parallelism: 2 });
    await eventually(() => (filesHeld(tmpDir) ?? 1) > 0);
    run.cancel();
    await run.ended();
    await eventually(() => (filesHeld(tmpDir) ?? 0) === 0);
    expect(readdirSync(tmpDir)).to.deep.equal([]);
  });
});
