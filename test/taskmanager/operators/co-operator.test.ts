import { expect } from 'chai';
import { CombinedWatermarks } from '../../../taskmanager/operators/combined-watermarks.js';
import { eventually } from '../../testing/eventually.js';
import { TestingJob } from '../testing-job.js';
import { TestingSlots } from '../testing-slots.js';

describe('the watermarks of two inputs', () => {
  let events: string[];
  let combined: CombinedWatermarks;
  beforeEach(() => {
    events = [];
    combined = new CombinedWatermarks({
      emitWatermark: t => void events.push(`watermark ${t}`),
      emitStatus: idle => void events.push(idle ? 'idle' : 'active'),
    });
  });

  it('give the lesser one, and only when it has grown', () => {
    combined.watermark(0, 5);
    expect(events).to.deep.equal([]);
    combined.watermark(1, 3);
    combined.watermark(0, 6);
    combined.watermark(1, 9);
    expect(events).to.deep.equal(['watermark 3', 'watermark 6']);
  });

  it('do not wait for an idle input, and never go back when it wakes up', () => {
    combined.watermark(0, 5);
    combined.status(1, true);
    combined.watermark(0, 7);
    combined.status(1, false);
    combined.watermark(1, 6);
    combined.watermark(0, 8);
    combined.watermark(1, 20);
    expect(events).to.deep.equal(['watermark 5', 'watermark 7', 'watermark 8']);
  });

  it('are idle when both are, which moves no watermark', () => {
    combined.watermark(0, 5);
    combined.watermark(1, 1);
    combined.status(1, true);
    combined.status(0, true);
    combined.status(1, false);
    expect(events).to.deep.equal(['watermark 1', 'watermark 5', 'idle', 'active']);
  });

  it('end with the greatest when both have ended', () => {
    combined.watermark(0, Number.MAX_SAFE_INTEGER);
    combined.watermark(1, 4);
    combined.watermark(1, Number.MAX_SAFE_INTEGER);
    expect(events).to.deep.equal(['watermark 4', `watermark ${Number.MAX_SAFE_INTEGER}`]);
  });
});

type Out = { collect(record: unknown): void };

