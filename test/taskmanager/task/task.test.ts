import { expect } from 'chai';
import { deserializeError, rootCause, type SerializedError } from '../../../core/errors.js';
import { eventually } from '../../testing/eventually.js';
import { TestingJob } from '../testing-job.js';
import { TestingSlots } from '../testing-slots.js';

const later = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
const never = (): Promise<never> => new Promise(() => {});

describe('a task', () => {
  let slots: TestingSlots;
  let events: string[];
  beforeEach(async () => {
    events = [];
    slots = await TestingSlots.start(1);
  });
  afterEach(() => slots.close());

  /** A function object that writes down its life. */
  function recorded(name: string, own: object = {}): object {
    return {
      open: () => void events.push(`open ${name}`),
      close: () => void events.push(`close ${name}`),
      map: (x: unknown) => x,
      ...own,
    };
  }
  const source = (run: (ctx: never) => unknown, more: object = {}) =>
    [
      { kind: 'source.function', parallel: false },
      { function: { run, cancel: () => void events.push('cancel'), ...more } },
    ] as const;
  const errorOf = (): SerializedError => slots.updates.find(u => u.state === 'FAILED')!.error!;

  it('opens its operators from the last to the first, and closes all at the end', async () => {
    const job = new TestingJob();
    job.elements([1]).map(recorded('a')).map(recorded('b')).print();
    const run = await slots.run(job);
    expect(events).to.deep.equal(['open b', 'open a', 'close a', 'close b']);
    expect(run.states).to.deep.equal(['INITIALIZING', 'RUNNING', 'FINISHED']);
  });

  it('waits for an asynchronous open before the first record', async () => {
    const job = new TestingJob();
    job
      .elements([1])
      .map(
        recorded('a', {
          open: async () => {
            await later(20);
            events.push('opened');
          },
          map: () => void events.push('map'),
        }),
      )
      .print();
    await slots.run(job);
    expect(events).to.deep.equal(['opened', 'map', 'close a']);
  });

  it('fails when open fails, names the operator, and closes all the same', async () => {
    const job = new TestingJob();
    job
      .elements([1])
      .map(
        recorded('a', {
          open: () => {
            throw new Error('no database');
          },
        }),
        { name: 'Lookup' },
      )
      .map(recorded('b'))
      .print();
    const run = slots.deploy(job);
    await run.ended();
    expect(run.states).to.deep.equal(['INITIALIZING', 'FAILED']);
    expect(errorOf().message).to.equal("'Lookup' (1/1) failed: no database");
    expect(events).to.deep.equal(['open b', 'close a', 'close b']);
  });

  it('is canceled while open is under way', async () => {
    let opened!: () => void;
    const job = new TestingJob();
    job
      .elements([1])
      .map(
        recorded('a', {
          open: () =>
            new Promise<void>(resolve => {
              opened = resolve;
            }),
        }),
      )
      .print();
    const run = slots.deploy(job);
    await eventually(() => opened !== undefined);
    run.cancel();
    opened();
    await run.ended();
    expect(run.states).to.deep.equal(['INITIALIZING', 'CANCELED']);
    expect(events).to.deep.equal(['close a']);
  });

  it('is canceled while it waits for a promise that never settles', async () => {
    const job = new TestingJob();
    job
      .sequence(1, 10)
      .map(recorded('a', { map: never }))
      .print();
    const run = slots.deploy(job);
    await run.running();
    run.cancel();
    run.cancel();
    await run.ended();
    expect(run.states).to.deep.equal(['INITIALIZING', 'RUNNING', 'CANCELED']);
    expect(events).to.deep.equal(['open a', 'close a']);
  });

  it('fails when close fails at its end', async () => {
    const job = new TestingJob();
    job
      .elements([1])
      .map(recorded('a', { close: () => Promise.reject(new Error('not flushed')) }))
      .print();
    const run = slots.deploy(job);
    await run.ended();
    expect(run.states.at(-1)).to.equal('FAILED');
    expect(errorOf().message).to.equal("'Map' (1/1) failed: not flushed");
  });

  it('names operator, subtask and cause of what user code throws', async () => {
    const job = new TestingJob();
    const divide = (x: number): number => {
      if (x === 4) throw new TypeError('four');
      return x;
    };
    job
      .sequence(1, 4, 2)
      .map((x: number) => x, { parallelism: 2 })
      .map(divide, { parallelism: 2, name: 'Divide' })
      .print('', { parallelism: 2 });
    await slots.run(job).catch(() => {});
    const error = errorOf();
    expect(error).to.deep.include({
      code: 'TASK_FAILED',
      domain: 'user',
      message: "'Divide' (2/2) failed at record 2 of its source: TypeError: four",
    });
    expect(error.context).to.deep.include({ operator: 'Divide', subtask: 1 });
    expect(error.cause).to.deep.include({ name: 'TypeError', message: 'four' });
    expect(error.cause!.stack).to.match(/task\.test\.ts:\d+/);
  });

  it('names the flatMap itself when it throws after it has collected', async () => {
    const job = new TestingJob();
    const f = (_: number, out: { collect(x: number): void }): void => {
      out.collect(1);
      throw new Error('after');
    };
    job
      .elements([1])
      .flatMap(f)
      .map((x: number) => x)
      .print();
    await slots.run(job).catch(() => {});
    expect(errorOf().message).to.equal("'Flat Map' (1/1) failed at record 1 of its source: after");
  });

  it('makes an error of whatever is thrown', async () => {
    const job = new TestingJob();
    job
      .elements([1])
      .map(() => {
        throw 'just text';
      })
      .print();
    await slots.run(job).catch(() => {});
    expect((rootCause(deserializeError(errorOf())) as Error).message).to.contain('just text');
  });

  it('runs a source function that returns at once, and one that takes its time', async () => {
    const job = new TestingJob();
    job
      .source(
        ...source((ctx: { collect(x: number): void }) => {
          ctx.collect(1);
          ctx.collect(2);
        }),
      )
      .print();
    await slots.run(job);
    const slow = new TestingJob();
    slow
      .source(
        ...source(async (ctx: { collect(x: number): void }) => {
          await later(5);
          ctx.collect(3);
          await later(5);
          ctx.collect(4);
        }),
      )
      .print();
    await slots.run(slow);
    expect(slots.lines).to.deep.equal(['1', '2', '3', '4']);
  });

  it('shows what a source function emitted while it runs, not at its end', async () => {
    const job = new TestingJob();
    job
      .source(
        ...source(async (ctx: { collect(x: number): void }) => {
          ctx.collect(1);
          await never();
        }),
      )
      .print();
    const run = slots.deploy(job);
    await eventually(() => slots.lines.length === 1);
    run.cancel();
    await run.ended();
    expect(events).to.deep.equal(['cancel']);
  });

  it('shows what a source function emits after it slept', async () => {
    let emit!: (x: number) => void;
    const job = new TestingJob();
    job
      .source(
        ...source((ctx: { collect(x: number): void }) => {
          emit = x => ctx.collect(x);
          return never();
        }),
      )
      .print();
    const run = slots.deploy(job);
    await run.running();
    for (const x of [1, 2]) {
      emit(x);
      await eventually(() => slots.lines.length === x);
    }
    run.cancel();
    await run.ended();
  });

  it('takes hardly any input while it waits for a promise', async () => {
    let taken = 0;
    const job = new TestingJob();
    job
      .sequence(1, 1e6)
      .map((x: number) => {
        taken++;
        return x;
      })
      .map(never)
      .print();
    const run = slots.deploy(job);
    await run.running();
    await eventually(() => taken > 0);
    for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve));
    expect(taken).to.be.lessThan(200);
    run.cancel();
    await run.ended();
  });

  it('lets others work while a source function does nothing but emit', async () => {
    let running = true;
    const job = new TestingJob();
    job
      .source(
        ...source(
          async (ctx: { collect(x: number): void | Promise<void> }) => {
            while (running) await ctx.collect(1);
          },
          {
            cancel: () => {
              running = false;
            },
          },
        ),
      )
      .filter(() => false)
      .print();
    const run = slots.deploy(job);
    await run.running();
    const other = new TestingJob();
    other.elements(['other']).print();
    await slots.run(other);
    run.cancel();
    await run.ended();
    expect(slots.lines).to.deep.equal(['other']);
    expect(running).to.equal(false);
  });

  it('lets others work after a few records where each takes long', async () => {
    let records = 0;
    const job = new TestingJob();
    job
      .sequence(1, 1e6)
      .map((x: number) => {
        const until = performance.now() + 1;
        while (performance.now() < until);
        records++;
        return x;
      })
      .filter(() => false)
      .print();
    const run = slots.deploy(job);
    await run.running();
    await eventually(() => records > 200);
    records = 0;
    await new Promise(resolve => setImmediate(resolve));
    await new Promise(resolve => setImmediate(resolve));
    expect(records).to.be.lessThan(20);
    run.cancel();
    await run.ended();
  });

  it('fails with what a source function throws, now or later', async () => {
    for (const run of [
      () => {
        throw new Error('now');
      },
      async () => {
        await later(2);
        throw new Error('later');
      },
    ]) {
      slots.updates.length = 0;
      const job = new TestingJob();
      job.source(...source(run), { name: 'Numbers' }).print();
      await slots.run(job).catch(() => {});
      expect(errorOf().message).to.match(/^'Numbers' \(1\/1\) failed: (now|later)$/);
    }
  });

  it('carries timestamps and watermarks to the sinks, over an exchange too', async () => {
    const seen: Array<[number, number | null, number]> = [];
    const mark = (timestamp: number) => ({ getTimestamp: () => timestamp });
    const job = new TestingJob();
    const run = (ctx: { collectWithTimestamp(x: number, t: number): void; emitWatermark(w: object): void }): void => {
      ctx.collectWithTimestamp(1, 100);
      ctx.emitWatermark(mark(150));
      ctx.collectWithTimestamp(2, 200);
    };
    job
      .source(...source(run))
      .map((x: number) => x)
      .by('rebalance')
      .sink(
        {
          invoke: (x: number, ctx: { timestamp(): number; currentWatermark(): number }) =>
            void seen.push([x, ctx.timestamp(), ctx.currentWatermark()]),
        },
        { chaining: 'NEVER' },
      );
    await slots.run(job);
    expect(seen).to.deep.equal([
      [1, 100, Number.MIN_SAFE_INTEGER],
      [2, 200, 150],
    ]);
  });

  it('fails what can not be bound, with its reason', async () => {
    await slots.close();
    slots = await TestingSlots.start(1, { bind: () => Promise.reject(new Error('no such bundle')) });
    const job = new TestingJob();
    job.elements([1]).print();
    await slots.run(job).catch(() => {});
    expect(errorOf().message).to.contain('no such bundle');
  });

  it('shares its thread in time slices', async () => {
    const job = new TestingJob();
    let count = 0;
    job
      .sequence(1, 1e9)
      .filter(() => {
        count++;
        return false;
      })
      .print();
    const run = slots.deploy(job);
    await run.running();
    const turns: number[] = [];
    // Time of the processor: a busy host makes turns longer, not what is done in them.
    while (turns.length < 20) {
      const since = process.cpuUsage();
      await new Promise(resolve => setImmediate(resolve));
      const { user, system } = process.cpuUsage(since);
      turns.push((user + system) / 1000);
    }
    expect(turns.sort((a, b) => a - b)[10]).to.be.lessThan(20);
    expect(count).to.be.greaterThan(1000);
    run.cancel();
    await run.ended();
  });
});
