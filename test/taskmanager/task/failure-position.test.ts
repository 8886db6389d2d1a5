import { expect } from 'chai';
import type { SerializedError } from '../../../core/errors.js';
import { TestingJob, type TestingStream } from '../testing-job.js';
import { TestingSlots } from '../testing-slots.js';

const BAD = 12_345;
const at = (x: number): number => {
  if (x === BAD) throw new RangeError(`no ${x}`);
  return x;
};
const identity = (x: number): number => x;
type Out = { collect(x: number): void };

/** What follows an exchange fails at one record; each names the operator that fails. */
const CHAINS: Record<string, { operator: string; build(stream: TestingStream): void }> = {
  'a map': { operator: 'Map', build: s => s.map(at).print() },
  'a filter behind a map': {
    operator: 'Filter',
    build: s =>
      s
        .map(identity)
        .filter((x: number) => at(x) < 0)
        .print(),
  },
  'a flatMap that has collected': {
    operator: 'Flat Map',
    build: s =>
      s
        .flatMap((x: number, out: Out) => {
          out.collect(x);
          at(x);
        })
        .filter(() => false)
        .print(),
  },
  'what a flatMap collects into': {
    operator: 'Second',
    build: s =>
      s
        .flatMap((x: number, out: Out) => {
          out.collect(-x);
          out.collect(x);
        })
        .map(at, { name: 'Second' })
        .filter(() => false)
        .print(),
  },
  'a side of a fan-out': {
    operator: 'Right',
    build: s => {
      const both = s.map(identity);
      both.filter(() => false, { name: 'Left' }).print();
      both
        .map(at, { name: 'Right' })
        .filter(() => false)
        .print();
    },
  },
  'a sink': { operator: 'Sink', build: s => s.sink(at) },
  'a reduce': {
    operator: 'Reduce',
    build: s =>
      s
        .keyBy(() => 'all')
        .reduce((_: number, x: number) => at(x))
        .filter(() => false)
        .print(),
  },
};

describe('the position of a failure', () => {
  for (const interpreted of [true, false]) {
    describe(interpreted ? 'of operators one by one' : 'of a compiled chain', () => {
      async function failureOf(build: (job: TestingJob) => void, slots = 1): Promise<SerializedError> {
        const running = await TestingSlots.start(slots, { interpreted });
        try {
          const job = new TestingJob();
          build(job);
          const run = running.deploy(job, { shift: slots - 1 });
          await run.ended();
          return run.updates.find(u => u.state === 'FAILED')!.error!;
        } finally {
          await running.close();
        }
      }

      for (const [name, { operator, build }] of Object.entries(CHAINS)) {
        it(`of ${name} is the record of the task's input`, async () => {
          const error = await failureOf(job => build(job.sequence(1, 20_000).by('rebalance')), 2);
          expect(error.message).to.equal(
            `'${operator}' (1/1) failed at record 12,345 of its input: RangeError: no 12345`,
          );
          expect(error.context).to.include({ operator, record: BAD });
          expect(error.cause!.stack).to.match(/failure-position\.test\.ts:\d+/);
        });
      }

      it('of a chain on a source counts what the source has emitted', async () => {
        const sequence = await failureOf(job =>
          job
            .sequence(1, 20_000)
            .map(at)
            .filter(() => false)
            .print(),
        );
        expect(sequence.message).to.contain("'Map' (1/1) failed at record 12,345 of its source: ");
        const elements = await failureOf(job =>
          job
            .elements(Array.from({ length: 20_000 }, (_, i) => i + 1))
            .map(at)
            .filter(() => false)
            .print(),
        );
        expect(elements.message).to.contain("'Map' (1/1) failed at record 12,345 of its source: ");
      });

      it('of a source itself says how many records it had emitted', async () => {
        const run = async (ctx: { collect(x: number): void | Promise<void> }): Promise<void> => {
          for (let i = 1; i <= BAD; i++) await ctx.collect(i);
          throw new Error('dry');
        };
        const error = await failureOf(job =>
          job
            .source(
              { kind: 'source.function', parallel: false },
              { function: { run, cancel: () => {} } },
              { name: 'Well' },
            )
            .filter(() => false)
            .print(),
        );
        expect(error.message).to.equal("'Well' (1/1) failed after 12,345 records: dry");
      });

      it('of a promise is the record that the promise was made for', async () => {
        const error = await failureOf(
          job =>
            job
              .sequence(1, 5000)
              .by('rebalance')
              .map((x: number) => (x === 4321 ? Promise.reject(new Error('later')) : x))
              .filter(() => false)
              .print(),
          2,
        );
        expect(error.message).to.equal("'Map' (1/1) failed at record 4,321 of its input: later");
      });

      it('of finish and close is no record', async () => {
        const finish = (): void => {
          throw new Error('not flushed');
        };
        const error = await failureOf(
          job =>
            job
              .sequence(1, 10)
              .by('rebalance')
              .sink({ invoke: () => {}, finish }),
          2,
        );
        expect(error.message).to.equal("'Sink' (1/1) failed: not flushed");
      });
    });
  }
});
