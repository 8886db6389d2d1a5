import { LINES, lines, PAYLOADS, payloads } from './jobs/generator.js';

/** What a job has to come to, at every parallelism, on every runtime. */
export interface Answer {
  count: bigint;
  sum: bigint;
}

/** Of b1, b2 and b5, each calculated another way than by its job. */
export const expected = { mapFilter, wordCount, rebalance };

/** Of 3i + 1, i below `records`, without the multiples of 7. */
function mapFilter(records: number): Answer {
  const n = BigInt(records);
  // 3i + 1 is a multiple of 7 for i = 2, 9, 16 …, where it is 7, 28, 49 …
  const left = n < 3n ? 0n : (n - 3n) / 7n + 1n;
  const all = 3n * ((n * (n - 1n)) / 2n) + n;
  return { count: n - left, sum: all - (7n * left + 21n * ((left * (left - 1n)) / 2n)) };
}

/** A word that occurs k times has the updates 1, 2, … k. */
function wordCount(records: number, seed: number): Answer {
  const occurrences = new Map<string, number>();
  const [rounds, rest] = [Math.floor(records / LINES), records % LINES];
  for (const [i, line] of lines(seed).entries()) {
    const times = rounds + (i < rest ? 1 : 0);
    for (const word of line.split(' ')) occurrences.set(word, (occurrences.get(word) ?? 0) + times);
  }
  const answer = { count: 0n, sum: 0n };
  for (const times of occurrences.values()) {
    const k = BigInt(times);
    answer.count += k;
    answer.sum += (k * (k + 1n)) / 2n;
  }
  return answer;
}

/** i ^ 1 swaps neighbours: all but a last one without a neighbour keep their sum. */
function rebalance(records: number, seed: number): Answer {
  const n = BigInt(records);
  const ids = (n * (n - 1n)) / 2n + (n % 2n);
  let length = 0n;
  const [rounds, rest] = [Math.floor(records / PAYLOADS), records % PAYLOADS];
  for (const [i, payload] of payloads(seed).entries()) length += BigInt(payload.length * (rounds + (i < rest ? 1 : 0)));
  return { count: n, sum: ids + length };
}
