import { expect } from 'chai';
import { Duration, Watermark, type WatermarkGenerator, WatermarkStrategy } from '../../../api/index.js';
import { strategyOf } from '../../../api/timestamp-extractors.js';
import type { StreamGraph } from '../../../core/graph/index.js';
import { eventually } from '../../testing/eventually.js';
import { TestingJob, type TestingStream } from '../testing-job.js';
import { TestingSlots } from '../testing-slots.js';

type Seen = [record: unknown, timestamp: number | null, watermark: number];
interface SinkContext {
  timestamp(): number | null;
  currentWatermark(): number;
}
const ASSIGN = { kind: 'timestamps-and-watermarks' } as const;
const NONE = Number.MIN_SAFE_INTEGER;

for (const interpreted of [true, false]) {
  describe(`assignTimestampsAndWatermarks, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let slots: TestingSlots;
    let now: number;
    let seen: Seen[];
    beforeEach(async () => {
      seen = [];
      now = 1_000_000;
      slots = await TestingSlots.start(1, { interpreted, now: () => now });
    });
    afterEach(() => slots.close());

    const see = (stream: TestingStream): void =>
      stream.sink((record: unknown, ctx: SinkContext) => {
        seen.push([record, ctx.timestamp(), ctx.currentWatermark()]);
      });

    async function run(
      build: (job: TestingJob) => TestingStream,
      config: StreamGraph['config'] = { autoWatermarkInterval: 0 },
    ): Promise<Seen[]> {
      const job = new TestingJob(config);
      see(build(job));
      await slots.run(job);
      return seen;
    }

    const punctuated = strategyOf<number>({
      extractTimestamp: (n, previous) => (previous === NONE ? n * 10 : previous + n),
      checkAndGetNextWatermark: (n, t) => (n % 2 === 0 ? new Watermark(t) : null),
    });

    it('gives timestamps, and watermarks behind the records that bring them', async () => {
      const expected = Array.from({ length: 600 }, (_, n) => [
        n,
        n * 10,
        n === 0 ? NONE : Math.floor((n - 1) / 2) * 20,
      ]);
      expect(await run(j => j.sequence(0, 599).to(ASSIGN, { function: punctuated }))).to.deep.equal(expected);
    });

    it('tells the assigner the timestamp that a record has already', async () => {
      const first = WatermarkStrategy.noWatermarks<number>().withTimestampAssigner(n => n * 1000);
      const got = await run(j =>
        j.sequence(1, 500).to(ASSIGN, { function: first }).to(ASSIGN, { function: punctuated }),
      );
      expect(got.map(s => s[1])).to.deep.equal(Array.from({ length: 500 }, (_, i) => (i + 1) * 1001));
    });

    it('leaves records as they are without an assigner', async () => {
      const got = await run(j =>
        j.sequence(1, 400).to(ASSIGN, { function: WatermarkStrategy.forMonotonousTimestamps() }),
      );
      expect(new Set(got.map(s => s[1]))).to.deep.equal(new Set([null]));
    });

    it('lets no watermark from before it through, but the end of event time', async () => {
      const job = new TestingJob({ autoWatermarkInterval: 0 });
      let atEnd = 0;
      see(
        job
          .sequence(0, 399)
          .to(ASSIGN, { function: punctuated })
          .to(ASSIGN, { function: WatermarkStrategy.noWatermarks() }),
      );
      job
        .sequence(0, 0)
        .to(ASSIGN, { function: WatermarkStrategy.noWatermarks() })
        .sink({ invoke() {}, finish: () => void atEnd++ });
      await slots.run(job);
      expect(new Set(seen.map(s => s[2]))).to.deep.equal(new Set([NONE]));
      expect(atEnd).to.equal(1);
    });

    it('asks a generator periodically, at the interval of the job', async () => {
      let looks = 0;
      const generator: WatermarkGenerator<number> = {
        onEvent: () => {},
        onPeriodicEmit: out => {
          looks++;
          out.emitWatermark(new Watermark(looks));
        },
      };
      const emitUntil = async (ctx: { collect(n: number): void }): Promise<void> => {
        ctx.collect(0);
        for (let wanted = 1; wanted <= 3; wanted++) {
          now += 10;
          await eventually(() => looks >= wanted, { interval: 1 });
          ctx.collect(wanted);
        }
      };
      await run(
        j =>
          j
            .source({ kind: 'source.function', parallel: false }, { function: { run: emitUntil, cancel() {} } })
            .to(ASSIGN, { function: WatermarkStrategy.forGenerator(() => generator) }),
        { autoWatermarkInterval: 5 },
      );
      expect(seen.map(s => s[2])).to.deep.equal([NONE, 1, 2, 3]);
    });

    it('shows a generator the record as it came, whatever the next operator does with it', async () => {
      const shown: unknown[] = [];
      const generator = { onEvent: (r: object) => void shown.push({ ...r }), onPeriodicEmit: () => {} };
      const change = (r: { n: number }): unknown => {
        r.n = -1;
        return r;
      };
      await run(j =>
        j
          .sequence(1, 300)
          .map((n: number) => ({ n }))
          .to(ASSIGN, { function: WatermarkStrategy.forGenerator<{ n: number }>(() => generator) })
          .map(change),
      );
      expect(shown.map(r => (r as { n: number }).n)).to.deep.equal(Array.from({ length: 300 }, (_, i) => i + 1));
    });

    it('says what is wrong with a timestamp that is no number', async () => {
      for (const [wrong, got] of [
        [new Date(5), 'a Date'],
        [5n, 'a bigint'],
        [Number.NaN, 'NaN'],
        [undefined, 'undefined'],
      ]) {
        const strategy = WatermarkStrategy.noWatermarks<number>().withTimestampAssigner(n =>
          n === 300 ? (wrong as never) : n,
        );
        const error = await run(j => j.sequence(1, 300).to(ASSIGN, { function: strategy }, { name: 'Assign' })).then(
          () => undefined,
          (e: Error) => e,
        );
        expect(error?.message).to.contain(`the timestamp assigner gave ${got}`).and.contain('milliseconds since');
        expect(error?.message).to.match(/^'Assign' \(1\/1\), at record 300 of its source: /);
      }
    });
  });

  describe(`the time of sources, ${interpreted ? 'operator by operator' : 'compiled'}`, () => {
    let seen: Seen[];
    const run = async (
      timeCharacteristic: 'event' | 'ingestion' | 'processing',
      build: (job: TestingJob) => TestingStream,
    ): Promise<Seen[]> => {
      let now = 5000;
      const slots = await TestingSlots.start(1, { interpreted, now: () => now++ });
      try {
        seen = [];
        const job = new TestingJob({ timeCharacteristic, autoWatermarkInterval: 100 });
        build(job).sink((record: unknown, ctx: SinkContext) => {
          seen.push([record, ctx.timestamp(), ctx.currentWatermark()]);
        });
        await slots.run(job);
        return seen;
      } finally {
        await slots.close();
      }
    };
    const timed = (job: TestingJob): TestingStream => {
      const emit = (ctx: { collectWithTimestamp(n: number, t: number): void; emitWatermark(w: Watermark): void }) => {
        for (let n = 0; n < 500; n++) {
          ctx.collectWithTimestamp(n, n);
          ctx.emitWatermark(new Watermark(n));
        }
      };
      return job.source({ kind: 'source.function', parallel: false }, { function: { run: emit, cancel() {} } });
    };

    it('is their own in event time', async () => {
      const seen = await run('event', timed);
      expect(seen[400]).to.deep.equal([400, 400, 399]);
    });

    it('is none in processing time', async () => {
      const seen = await run('processing', timed);
      expect(seen).to.deep.equal(Array.from({ length: 500 }, (_, n) => [n, null, NONE]));
    });

    it('is that of emission in ingestion time, of all kinds of sources', async () => {
      for (const build of [timed, (j: TestingJob) => j.sequence(0, 499), (j: TestingJob) => j.elements([0, 1])]) {
        const seen = await run('ingestion', build);
        const times = seen.map(s => s[1]!);
        expect(times).to.deep.equal([...times].sort((a, b) => a - b));
        expect(times[0]).to.be.greaterThan(4999);
        for (const [, timestamp, watermark] of seen) expect(timestamp!).to.be.greaterThan(watermark);
      }
    });

    it('moves on in ingestion time while a source waits', async () => {
      const emit = async (ctx: { collect(n: number): void | Promise<void> }): Promise<void> => {
        // The clock goes on with each look at it.
        await eventually(
          async () => {
            await ctx.collect(1);
            return seen.at(-1)![2] > NONE;
          },
          { interval: 1 },
        );
      };
      await run('ingestion', j =>
        j.source({ kind: 'source.function', parallel: false }, { function: { run: emit, cancel() {} } }),
      );
      expect(seen.at(-1)![1]!).to.be.greaterThan(seen.at(-1)![2]);
    });
  });
}

describe('idleness', () => {
  it('of one input does not hold back the others', async () => {
    const slots = await TestingSlots.start(1);
    try {
      const job = new TestingJob({ autoWatermarkInterval: 1 });
      let watermark = NONE;
      let done = false;
      const quiet = async (): Promise<void> => {
        await eventually(() => done);
      };
      const busy = async (ctx: { collect(n: number): void | Promise<void> }): Promise<void> => {
        await eventually(
          async () => {
            await ctx.collect(Date.now());
            return watermark > NONE;
          },
          { interval: 1 },
        );
        done = true;
      };
      const strategy = WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner(n => n);
      const source = (run: unknown): TestingStream =>
        job
          .source({ kind: 'source.function', parallel: false }, { function: { run, cancel() {} } })
          .to(ASSIGN, { function: strategy.withIdleness(Duration.ofMillis(2)) });
      source(quiet)
        .union(source(busy))
        .sink((_: unknown, ctx: SinkContext) => {
          watermark = ctx.currentWatermark();
        });
      await slots.run(job);
      expect(watermark).to.be.greaterThan(NONE);
    } finally {
      await slots.close();
    }
  });
});
