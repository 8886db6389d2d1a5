package benchmarks;

import java.io.Serializable;
import java.util.function.ToLongFunction;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.util.Collector;

/** As ../jobs/counting-sink.ts: counts the records and adds up one number of each. Passes nothing on. */
final class CountingFunction<T> extends RichFlatMapFunction<T, Long> {

    interface NumberOf<T> extends ToLongFunction<T>, Serializable {}

    private final NumberOf<T> numberOf;
    private final LongCounter count = new LongCounter();
    private final LongCounter sum = new LongCounter();

    CountingFunction(NumberOf<T> numberOf) {
        this.numberOf = numberOf;
    }

    @Override
    public void open(OpenContext context) {
        getRuntimeContext().addAccumulator("out_count", count);
        getRuntimeContext().addAccumulator("out_sum", sum);
    }

    @Override
    public void flatMap(T record, Collector<Long> out) {
        count.add(1L);
        sum.add(numberOf.applyAsLong(record));
    }
}
