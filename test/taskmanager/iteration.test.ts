import { expect } from 'chai';
import {
  type DataStream,
  Duration,
  type IterativeStream,
  type SourceContext,
  StreamExecutionEnvironment,
} from '../../api/index.js';
import { generateJobGraph, streamPlan } from '../../core/graph/index.js';
import { eventually } from '../testing/eventually.js';
import { TestingProgramJob } from './testing-program-job.js';
import { TestingSlots } from './testing-slots.js';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
const WAIT = Duration.ofMillis(400);

/** How often a number was halved before it was below 1, and the number. */
type Halved = [rounds: number, n: number];
const halve = ([rounds, n]: Halved): Halved => [rounds + 1, n / 2];
const goesOn = ([, n]: Halved): boolean => n >= 1;
const roundsOf = (n: number): number => Math.floor(Math.log2(n)) + 1;

for (const interpreted of [true, false]) {
  describe(`an iteration, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let slots: TestingSlots;
    afterEach(() => slots.close());

    async function run(
      build: (env: StreamExecutionEnvironment, sink: (s: DataStream<Halved>) => void) => void,
      { count = 2, parallelism = 1, linked = false, networkMemory = 32 * 1024 ** 2 } = {},
    ): Promise<string[]> {
      slots = await TestingSlots.start(count, { interpreted, linked, networkMemory });
      const seen: string[] = [];
      const job = new TestingProgramJob(env => {
        env.setBufferTimeout(0);
        build(env, s => void s.addSink(([rounds, n]) => void seen.push(`${rounds} ${n >= 1}`)));
      });
      const running = slots.deploy(job, { shift: 1, parallelism });
      await running.ended(20_000);
      expect(new Set(running.updates.filter(u => u.error).map(u => u.error!.message))).to.deep.equal(new Set());
      return seen.sort();
    }
    const expected = (n: number): string[] =>
      upTo(n)
        .map(i => `${roundsOf(i)} false`)
        .sort();
    const numbers = (env: StreamExecutionEnvironment, n: number): DataStream<Halved> =>
      env.fromSequence(1, n).map((i): Halved => [0, i]);

    it('takes back what it is given until it leaves, and ends when nothing came back for the time to wait', async () => {
      const seen = await run((env, sink) => {
        const iteration = numbers(env, 500).iterate(WAIT);
        const halved = iteration.map(halve);
        iteration.closeWith(halved.filter(goesOn));
        sink(halved.filter(h => !goesOn(h)));
      });
      expect(seen).to.deep.equal(expected(500));
    });

    for (const linked of [true, false]) {
      it(`goes round over keys and partitioners, between slots ${linked ? 'by rings' : 'by sockets'}`, async () => {
        const seen = await run(
          (env, sink) => {
            const iteration = numbers(env, 500).iterate(WAIT);
            const halved = iteration
              .keyBy(h => Math.floor(h[1]))
              .map(halve)
              .rebalance()
              .map(h => h);
            iteration.closeWith(halved.filter(goesOn).keyBy(h => h[0]));
            sink(halved.filter(h => !goesOn(h)).rescale());
          },
          { parallelism: 2, linked },
        );
        expect(seen).to.deep.equal(expected(500));
      });
    }

    it('does not wait for itself when more goes round than there is room for', async () => {
      let rounds = 0;
      const seen = await run(
        (env, sink) => {
          env.setBufferTimeout(10);
          const iteration = numbers(env, 3000).iterate(WAIT);
          // Each record comes back twice, once with much less.
          const body = iteration.rebalance().flatMap(([round, n]: Halved): Halved[] => {
            rounds++;
            return round === 4
              ? [[5, 0.5]]
              : [
                  [round + 1, n + 1],
                  [4, n + 1],
                ];
          });
          iteration.closeWith(body.filter(goesOn));
          sink(body.filter(h => !goesOn(h)));
        },
        { networkMemory: 64 * 1024 },
      );
      // Of each record come five that have gone round.
      expect(seen).to.have.length(3000 * 5);
      expect(rounds).to.equal(3000 * 9);
    });

    it('never ends by itself without a time to wait, and is canceled like any job', async () => {
      slots = await TestingSlots.start(1, { interpreted });
      let rounds = 0;
      const job = new TestingProgramJob(env => {
        env.setBufferTimeout(0);
        const iteration = numbers(env, 1).iterate();
        const body = iteration.map((h): Halved => {
          rounds++;
          return h;
        });
        iteration.closeWith(body);
        body.addSink(() => {});
      });
      const running = slots.deploy(job);
      await eventually(() => rounds > 1000);
      running.cancel();
      await running.ended();
      expect(new Set(running.updates.map(u => u.state).filter(s => s === 'CANCELED' || s === 'FAILED'))).to.deep.equal(
        new Set(['CANCELED']),
      );
    });

    it('waits as long as its input goes on, and lets no watermark go round', async () => {
      slots = await TestingSlots.start(1, { interpreted });
      const seen: number[] = [];
      let release!: () => void;
      const held = new Promise<void>(resolve => {
        release = resolve;
      });
      const source = {
        async run(ctx: SourceContext<number>): Promise<void> {
          await ctx.collect(2);
          await held;
          await ctx.collect(1);
        },
        cancel: () => release(),
      };
      const job = new TestingProgramJob(env => {
        const iteration = env.addSource(source).iterate(1);
        const less = iteration.map(n => n - 1);
        iteration.closeWith(less.filter(n => n > 0));
        less
          .filter(n => n <= 0)
          .addSink({
            invoke: (n: number, ctx) => void seen.push(n, ctx.currentWatermark()),
          });
      });
      const running = slots.deploy(job);
      await eventually(() => seen.length === 2);
      expect(running.states).not.to.include('FINISHED');
      release();
      await running.ended();
      expect(seen.slice(2)[0]).to.equal(0);
      expect(running.states.filter(s => s === 'FAILED')).to.deep.equal([]);
      expect(seen[1]).to.equal(Number.MIN_SAFE_INTEGER);
    });
  });
}

describe('the graph of an iteration', () => {
  const close = (change: (iteration: IterativeStream<number>, s: DataStream<number>) => void) => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const s = env.fromSequence(1, 2).setParallelism(2);
    change(s.iterate(10), s);
    return env.getStreamGraph();
  };

  it('has the parallelism of what it begins with, and an edge that leads back', () => {
    const graph = close(iteration => {
      iteration.closeWith(iteration.map(n => n).setParallelism(2));
    });
    const job = generateJobGraph(graph, { defaultParallelism: 3 });
    expect(job.vertices.map(v => [v.name, v.parallelism])).to.deep.equal([
      ['Source: Sequence Source', 2],
      ['Iteration -> Map', 2],
    ]);
    expect(job.edges.map(e => [e.source === e.target, e.feedback, e.partitioner])).to.deep.equal([
      [false, undefined, 'forward'],
      [true, true, 'forward'],
    ]);
    const plan = streamPlan(graph, { defaultParallelism: 3 }).nodes;
    expect(plan[1]!.predecessors!.map(p => p.id)).to.deep.equal([1, 3]);
  });

  it('is refused without an end, with one from elsewhere, and with one of another parallelism', () => {
    expect(() => close(iteration => void iteration.map(n => n))).to.throw(
      /Iteration 'Iteration' has no feedback edges/,
    );
    expect(() => close((iteration, s) => void iteration.closeWith(s.map(n => n)))).to.throw(
      /does not originate from said iteration/,
    );
    expect(() => generateJobGraph(close(i => void i.closeWith(i.map(n => n).setParallelism(1))))).to.throw(
      /original stream: 2; parallelism of feedback stream \('Map'\): 1/,
    );
    expect(() => close((_, s) => void s.iterate(-1))).to.throw(/iterate needs a time to wait/);
  });
});