for (const interpreted of [false, true]) {
  describe(`an operator with two inputs, ${interpreted ? 'by its operators' : 'compiled'}`, () => {
    let slots: TestingSlots;
    beforeEach(async () => {
      slots = await TestingSlots.start(2, { interpreted });
    });
    afterEach(() => slots.close());

    async function collected(build: (job: TestingJob, sink: (x: unknown) => void) => void): Promise<unknown[]> {
      const job = new TestingJob();
      const got: unknown[] = [];
      build(job, x => void got.push(x));
      await slots.run(job, { shift: 1 });
      return got;
    }
    const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

    it('calls the method of the input that a record came by', async () => {
      const f = { map1: (x: number) => `first ${x}`, map2: (x: string) => `second ${x}` };
      const got = await collected((job, sink) => {
        const texts = job.sequence(0, 1999).map((x: number) => `t${x}`);
        job.sequence(0, 1999).connect(texts).to({ kind: 'co-map' }, { function: f }).sink(sink);
      });
      expect(got.filter(x => String(x).startsWith('first'))).to.deep.equal(upTo(2000).map(x => `first ${x}`));
      expect(got.filter(x => String(x).startsWith('second'))).to.deep.equal(upTo(2000).map(x => `second t${x}`));
    });

    it('may emit any number of records for each, or return them', async () => {
      const f = {
        flatMap1(x: number, out: Out): void {
          for (let i = 0; i < x % 3; i++) out.collect(x);
        },
        flatMap2: (x: number): number[] => (x % 2 === 0 ? [-x] : []),
      };
      const got = await collected((job, sink) => {
        const other = job.sequence(1, 1000);
        job.sequence(1, 1000).connect(other).to({ kind: 'co-flat-map' }, { function: f }).sink(sink);
      });
      const [ones, twos] = [got.filter(x => Number(x) > 0), got.filter(x => Number(x) < 0)];
      expect(ones).to.deep.equal(upTo(1001).flatMap(x => new Array<number>(x % 3).fill(x)));
      expect(twos).to.deep.equal(
        upTo(501)
          .slice(1)
          .map(x => -2 * x),
      );
    });

    it('keeps the fields of one object for both, and opens and closes it once', async () => {
      const calls: string[] = [];
      const f = {
        seen: 0,
        open: () => void calls.push('open'),
        close: () => void calls.push('close'),
        map1(): number {
          return ++this.seen;
        },
        map2(): number {
          return ++this.seen;
        },
      };
      const got = await collected((job, sink) => {
        job.sequence(1, 700).connect(job.sequence(1, 800)).to({ kind: 'co-map' }, { function: f }).sink(sink);
      });
      expect(got).to.deep.equal(upTo(1501).slice(1));
      expect(calls).to.deep.equal(['open', 'close']);
    });

    it('waits for promises of either side and keeps the order of each', async () => {
      const later = <T>(value: T): Promise<T> => new Promise(resolve => setImmediate(resolve, value));
      const f = {
        map1: (x: number) => (x % 50 === 0 ? later(x) : x),
        map2: (x: number) => (x % 30 === 0 ? later(-x) : -x),
      };
      const got = await collected((job, sink) => {
        job.sequence(1, 900).connect(job.sequence(1, 900)).to({ kind: 'co-map' }, { function: f }).sink(sink);
      });
      expect(got.filter(x => Number(x) > 0)).to.deep.equal(upTo(901).slice(1));
      expect(got.filter(x => Number(x) < 0)).to.deep.equal(
        upTo(901)
          .slice(1)
          .map(x => -x),
      );
    });

    it('names itself in a failure of either side', async () => {
      const f = {
        map1: (x: number) => x,
        map2: () => {
          throw new RangeError('second side');
        },
      };
      const job = new TestingJob();
      job
        .sequence(1, 5)
        .connect(job.sequence(1, 5))
        .to({ kind: 'co-map' }, { function: f }, { name: 'Both' })
        .sink(() => {});
      const run = slots.deploy(job);
      await run.ended();
      const failed = run.updates.find(u => u.error?.message.includes('Both'));
      expect(failed?.error?.message).to.match(
        /^'Both' \(1\/1\) failed at record \d+ of its input: RangeError: second side$/,
      );
    });

    it('goes on with one input when the other has ended', async () => {
      let release!: () => void;
      const held = new Promise<void>(resolve => {
        release = resolve;
      });
      const source = {
        async run(ctx: { collect(x: unknown): void }): Promise<void> {
          await held;
          for (let i = 0; i < 10; i++) ctx.collect(i);
        },
        cancel: () => release(),
      };
      const job = new TestingJob({ bufferTimeout: 0 });
      const got: unknown[] = [];
      const f = { map1: (x: number) => x, map2: (x: number) => x + 100 };
      job
        .sequence(0, 9)
        .connect(job.source({ kind: 'source.function', parallel: false }, { function: source }))
        .to({ kind: 'co-map' }, { function: f })
        .sink((x: unknown) => void got.push(x));
      const run = slots.run(job);
      await eventually(() => got.length === 10);
      expect(got).to.deep.equal(upTo(10));
      release();
      await run;
      expect(got.slice(10)).to.deep.equal(upTo(10).map(x => x + 100));
    });

    it('measures and hands on the latency markers of both', async () => {
      let now = 0;
      const marking = await TestingSlots.start(1, { interpreted, now: () => ++now });
      try {
        const job = new TestingJob({ latencyTrackingInterval: 1 });
        const f = { map1: (x: number) => x, map2: (x: number) => x };
        const ends = { parallelism: 1, chaining: 'NEVER' } as const;
        job
          .sequence(1, 20_000)
          .connect(job.sequence(1, 20_000))
          .to({ kind: 'co-map' }, { function: f }, { name: 'Both' })
          .sink(() => {}, ends);
        const run = await marking.run(job);
        const measured = (name: string): number => {
          const { metrics } = run.updates.find(u => u.executionId === run.executionOf(name) && u.state === 'FINISHED')!;
          return new Set(Object.keys(metrics?.latencies ?? {}).map(key => key.split('.operator_id')[0])).size;
        };
        expect([measured('Both'), measured('Sink')]).to.deep.equal([2, 2]);
      } finally {
        await marking.close();
      }
    });
  });
}
