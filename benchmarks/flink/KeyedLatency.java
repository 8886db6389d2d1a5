package benchmarks;

import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;
import org.apache.flink.util.ParameterTool;

/** The job of ../jobs/keyed-latency.ts, with the same arguments. */
public final class KeyedLatency {

    private KeyedLatency() {}

    public static void main(String[] args) throws Exception {
        ParameterTool parameters = ParameterTool.fromArgs(args);
        int parallelism = parameters.getInt("parallelism", 2);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(parallelism);
        env.setMaxParallelism(128);
        env.setBufferTimeout(parameters.getLong("timeout", 100));
        env.getConfig().enableObjectReuse();
        ScheduledSource schedule =
                new ScheduledSource(
                        parameters.getDouble("rate") / parallelism,
                        parameters.getDouble("warm-up", 1500),
                        parameters.getDouble("measured", 3000),
                        parameters.getInt("seed", 42));
        env.fromSource(
                        new GeneratorSource<>(parallelism, i -> (long) i),
                        WatermarkStrategy.noWatermarks(),
                        "schedule",
                        Types.LONG)
                .flatMap(schedule)
                .returns(Types.TUPLE(Types.STRING, Types.DOUBLE, Types.INT))
                .keyBy(message -> message.f0, Types.STRING)
                .flatMap(new Sink())
                .returns(Types.LONG)
                .sinkTo(new DiscardingSink<>());
        env.execute("keyed-latency");
    }

    /** Looks at what came from another subtask, which has a TaskManager of its own. */
    private static final class Sink extends RichFlatMapFunction<Tuple3<String, Double, Integer>, Long> {
        private final LongCounter count = new LongCounter();
        private transient LatencyHistogram crossed;
        private transient LatencyHistogram stayed;
        private transient int subtask;

        @Override
        public void open(OpenContext context) {
            getRuntimeContext().addAccumulator("out_count", count);
            subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
            crossed = new LatencyHistogram();
            stayed = new LatencyHistogram();
        }

        @Override
        public void flatMap(Tuple3<String, Double, Integer> message, Collector<Long> out) {
            count.add(1L);
            if (message.f1 != 0) {
                (message.f2 == subtask ? stayed : crossed).add(ScheduledSource.now() - message.f1);
            }
        }

        @Override
        public void close() {
            crossed.report(getRuntimeContext(), "crossed");
            stayed.report(getRuntimeContext(), "stayed");
        }
    }
}
