/** What each job comes to on Apache Flink 2.3, at every parallelism: count and sum, by records and seed. */
export const STATED = [
  { job: 'b1', records: 1000, seed: 42, count: 857, sum: 1_285_286 },
  { job: 'b1', records: 20_000, seed: 42, count: 17_143, sum: 514_294_285 },
  { job: 'b1', records: 60_000_000, seed: 42, count: 51_428_571, sum: 4_628_571_351_428_571 },
  { job: 'b2', records: 1000, seed: 42, count: 10_000, sum: 154_670 },
  { job: 'b2', records: 500, seed: 7, count: 5000, sum: 36_181 },
  { job: 'b2', records: 1_000_000, seed: 42, count: 10_000_000, sum: 141_913_405_005 },
  { job: 'b5', records: 1000, seed: 42, count: 1000, sum: 599_500 },
  { job: 'b5', records: 500, seed: 7, count: 500, sum: 174_750 },
  { job: 'b5', records: 6_000_000, seed: 42, count: 6_000_000, sum: 18_000_597_000_000 },
] as const;
