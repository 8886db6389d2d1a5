import { expect } from 'chai';
import { AbstractRichFunction, LongCounter, RichMapFunction } from '../../../api/index.js';
import { TestingJob } from '../testing-job.js';
import { TestingSlots } from '../testing-slots.js';

describe('operators', () => {
  let slots: TestingSlots;
  beforeEach(async () => {
    slots = await TestingSlots.start(1);
  });
  afterEach(() => slots.close());

  async function lines(build: (job: TestingJob) => void, config = {}): Promise<string[]> {
    const job = new TestingJob(config);
    build(job);
    await slots.run(job);
    return slots.lines;
  }
  const failure = (build: (job: TestingJob) => void): Promise<string> =>
    lines(build).then(
      () => 'no failure',
      (error: Error) => error.message,
    );
  const later = <T>(value: T, ms: number): Promise<T> => new Promise(resolve => setTimeout(resolve, ms, value));

  it('map takes lambdas and objects with map', async () => {
    const twice = {
      factor: 2,
      map(x: number): number {
        return x * this.factor;
      },
    };
    expect(
      await lines(j =>
        j
          .elements([1, 2])
          .map((x: number) => x + 1)
          .map(twice)
          .print(),
      ),
    ).to.deep.equal(['4', '6']);
  });

  it('filter keeps what is true', async () => {
    expect(
      await lines(j =>
        j
          .elements([1, 2, 3, 4])
          .filter((x: number) => x % 2 === 0)
          .print(),
      ),
    ).to.deep.equal(['2', '4']);
  });

  it('flatMap takes both styles: collecting and returning', async () => {
    const collecting = (x: number, out: { collect(r: unknown): void }): void => {
      for (let i = 0; i < x; i++) out.collect(`${x}.${i}`);
    };
    expect(await lines(j => j.elements([1, 2, 0]).flatMap(collecting).print())).to.deep.equal(['1.0', '2.0', '2.1']);
    slots.printed.length = 0;
    expect(
      await lines(j =>
        j
          .elements(['a b', '', 'c'])
          .flatMap((s: string) => s.split(' '))
          .print(),
      ),
    ).to.deep.equal(['a', 'b', '', 'c']);
    slots.printed.length = 0;
    function* generator(x: number): Generator<number> {
      yield x;
      yield -x;
    }
    expect(await lines(j => j.elements([1, 2]).flatMap({ flatMap: generator }).print())).to.deep.equal([
      '1',
      '-1',
      '2',
      '-2',
    ]);
  });

  it('flatMap says what it got instead of an iterable', async () => {
    expect(
      await failure(j =>
        j
          .elements([1])
          .flatMap((x: number) => x)
          .print(),
      ),
    ).to.contain("'Flat Map' returned a number");
  });

  it('waits for promises, keeps the order, and lets later operators do so too', async () => {
    const order = await lines(j =>
      j
        .sequence(1, 40)
        .map((x: number) => (x % 3 === 0 ? later(x, 40 - x) : x))
        .flatMap(async (x: number, out: { collect(r: number): void }) => {
          out.collect(x);
          if (x % 5 === 0) await later(0, 1);
          out.collect(x + 0.5);
        })
        .filter((x: number) => (x % 7 === 0 ? Promise.resolve(false) : true))
        .print(),
    );
    const expected = Array.from({ length: 40 }, (_, i) => [i + 1, i + 1.5])
      .flat()
      .filter(x => x % 7 !== 0);
    expect(order.map(Number)).to.deep.equal(expected);
  });

  it('a rejected promise fails the job as an exception does', async () => {
    expect(
      await failure(j =>
        j
          .elements([1])
          .map(async () => {
            throw new RangeError('too far');
          })
          .print(),
      ),
    ).to.equal('too far');
  });

  it('reduce emits each new value, by key', async () => {
    const words = ['a', 'b', 'a', 'a', 'b'].map(w => [w, 1]);
    const add = (x: [string, number], y: [string, number]) => [x[0], x[1] + y[1]];
    expect(
      await lines(j =>
        j
          .elements(words)
          .keyBy((t: [string, number]) => t[0])
          .reduce(add)
          .print(),
      ),
    ).to.deep.equal(['(a,1)', '(b,1)', '(a,2)', '(a,3)', '(b,2)']);
  });

  it('reduce waits for promises before it takes the next record of the key', async () => {
    const add = (x: number, y: number) => later(x + y, 2);
    expect(
      await lines(j =>
        j
          .sequence(1, 6)
          .keyBy(() => 0)
          .reduce(add)
          .print(),
      ),
    ).to.deep.equal(['1', '3', '6', '10', '15', '21']);
  });

  it('a reduce that changes its first argument, and a map after it that changes the result, do not meet', async () => {
    const add = (x: { n: number }, y: { n: number }) => {
      x.n += y.n;
      return x;
    };
    const spoil = (x: { n: number }) => {
      x.n *= 100;
      return x;
    };
    const out = await lines(j =>
      j
        .elements([1, 2, 3].map(n => ({ n })))
        .keyBy(() => 'k')
        .reduce(add)
        .map(spoil)
        .print(),
    );
    expect(out).to.deep.equal(['{"n":100}', '{"n":300}', '{"n":600}']);
  });

  const rows = [
    { k: 'x', v: 3, t: 'first' },
    { k: 'x', v: 1, t: 'second' },
    { k: 'y', v: 7, t: 'other' },
    { k: 'x', v: 3, t: 'third' },
    { k: 'x', v: 1, t: 'fourth' },
  ];
  const xRows: Record<string, string[]> = {
    sum: ['3 first', '4 first', '7 first', '8 first'],
    min: ['3 first', '1 first', '1 first', '1 first'],
    max: ['3 first', '3 first', '3 first', '3 first'],
    'min-by': ['3 first', '1 second', '1 second', '1 second'],
    'max-by': ['3 first', '3 first', '3 first', '3 first'],
  };
  for (const [aggregate, expected] of Object.entries(xRows)) {
    it(`${aggregate} of a field, as Flink gives it`, async () => {
      const out = await lines(j =>
        j
          .elements(rows)
          .keyBy((r: { k: string }) => r.k)
          .to({ kind: 'aggregate-field', aggregate: aggregate as 'sum', field: 'v' })
          .filter((r: { k: string }) => r.k === 'x')
          .map((r: { v: number; t: string }) => `${r.v} ${r.t}`)
          .print(),
      );
      expect(out).to.deep.equal(expected);
    });
  }

  for (const [aggregate, expected] of Object.entries({
    'min-by': ['3 first', '1 second', '1 second', '1 fourth'],
    'max-by': ['3 first', '3 first', '3 third', '3 third'],
  })) {
    it(`${aggregate} gives the last of equal records where that is wanted`, async () => {
      const out = await lines(j =>
        j
          .elements(rows)
          .keyBy((r: { k: string }) => r.k)
          .to({ kind: 'aggregate-field', aggregate: aggregate as 'min-by', field: 'v', last: true })
          .filter((r: { k: string }) => r.k === 'x')
          .map((r: { v: number; t: string }) => `${r.v} ${r.t}`)
          .print(),
      );
      expect(out).to.deep.equal(expected);
    });
  }

  it('aggregates positions of tuples, records themselves, bigints and strings', async () => {
    expect(
      await lines(j =>
        j
          .elements([
            ['a', 1n],
            ['a', 2n],
          ])
          .keyBy((t: [string]) => t[0])
          .sum(1)
          .print(),
      ),
    ).to.deep.equal(['(a,1)', '(a,3)']);
    slots.printed.length = 0;
    expect(
      await lines(j =>
        j
          .elements([1, 2, 3])
          .keyBy((x: number) => x % 2)
          .sum(null)
          .print(),
      ),
    ).to.deep.equal(['1', '2', '4']);
    slots.printed.length = 0;
    expect(
      await lines(j =>
        j
          .elements(['b', 'a', 'c'])
          .keyBy(() => 0)
          .to({ kind: 'aggregate-field', aggregate: 'min', field: null })
          .print(),
      ),
    ).to.deep.equal(['b', 'a', 'a']);
  });

  it('a field that can not be summed is named', async () => {
    expect(
      await failure(j =>
        j
          .elements([{ k: 1, v: 'x' }])
          .keyBy((r: { k: number }) => r.k)
          .sum('v')
          .print(),
      ),
    ).to.match(/'Sum' can't aggregate field 'v': it is string/);
    expect(
      await failure(j =>
        j
          .elements([{ k: 1 }])
          .keyBy((r: { k: number }) => r.k)
          .sum('v')
          .print(),
      ),
    ).to.contain('it is undefined');
  });

  for (const [what, key] of [
    ['null', null],
    ['undefined', undefined],
    ['a Map', new Map()],
  ] as const) {
    it(`refuses ${what} as a key`, async () => {
      expect(
        await failure(j =>
          j
            .elements([1])
            .keyBy(() => key)
            .reduce((a: number) => a)
            .print(),
        ),
      ).to.match(/[kK]ey can't be/);
    });
  }

  it('print marks lines with name and subtask, as Flink does', async () => {
    const at = async (prefix: string, parallelism: number): Promise<string[]> => {
      slots.printed.length = 0;
      return (await lines(j => j.sequence(1, 2, parallelism).print(prefix, { parallelism }))).sort();
    };
    expect(await at('', 1)).to.deep.equal(['1', '2']);
    expect(await at('', 2)).to.deep.equal(['1> 1', '2> 2']);
    expect(await at('numbers', 1)).to.deep.equal(['numbers> 1', 'numbers> 2']);
    expect(await at('numbers', 2)).to.deep.equal(['numbers:1> 1', 'numbers:2> 2']);
  });

  it('a sequence is split without gaps', async () => {
    const out = await lines(j => j.sequence(-3, 12, 3).print('', { parallelism: 3 }));
    expect(out.map(l => Number(l.split('> ')[1])).sort((a, b) => a - b)).to.deep.equal(
      Array.from({ length: 16 }, (_, i) => i - 3),
    );
    expect(new Set(out.map(l => l[0])).size).to.equal(3);
  });

  it('a sink function gets each record and its context', async () => {
    const seen: unknown[] = [];
    await lines(j =>
      j.elements(['a', 'b']).sink({
        invoke: (value: string, ctx: { timestamp(): number | null; currentProcessingTime(): number }) => {
          seen.push([value, ctx.timestamp(), typeof ctx.currentProcessingTime()]);
        },
      }),
    );
    expect(seen).to.deep.equal([
      ['a', null, 'number'],
      ['b', null, 'number'],
    ]);
  });

  it('rich functions are opened before, closed after, and see their task', async () => {
    const events: string[] = [];
    class Rich extends RichMapFunction<number, string> {
      override open(): void {
        const info = this.getRuntimeContext().getTaskInfo();
        events.push(
          `open ${info.getTaskName()} ${info.getIndexOfThisSubtask()}/${info.getNumberOfParallelSubtasks()} attempt ${info.getAttemptNumber()}`,
        );
      }
      map(x: number): string {
        events.push(`map ${x}`);
        return `${x}`;
      }
      override async close(): Promise<void> {
        await later(0, 5);
        events.push('close');
      }
    }
    await lines(j => j.elements([7]).map(new Rich()).print());
    expect(events).to.deep.equal(['open Map 0/1 attempt 0', 'map 7', 'close']);
  });

  it('accumulators of one name in a chain are added up, and come with the end', async () => {
    class Counting extends RichMapFunction<number, number> {
      private readonly counter = new LongCounter();
      override open(): void {
        this.getRuntimeContext().addAccumulator('seen', this.counter);
      }
      map(x: number): number {
        this.counter.add(1);
        return x;
      }
    }
    const job = new TestingJob();
    job.sequence(1, 10).map(new Counting()).map(new Counting()).print();
    const run = await slots.run(job);
    expect(run.updates.at(-1)).to.deep.include({
      state: 'FINISHED',
      accumulators: { seen: { type: 'LongCounter', value: 20 } },
    });
  });

  it('an accumulator of a name that the function has already is refused', async () => {
    class Twice extends AbstractRichFunction {
      override open(): void {
        this.getRuntimeContext().addAccumulator('n', new LongCounter());
        this.getRuntimeContext().addAccumulator('n', new LongCounter());
      }
      map(x: number): number {
        return x;
      }
    }
    expect(await failure(j => j.elements([1]).map(new Twice()).print())).to.contain("accumulator 'n' already exists");
  });

  it('a function of the wrong kind is refused by name', async () => {
    expect(
      await failure(j =>
        j
          .elements([1])
          .map({ filter: () => true })
          .print(),
      ),
    ).to.contain("'Map' has no function");
  });

  it('a chain that forks gives each side a record of its own; with object reuse they share it', async () => {
    const spoil = (r: { n: number }) => {
      r.n += 100;
      return r;
    };
    const fork = (j: TestingJob): void => {
      const source = j.elements([{ n: 1 }]).map((r: unknown) => r);
      source.map(spoil).print('a');
      source.map(spoil).print('b');
    };
    expect((await lines(fork)).sort()).to.deep.equal(['a> {"n":101}', 'b> {"n":101}']);
    slots.printed.length = 0;
    expect((await lines(fork, { objectReuse: true })).sort()).to.deep.equal(['a> {"n":101}', 'b> {"n":201}']);
  });

  it('elements of a collection are the same for a second attempt', async () => {
    const job = new TestingJob();
    job
      .elements([{ n: 1 }])
      .map((r: { n: number }) => {
        r.n++;
        return r;
      })
      .print();
    await slots.run(job);
    await slots.run(job);
    expect(slots.lines).to.deep.equal(['{"n":2}', '{"n":2}']);
  });
});
