import { expect } from 'chai';
import fc from 'fast-check';
import { TestingJob, type TestingStream } from '../testing-job.js';
import { TestingSlots } from '../testing-slots.js';

type Step = (stream: TestingStream) => TestingStream;
type Out = { collect(x: unknown): void };
type KeyedContext = { getCurrentKey(): unknown; timerService(): { registerEventTimeTimer(time: number): void } };

const number = (x: unknown): number => (typeof x === 'number' ? x : JSON.stringify(x).length);

/** Steps that any record may go through, by name. */
const steps: Record<string, Step> = {
  double: s => s.map((x: unknown) => (typeof x === 'number' ? x * 2 : x)),
  'to a tuple': s => s.map((x: unknown) => [`k${number(x) % 7}`, number(x)]),
  'to an object': s =>
    s.map((x: unknown) => ({ name: `k${number(x) % 5}`, count: number(x) / 2, even: number(x) % 2 === 0 })),
  'to a text': s => s.map((x: unknown) => `some text that is longer than twelve units, ${JSON.stringify(x)}`),
  'sometimes null': s => s.map((x: unknown) => (number(x) % 101 === 0 ? null : x)),
  'sometimes a promise': s => s.map((x: unknown) => (number(x) % 301 === 7 ? Promise.resolve(x) : x)),
  'keep most': s => s.filter((x: unknown) => number(x) % 3 !== 0),
  'collect twice': s =>
    s.flatMap((x: unknown, out: Out) => {
      out.collect(x);
      out.collect([number(x), 'again']);
    }),
  'return a list': s => s.flatMap((x: unknown) => (number(x) % 2 === 0 ? [x, x] : [])),
  'collect, then return a promise': s =>
    s.flatMap((x: unknown, out: Out) => {
      out.collect(x);
      return number(x) % 307 === 9 ? Promise.resolve([x]) : undefined;
    }),
  process: s =>
    s.to(
      { kind: 'process' },
      {
        function: (x: unknown, ctx: { timestamp(): unknown }, out: Out) => {
          if (number(x) % 2 === 0) out.collect([x, ctx.timestamp()]);
          out.collect(x);
          return number(x) % 311 === 5 ? Promise.resolve() : undefined;
        },
      },
    ),
  'process by key, timers at the end': s =>
    s
      .keyBy((x: unknown) => `key ${number(x) % 11}`)
      .to(
        { kind: 'keyed-process' },
        {
          function: {
            processElement(x: unknown, ctx: KeyedContext, out: Out) {
              out.collect([ctx.getCurrentKey(), x]);
              ctx.timerService().registerEventTimeTimer(number(x) % 50);
            },
            onTimer(time: number, ctx: KeyedContext, out: Out) {
              out.collect([ctx.getCurrentKey(), time]);
              return time === 7 ? Promise.resolve() : undefined;
            },
          },
        },
      ),
  exchange: s => s.by('rebalance').map((x: unknown) => x, { chaining: 'NEVER' }),
  'count by key': s =>
    s
      .keyBy((x: unknown) => `key ${number(x) % 13}`)
      .reduce((a: unknown, b: unknown) => (Array.isArray(a) && Array.isArray(b) ? [a[0], number(a[1]) + 1] : b)),
  'sum by a field': s =>
    s
      .map((x: unknown) => [`k${number(x) % 7}`, 1])
      .keyBy((x: [string, number]) => x[0])
      .sum(1),
  'reduce objects': s =>
    s
      .map((x: unknown) => ({ word: `w${number(x) % 11}`, n: 1 }))
      .keyBy((x: { word: string }) => x.word)
      .reduce((a: { word: string; n: number }, b: { n: number }) => ({ word: a.word, n: a.n + b.n })),
  'by numbers': s =>
    s
      .map((x: unknown) => [number(x) % 10, number(x)])
      .keyBy((x: number[]) => x[0])
      .reduce((a: number[], b: number[]) => [a[0], a[1]! + b[1]!]),
};

/** What arrived at the sinks: the stream's own records, and those of a second sink that changes what it gets. */
async function run(
  names: string[],
  records: number,
  options: { interpreted: boolean; slots: number },
): Promise<string[]> {
  const slots = await TestingSlots.start(options.slots, { interpreted: options.interpreted });
  try {
    const job = new TestingJob();
    const got: string[] = [];
    const source = job.sequence(0, records - 1).map((x: number) => x);
    const end = names.reduce((stream, name) => steps[name]!(stream), source);
    end.sink((x: unknown) => {
      got.push(JSON.stringify(x));
      if (Array.isArray(x)) x[0] = 'changed';
    });
    end.sink((x: unknown) => {
      got.push(`second ${JSON.stringify(x)}`);
      if (typeof x === 'object' && x !== null && 'n' in x) (x as { n: unknown }).n = 'changed';
    });
    await slots.run(job, { shift: 1 });
    return got;
  } finally {
    await slots.close();
  }
}

const byFirst = (lines: string[]): string[] => lines.filter(l => !l.startsWith('second'));
const bySecond = (lines: string[]): string[] => lines.filter(l => l.startsWith('second'));

/** How many records arrived. */
async function expectSame(names: string[], records: number, slots: number): Promise<number> {
  const compiled = await run(names, records, { interpreted: false, slots });
  const plain = await run(names, records, { interpreted: true, slots });
  expect(byFirst(compiled), names.join(', ')).to.deep.equal(byFirst(plain));
  expect(bySecond(compiled), names.join(', ')).to.deep.equal(bySecond(plain));
  return compiled.length;
}

describe('a compiled chain', () => {
  for (const name of Object.keys(steps)) {
    it(`does what the operators do one by one: ${name}`, async () => {
      expect(await expectSame([name], 2000, 1)).to.be.greaterThan(0);
      expect(await expectSame([name, 'exchange', 'double'], 2000, 2)).to.be.greaterThan(0);
    });
  }

  it('does what the operators do one by one, whatever their order', async () => {
    const names = fc.array(fc.constantFrom(...Object.keys(steps)), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(names, fc.constantFrom(300, 1500), fc.constantFrom(1, 2), async (list, records, slots) => {
        await expectSame(list, records, slots);
      }),
      { numRuns: 15 },
    );
  });
});
