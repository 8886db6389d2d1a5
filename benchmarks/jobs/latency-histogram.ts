/** Buckets of an octave: a value is known to a thirty-second of itself. */
const STEPS = 32;

/**
 * Counts of times in buckets that grow with the value; ../flink/LatencyHistogram.java has the same ones. Bucket b < 32 holds b
 * microseconds; from there on 32 buckets take each octave.
 */
export class LatencyHistogram {
  private counts = new Float64Array(STEPS * 28);

  /** Milliseconds; what is below nothing counts as nothing. */
  add(ms: number): void {
    this.counts[bucketOf(ms * 1000)]!++;
  }

  addCount(bucket: number, count: number): void {
    this.counts[bucket]! += count;
  }

  /** Buckets that hold something. */
  entries(): Array<[bucket: number, count: number]> {
    return [...this.counts.entries()].filter(([, count]) => count > 0);
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** Milliseconds that the share `q` of the values does not exceed; NaN of none. */
  quantile(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.count));
    let seen = 0;
    for (const [bucket, count] of this.entries()) {
      seen += count;
      if (seen >= rank) return upperEnd(bucket) / 1000;
    }
    return Number.NaN;
  }
}

function bucketOf(microseconds: number): number {
  const whole = Math.min(2 ** 31 - 1, Math.max(0, Math.floor(microseconds)));
  if (whole < STEPS) return whole;
  const shift = 26 - Math.clz32(whole);
  return shift * STEPS + (whole >>> shift);
}

/** Of a bucket, in microseconds. */
function upperEnd(bucket: number): number {
  if (bucket < STEPS) return bucket + 1;
  const shift = Math.floor(bucket / STEPS) - 1;
  return (bucket - shift * STEPS + 1) * 2 ** shift;
}
