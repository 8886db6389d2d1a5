import { fileURLToPath } from 'node:url';
import { type Answer, expected } from './expected.js';

export interface Benchmark {
  /** As `--jobs` and the tables name it. */
  id: string;
  what: string;
  program: string;
  entry: string;
  /** What the source gives at `--scale 1`. */
  records: number;
  expected(records: number, seed: number): Answer;
}

const program = (name: string): string => fileURLToPath(new URL(`jobs/${name}.ts`, import.meta.url));

/** Each job's program here; ../flink/Benchmarks.java has those of the same ids. */
export const BENCHMARKS: readonly Benchmark[] = [
  {
    id: 'b1',
    what: 'map, filter: one chain',
    program: program('map-filter'),
    entry: 'MapFilter',
    records: 60_000_000,
    expected: expected.mapFilter,
  },
  {
    id: 'b2',
    what: 'word count, lines of ten words: hash exchange',
    program: program('word-count'),
    entry: 'WordCount',
    records: 1_000_000,
    expected: expected.wordCount,
  },
  {
    id: 'b5',
    what: 'records of 100 bytes: rebalance',
    program: program('rebalance'),
    entry: 'Rebalance',
    records: 6_000_000,
    expected: expected.rebalance,
  },
];
