package benchmarks;

import java.io.Serializable;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.RuntimeContext;

/** The buckets of ../jobs/latency-histogram.ts: 32 of a microsecond each, then 32 an octave. */
final class LatencyHistogram implements Serializable {
    private static final int STEPS = 32;
    private final long[] counts = new long[STEPS * 28];

    void add(double milliseconds) {
        counts[bucketOf(milliseconds * 1000)]++;
    }

    void report(RuntimeContext context, String name) {
        for (int bucket = 0; bucket < counts.length; bucket++) {
            if (counts[bucket] > 0) {
                LongCounter counter = new LongCounter();
                counter.add(counts[bucket]);
                context.addAccumulator(name + "_" + bucket, counter);
            }
        }
    }

    private static int bucketOf(double microseconds) {
        int whole = (int) Math.max(0, Math.floor(microseconds));
        if (whole < STEPS) {
            return whole;
        }
        int shift = 26 - Integer.numberOfLeadingZeros(whole);
        return shift * STEPS + (whole >>> shift);
    }
}
