import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { anyRecord } from '../core/types/any-record.js';
import { TestingProgramJob } from './testing-program-job.js';
import { TestingSlots } from './testing-slots.js';

const EDGES = [
  { name: 'within a slot', slots: 1, linked: false },
  { name: 'over a ring', slots: 2, linked: true },
  { name: 'over a socket', slots: 2, linked: false },
] as const;

/** Groups of equal keys: of all kinds, and of one kind, which stand in columns. */
const KEYS: unknown[][][] = [
  [
    ['a'],
    ['\ud800'],
    [1],
    [1n],
    ['1'],
    [0, -0],
    [Number.NaN],
    [true],
    [new Date(5), new Date(5)],
    [[1, 'x']],
    [['1', 'x']],
    [
      { a: 1, b: [new Date(7), -0] },
      { b: [new Date(7), 0], a: 1 },
    ],
  ],
  [[0, -0], [Number.NaN], [1], [-1], [1.5], [2 ** 31], [2 ** 40], [Number.POSITIVE_INFINITY]],
  [['a'], ['b'], ['\ud800'], ['\ud801'], ['\ufffd'], ['ä'], ['a longer key than eight'], ['']],
  [[true], [false]],
  [[1n], [-1n], [2n ** 63n], [2n ** 80n]],
];

/** Enough that an edge knows its layout, and the task is compiled. */
const MANY = 400;

/** Streams whose records are alike, as most are, and stand in columns; then some of any other kind. */
const alike = fc
  .constantFrom<fc.Arbitrary<unknown>[]>(
    [fc.integer()],
    [fc.double(), fc.boolean()],
    [fc.string(), fc.integer()],
    [fc.string({ unit: 'binary' }), fc.double(), fc.boolean()],
  )
  .chain(kinds =>
    fc.tuple(
      fc.array(kinds.length === 1 ? kinds[0]! : fc.tuple(...kinds), { minLength: MANY, maxLength: MANY }),
      fc.array(anyRecord, { maxLength: 10 }),
    ),
  )
  .map(([first, others]) => [...first, ...others]);

for (const edge of EDGES) {
  describe(`records ${edge.name}`, () => {
    let slots: TestingSlots;
    before(async () => {
      slots = await TestingSlots.start(edge.slots, { linked: edge.linked });
    });
    after(() => slots.close());

    /** Each vertex in the next slot. */
    async function travel(records: unknown[]): Promise<unknown[]> {
      const got: unknown[] = [];
      const job = new TestingProgramJob(env => {
        env
          .fromSequence(0, records.length - 1)
          .setParallelism(1)
          .map(i => records[i])
          .rebalance()
          .addSink(record => void got.push(record));
      });
      await slots.run(job, { shift: 1 });
      return got;
    }

    it('come as they were, whatever they hold', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 40 }), async records => {
          expect(isDeepStrictEqual(await travel(records), records)).to.equal(true);
        }),
        { numRuns: 15 },
      );
    });

    it('come as they were also where most are alike', async () => {
      await fc.assert(
        fc.asyncProperty(alike, async records => {
          expect(isDeepStrictEqual(await travel(records), records)).to.equal(true);
        }),
        { numRuns: 8 },
      );
    });

    it('are refused with the path of what can not travel', async () => {
      class Secret {}
      const cycle: Record<string, unknown> = {};
      cycle.self = cycle;
      const offences: Array<[unknown, RegExp]> = [
        [{ a: [1, { b: () => 1 }] }, /its field 'a\[1\]\.b' is a function/],
        [new Map([['k', Symbol('s')]]), /its field 'get\("k"\)' is a symbol/],
        [new Map([[{ f: Symbol('s') }, 1]]), /its field '<key of the Map>\.f' is a symbol/],
        [
          new Set([new Secret()]),
          /its field '<item of the Set>' is an instance of Secret, a class that is not registered/,
        ],
        [{ when: /x/ }, /its field 'when' is an instance of RegExp/],
        [{ raw: new ArrayBuffer(1) }, /its field 'raw' is an instance of ArrayBuffer/],
        [{ p: Promise.resolve(1) }, /its field 'p' is an instance of Promise/],
        [cycle, /nested deeper than 128, or a cycle/],
      ];
      for (const [record, message] of offences) {
        const error = await travel([record]).then(
          () => new Error('it travelled'),
          (e: Error) => e,
        );
        expect(error.message).to.match(message);
      }
    });

    it('find the state of their key by its value', async () => {
      for (const groups of KEYS) {
        const keys = groups.flatMap((equal, group) => equal.map(key => ({ key, group })));
        const totals = new Map<number, number[]>();
        await slots.run(
          new TestingProgramJob(env => {
            env
              .fromSequence(0, keys.length * 60 - 1)
              .setParallelism(1)
              .map(i => ({ ...keys[i % keys.length]!, n: 1 }))
              .keyBy(r => r.key)
              .reduce((a, b) => ({ key: a.key, group: a.group, n: a.n + b.n }))
              .addSink(({ group, n }) => void totals.set(group, [...(totals.get(group) ?? []), n]));
          }),
          { shift: 1, parallelism: edge.slots },
        );
        // Each group has one count, which went up by one with each record.
        for (const [group, equal] of groups.entries()) {
          const counts = Array.from({ length: equal.length * 60 }, (_, i) => i + 1);
          expect(totals.get(group)?.sort((a, b) => a - b)).to.deep.equal(counts);
        }
      }
    });
  });
}
