import { expect } from 'chai';
import { deserializeError, MillraceError, rootCause } from '../../../core/errors.js';
import { subtaskOfKey } from '../../../core/graph/index.js';
import type { LatencyFigures } from '../../../core/protocol/index.js';
import { eventually } from '../../testing/eventually.js';
import { TestingJob } from '../testing-job.js';
import { TestingSlots } from '../testing-slots.js';

const MB = 1024 ** 2;

interface Gate {
  opened: Promise<void>;
  open(): void;
}

const later = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

function gate(): Gate {
  let open!: () => void;
  const opened = new Promise<void>(resolve => {
    open = resolve;
  });
  return { opened, open };
}

/** Numbers without end, as fast as it may. */
const endless = (): {
  run(ctx: { collect(x: unknown): void | Promise<void> }): Promise<void>;
  cancel(): void;
  emitted: number;
} => {
  let running = true;
  return {
    emitted: 0,
    async run(ctx) {
      while (running) {
        await ctx.collect({ n: this.emitted, text: 'x'.repeat(100) });
        this.emitted++;
      }
    },
    cancel: () => {
      running = false;
    },
  };
};

for (const [where, count, linked] of [
  ['in one slot', 1, false],
  ['between slots of one TaskManager', 2, true],
  ['between slots of two TaskManagers', 2, false],
] as const) {
  describe(`an exchange ${where}`, () => {
    let slots: TestingSlots;
    afterEach(() => slots.close());
    const start = async (options = {}): Promise<TestingSlots> => {
      slots = await TestingSlots.start(count, { linked, ...options });
      return slots;
    };

    /** The records of each subtask of a print behind a partitioner. */
    async function distribution(build: (job: TestingJob) => void): Promise<number[][]> {
      await start();
      const job = new TestingJob();
      build(job);
      await slots.run(job, { shift: 1 });
      const perSubtask: number[][] = [[], [], [], []];
      for (const line of slots.lines) {
        const [, subtask, value] = /^(?:(\d)> )?(-?\d+)$/.exec(line)!;
        perSubtask[Number(subtask ?? 1) - 1]!.push(Number(value));
      }
      return perSubtask;
    }
    const sorted = (lists: number[][]): number[] => lists.flat().sort((a, b) => a - b);
    const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

    it('rebalance spreads evenly and loses nothing', async () => {
      const got = await distribution(j => j.sequence(1, 4000, 2).by('rebalance').print('', { parallelism: 4 }));
      expect(sorted(got)).to.deep.equal(upTo(4000));
      expect(got.map(g => g.length)).to.deep.equal([1000, 1000, 1000, 1000]);
    });

    it('rescale stays with its neighbours', async () => {
      const got = await distribution(j => j.sequence(1, 8, 2).by('rescale').print('', { parallelism: 4 }));
      expect(sorted(got.slice(0, 2))).to.deep.equal([1, 2, 3, 4]);
      expect(sorted(got.slice(2))).to.deep.equal([5, 6, 7, 8]);
    });

    it('shuffle loses nothing', async () => {
      const got = await distribution(j => j.sequence(1, 1000, 2).by('shuffle').print('', { parallelism: 3 }));
      expect(sorted(got)).to.deep.equal(upTo(1000));
      expect(Math.min(...got.slice(0, 3).map(g => g.length))).to.be.greaterThan(200);
    });

    it('global sends all to the first', async () => {
      const got = await distribution(j => j.sequence(1, 10, 2).by('global').print('', { parallelism: 3 }));
      expect(got.map(g => g.length)).to.deep.equal([10, 0, 0, 0]);
    });

    it('broadcast sends all to each', async () => {
      const got = await distribution(j => j.sequence(1, 10, 2).by('broadcast').print('', { parallelism: 3 }));
      for (const list of got.slice(0, 3)) expect(sorted([list])).to.deep.equal(upTo(10));
    });

    it('hash sends each key where its key group belongs', async () => {
      const got = await distribution(j =>
        j
          .sequence(1, 500, 2)
          .keyBy((x: number) => `key ${x % 50}`)
          .print('', { parallelism: 4 }),
      );
      for (const [subtask, list] of got.entries()) {
        for (const x of list) expect(subtaskOfKey(`key ${x % 50}`, 4, 128)).to.equal(subtask);
      }
      expect(sorted(got)).to.deep.equal(upTo(500));
    });

    it('forward keeps a subtask with its subtask', async () => {
      const got = await distribution(j =>
        j
          .sequence(1, 6, 3)
          .map((x: number) => x, { parallelism: 3, chaining: 'NEVER' })
          .print('', { parallelism: 3 }),
      );
      expect(got.slice(0, 3)).to.deep.equal([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
    });

    it('a custom partitioner decides, and is told when it is wrong', async () => {
      const functions = {
        keySelector: (x: unknown) => Number(x) % 10,
        partitioner: (key: unknown, n: number) => (Number(key) < 5 ? 0 : n - 1),
      };
      const got = await distribution(j => j.sequence(1, 20).by('custom', functions).print('', { parallelism: 3 }));
      expect(got.map(g => g.length)).to.deep.equal([10, 0, 10, 0]);
      const job = new TestingJob();
      job
        .sequence(1, 2)
        .by('custom', { partitioner: () => 7 })
        .print('', { parallelism: 2 });
      const error = await slots.run(job).then(
        () => undefined,
        (e: Error) => e,
      );
      expect(error!.message).to.contain('The partitioner returned 7; a whole number from 0 to 1 is needed');
    });

    it('a union reads all its inputs to their ends', async () => {
      const got = await distribution(j =>
        j.sequence(1, 5).union(j.sequence(6, 10), j.sequence(11, 12)).by('rebalance').print('', { parallelism: 2 }),
      );
      expect(sorted(got)).to.deep.equal(upTo(12));
    });

    it('refuses what can not travel, with its path', async () => {
      await start();
      const job = new TestingJob();
      job
        .elements([1])
        .map(() => ({ rows: [{ f: () => 1 }] }), { name: 'Maker' })
        .by('rebalance')
        .print('', { parallelism: 2 });
      const error = await slots.run(job, { shift: 1 }).then(
        () => undefined,
        (e: Error) => e,
      );
      expect(error!.message).to.match(
        /A record sent by 'Maker' \(rebalance\) can't travel: its field 'rows\[0\]\.f' is a function/,
      );
    });

    it('a sender may go on changing what it sent, a receiver what it got', async () => {
      await start();
      const job = new TestingJob({ objectReuse: true });
      const kept = { n: 0, list: [0] };
      job
        .sequence(1, 3)
        .map((x: number) => {
          kept.n = x;
          kept.list[0] = x;
          return kept;
        })
        .by('broadcast')
        .map(
          (r: typeof kept) => {
            r.list.push(9);
            return r;
          },
          { parallelism: 2 },
        )
        .print('', { parallelism: 2 });
      await slots.run(job, { shift: 1 });
      const expected = [1, 2].flatMap(s => [1, 2, 3].map(n => `${s}> {"n":${n},"list":[${n},9]}`));
      expect(slots.lines.sort()).to.deep.equal(expected);
    });

    it('values arrive as they were', async () => {
      await start();
      const values = [
        -0,
        Number.NaN,
        10n ** 30n,
        '\ud800',
        new Date(5),
        new Map([['a', new Set([1])]]),
        Uint8Array.of(1, 2),
        { u: undefined },
        null,
      ];
      const seen: unknown[] = [];
      const job = new TestingJob();
      job
        .elements(values)
        .by('rebalance')
        .sink((v: unknown) => void seen.push(v), { chaining: 'NEVER' });
      await slots.run(job, { shift: 1 });
      expect(seen).to.deep.equal(values);
      expect(Object.is(seen[0], -0)).to.equal(true);
    });

    it('holds a fast producer back, within its memory, and loses nothing', async () => {
      await start({ networkMemory: 2 * MB });
      const consumer = gate();
      const source = endless();
      let received = 0;
      let last = -1;
      const job = new TestingJob();
      job
        .source(
          { kind: 'source.function', parallel: false },
          { function: (ctx: { collect(x: unknown): void }) => source.run(ctx) },
        )
        .by('rebalance')
        .map((x: { n: number }) => (received === 0 ? consumer.opened.then(() => x) : x), { chaining: 'NEVER' })
        .sink((x: { n: number }) => {
          received++;
          expect(x.n).to.equal(++last);
        });
      const run = slots.deploy(job, { shift: 1 });
      // It stops by itself: the same figure over several turns of the event loop.
      let before = -1;
      await eventually(
        () => {
          const stopped = source.emitted > 0 && source.emitted === before;
          before = source.emitted;
          return stopped;
        },
        { interval: 100 },
      );
      expect(received).to.equal(0);
      const bytes = source.emitted * 120;
      expect(bytes).to.be.lessThan(2.5 * MB);
      for (const runtime of slots.runtimes) expect(runtime.usage.networkPeak).to.be.lessThan(2 * MB);
      const metrics = slots.runtimes.flatMap(r => r.metrics()).find(m => m.recordsOut > 0)!;
      expect(metrics.recordsOut).to.equal(source.emitted + 1);
      consumer.open();
      await eventually(() => received > before + 10_000);
      source.cancel();
      await run.ended();
      expect(received).to.equal(source.emitted);
      for (const runtime of slots.runtimes) expect(runtime.usage.networkUsed).to.equal(0);
    });

    it('a producer of large records stops for a slow consumer after a few of them', async () => {
      await start();
      const job = new TestingJob();
      let made = 0;
      job
        .sequence(1, 1e6)
        .map((n: number) => {
          made++;
          return 'x'.repeat(MB) + n;
        })
        .by('rebalance')
        .map(() => new Promise(() => {}), { chaining: 'NEVER' })
        .print();
      const run = slots.deploy(job, { shift: 1 });
      await eventually(() => slots.runtimes.flatMap(r => r.metrics()).some(m => m.backPressuredMs > 50));
      expect(made).to.be.lessThan(40);
      run.cancel();
      await run.ended();
      for (const runtime of slots.runtimes) expect(runtime.usage.networkUsed).to.equal(0);
    });

    it('what is in flight to a slow consumer shrinks to what it works off in the target of debloating', async () => {
      const debloat = { targetMs: 50, periodMs: 10, thresholdPercentages: 25, samples: 3 };
      await start({ networkMemory: 200 * 1024, debloat });
      const job = new TestingJob();
      let [made, taken, most] = [0, 0, 0];
      const text = 'x'.repeat(1000);
      job
        .sequence(1, 1e9)
        .map((n: number) => {
          most = Math.max(most, ++made - taken);
          return text + n;
        })
        .by('rebalance')
        .map(
          async () => {
            await later(1);
            taken++;
          },
          { chaining: 'NEVER' },
        )
        .filter(() => false)
        .print();
      const run = slots.deploy(job, { shift: 1 });
      await eventually(() => most > 100);
      const settled = async (): Promise<boolean> => {
        most = 0;
        const from = taken;
        await eventually(() => taken > from + 20);
        return most > 0 && most < 80;
      };
      let small = false;
      for (let i = 0; i < 100 && !small; i++) small = await settled();
      expect(small).to.equal(true);
      run.cancel();
      await run.ended();
    });

    it('latency markers take their turn behind records, are measured by each operator, and count as none', async () => {
      let [clock, looks] = [1000, 0];
      const now = (): number => {
        looks++;
        return clock;
      };
      await start({ now });
      const consumer = gate();
      const ended = gate();
      const job = new TestingJob({ latencyTrackingInterval: 2 });
      const run = async (ctx: { collect(x: unknown): void }): Promise<void> => {
        ctx.collect('first');
        await ended.opened;
        ctx.collect('last');
      };
      const seen: unknown[] = [];
      job
        .source({ kind: 'source.function', parallel: false }, { function: { run, cancel: ended.open } })
        .map((x: string) => x)
        .keyBy((x: string) => x)
        .map((x: string) => (x === 'first' ? consumer.opened.then(() => x) : x), { name: 'Slow' })
        .sink((x: string) => void seen.push(x));
      const running = slots.deploy(job, { shift: 1 });
      await eventually(() => slots.runtimes.flatMap(r => r.metrics()).some(m => m.recordsIn === 1));
      const before = looks;
      await eventually(() => looks > before + 5);
      clock += 500;
      consumer.open();
      const latenciesOf = (vertex: string): Record<string, LatencyFigures> | undefined =>
        slots.runtimes.flatMap(r => r.metrics()).find(m => m.executionId === running.executionOf(vertex))?.latencies;
      await eventually(() => Object.values(latenciesOf('Slow') ?? {}).some(l => l.max === 500));
      const [source, map, slow, sink] = running.graph.vertices.flatMap(v => v.operators.map(o => o.operatorId));
      const nameOf = (operator?: string): string =>
        `latency.source_id.${source}.operator_id.${operator}.operator_subtask_index.0.latency`;
      expect(Object.keys(latenciesOf('Map')!)).to.deep.equal([nameOf(map)]);
      expect(latenciesOf('Map')![nameOf(map)]).to.include({ min: 0, max: 0, p99: 0 });
      expect(Object.keys(latenciesOf('Slow')!)).to.have.members([nameOf(slow), nameOf(sink)]);
      ended.open();
      await running.ended();
      expect(seen).to.deep.equal(['first', 'last']);
      const metrics = running.updates.filter(u => u.state === 'FINISHED').map(u => u.metrics!);
      expect(metrics.map(m => [m.recordsIn, m.recordsOut]).sort()).to.deep.equal([
        [0, 2],
        [2, 0],
      ]);
    });

    it('no latency is measured unless it is asked for', async () => {
      await start();
      const job = new TestingJob();
      job.sequence(1, 1000).by('rebalance').print();
      const { updates } = await slots.run(job, { shift: 1 });
      for (const { metrics } of updates) expect(metrics ?? {}).to.not.have.property('latencies');
    });

    it('a slot with more in flight than its share looks at its heap, and may fail what it runs', async () => {
      let looks = 0;
      await start({
        networkMemory: 4 * MB,
        onNetworkOutgrown: () => {
          looks++;
          for (const runtime of slots.runtimes) runtime.abort(new MillraceError('OUT_OF_MEMORY', 'outgrown'));
        },
      });
      const job = new TestingJob();
      const text = 'x'.repeat(3 * MB);
      job
        .sequence(1, 1e6)
        .map((n: number) => text + n)
        .by('rebalance')
        .map(() => new Promise(() => {}), { chaining: 'NEVER' })
        .print();
      const run = slots.deploy(job, { shift: 1 });
      await run.ended();
      expect(looks).to.equal(1);
      expect(run.updates.find(u => u.state === 'FAILED')!.error!.code).to.equal('OUT_OF_MEMORY');
      await eventually(() => slots.runtimes.every(r => r.usage.networkUsed === 0));
    });

    it('a producer is finished only when its consumers have everything', async () => {
      await start({ networkMemory: 200 * 1024 });
      const consumer = gate();
      let received = 0;
      // One batch is taken, two have credit (between slots), two may wait: it can emit all, but not hand over all. The
      // first has 256 records: by them the layout of the others is found.
      const total = 256 + 1024 * (count === 1 ? 1.5 : 3.5);
      const job = new TestingJob();
      job
        .sequence(1, total)
        .by('rebalance')
        .map((x: number) => (x === 1 ? consumer.opened.then(() => x) : x), { chaining: 'NEVER' })
        .sink(() => void received++);
      const run = slots.deploy(job, { shift: 1 });
      const source = run.executionOf('source');
      await eventually(() =>
        slots.runtimes.flatMap(r => r.metrics()).some(m => m.executionId === source && m.recordsOut === total),
      );
      for (let turn = 0; turn < 100; turn++) await new Promise(resolve => setImmediate(resolve));
      expect(run.states).to.not.include('FINISHED');
      consumer.open();
      await run.ended();
      expect(received).to.equal(total);
    });

    it('counts time spent waiting for downstream as backpressure', async () => {
      await start({ networkMemory: MB });
      const consumer = gate();
      const job = new TestingJob();
      job
        .sequence(1, 1e9)
        .by('rebalance')
        .sink(() => consumer.opened, { chaining: 'NEVER' });
      const run = slots.deploy(job, { shift: 1 });
      const source = run.executionOf('source');
      const metrics = await eventually(() => {
        const m = slots.runtimes.flatMap(r => r.metrics()).find(x => x.executionId === source);
        return m && m.backPressuredMs > 100 && m.backPressuredMs > m.busyMs && m;
      });
      expect(metrics.backPressuredMs).to.be.greaterThan(metrics.busyMs);
      run.cancel();
      consumer.open();
      await run.ended();
    });

    it('a canceled job under load ends at once, and a hundred of them leave nothing', async () => {
      await start({ partitionWaitMs: 300 });
      const handlesBefore = process.getActiveResourcesInfo().length;
      for (let i = 0; i < 100; i++) {
        const job = new TestingJob();
        job
          .sequence(1, 1e12, 2)
          .keyBy((x: number) => x % 1000)
          .reduce((a: number, b: number) => a + b, { parallelism: 2 })
          .by('rebalance')
          .sink(() => {}, { parallelism: 2 });
        const run = slots.deploy(job, { shift: i % 2 });
        await eventually(() => run.states.filter(s => s === 'RUNNING').length === run.executions.size, { interval: 1 });
        run.cancel();
        await run.ended();
        expect(run.states.filter(s => s === 'CANCELED')).to.have.length(run.executions.size);
      }
      await eventually(() => slots.runtimes.every(r => r.usage.connections === 0 && r.usage.partitions === 0));
      for (const runtime of slots.runtimes) expect(runtime.usage).to.include({ tasks: 0, networkUsed: 0 });
      expect(slots.links!.size).to.equal(0);
      await eventually(() => process.getActiveResourcesInfo().length <= handlesBefore + 2);
    }).timeout(30_000);

    it('a consumer of a failed producer names its error as the root cause', async () => {
      await start();
      const failing = gate();
      const job = new TestingJob();
      job
        .sequence(1, 1)
        .map(() =>
          failing.opened.then(() => {
            throw new RangeError('broken');
          }),
        )
        .by('rebalance')
        .sink(() => {}, { chaining: 'NEVER' });
      const run = slots.deploy(job, { shift: 1 });
      await run.running();
      failing.open();
      await eventually(() => run.states.filter(s => s === 'FAILED').length === 2);
      for (const update of run.updates.filter(u => u.state === 'FAILED')) {
        expect((rootCause(deserializeError(update.error!)) as Error).message).to.equal('broken');
      }
    });

    for (const [timeout, atMost] of [
      [0, 60],
      [1000, 600],
    ] as const) {
      it(`a lone record of an idle task arrives within ${atMost} ms of a buffer timeout of ${timeout} ms`, async () => {
        await start();
        const seen: string[] = [];
        let emit!: (x: string) => void;
        const source = (ctx: { collect(x: unknown): void }): Promise<void> =>
          new Promise(() => {
            emit = x => ctx.collect(x);
          });
        const job = new TestingJob({ bufferTimeout: timeout });
        job
          .source({ kind: 'source.function', parallel: false }, { function: source })
          .by('rebalance')
          .sink((x: string) => void seen.push(x), { chaining: 'NEVER' });
        const run = slots.deploy(job, { shift: 1 });
        await run.running();
        const times: number[] = [];
        for (const text of ['a', 'b', 'c', 'd', 'e']) {
          const begin = performance.now();
          emit(text);
          await eventually(() => seen.includes(text), { interval: 1 });
          times.push(performance.now() - begin);
        }
        expect(times.sort((a, b) => a - b)[2]).to.be.lessThan(atMost);
        run.cancel();
        await run.ended();
      });
    }
  });
}
