package benchmarks;

import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.util.Collector;

/**
 * Record i is due at start + i / rate, whatever became of those before it. Runs behind a source that gives each subtask one
 * record; sleeps a millisecond where nothing is due, as the program of ../jobs/keyed-latency.ts does.
 */
final class ScheduledSource extends RichFlatMapFunction<Long, Tuple3<String, Double, Integer>> {
    private static final int KEYS = 10_000;
    private static final int SALT = 3;
    private static final double GRACE_MS = 3000;
    private static final long TICK_NANOS = 1_000_000;

    private final double rate;
    private final double warmUpMs;
    private final double measuredMs;
    private final int seed;

    ScheduledSource(double rate, double warmUpMs, double measuredMs, int seed) {
        this.rate = rate;
        this.warmUpMs = warmUpMs;
        this.measuredMs = measuredMs;
        this.seed = seed;
    }

    /** Milliseconds of the host's monotonic clock, which all of its processes share. */
    static double now() {
        return System.nanoTime() / 1e6;
    }

    @Override
    public void flatMap(Long ignored, Collector<Tuple3<String, Double, Integer>> out) {
        RuntimeContext context = getRuntimeContext();
        int subtask = context.getTaskInfo().getIndexOfThisSubtask();
        LatencyHistogram lateness = new LatencyHistogram();
        String[] keys = new String[KEYS];
        for (int k = 0; k < KEYS; k++) {
            keys[k] = "key-" + (10_000 + k);
        }
        double perMs = rate / 1000;
        double start = now();
        double measuredFrom = start + warmUpMs;
        double end = measuredFrom + measuredMs;
        long emitted = 0;
        long measured = 0;
        int next = 0;
        while (true) {
            double at = now();
            if (at >= (rate == 0 ? end : end + GRACE_MS)) {
                break;
            }
            int due = rate == 0 ? next + 64 : (int) Math.ceil((Math.min(at, end) - start) * perMs);
            for (; next < due; next++) {
                double scheduled = rate == 0 ? at : start + next / perMs;
                boolean counts = scheduled >= measuredFrom;
                String key = keys[(Generator.draw(seed, SALT + subtask, next) >>> 1) % KEYS];
                out.collect(Tuple3.of(key, counts ? scheduled : 0, subtask));
                emitted++;
                if (counts) {
                    measured++;
                    if ((next & 63) == 0) {
                        lateness.add(at - scheduled);
                    }
                }
            }
            if (rate == 0) {
                continue;
            }
            if (at >= end) {
                break;
            }
            LockSupport.parkNanos(TICK_NANOS);
        }
        count(context, "in_count", emitted);
        count(context, "in_measured", measured);
        long dropped = rate == 0 ? 0 : (long) Math.ceil((end - start) * perMs) - next;
        count(context, "in_dropped", Math.max(0, dropped));
        lateness.report(context, "late");
    }

    private static void count(RuntimeContext context, String name, long value) {
        LongCounter counter = new LongCounter();
        counter.add(value);
        context.addAccumulator(name, counter);
    }
}
