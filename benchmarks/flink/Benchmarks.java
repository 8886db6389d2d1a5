package benchmarks;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;
import org.apache.flink.util.ParameterTool;

/**
 * The jobs of ../jobs as a Flink user who cares for speed writes them: tuples, whose serializers are generated from their
 * types, and no strings split by regular expressions.
 * {@code --job b1|b2|b5|tiny --records N [--seed 42] [--reuse true]}
 */
public final class Benchmarks {
    private static final TypeInformation<Tuple2<String, Long>> COUNT = Types.TUPLE(Types.STRING, Types.LONG);
    private static final TypeInformation<Tuple2<Integer, String>> MESSAGE = Types.TUPLE(Types.INT, Types.STRING);

    private Benchmarks() {}

    public static void main(String[] args) throws Exception {
        ParameterTool parameters = ParameterTool.fromArgs(args);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setMaxParallelism(128);
        if (parameters.getBoolean("reuse", false)) {
            env.getConfig().enableObjectReuse();
        }
        String job = parameters.getRequired("job");
        long records = parameters.getLong("records");
        int seed = parameters.getInt("seed", 42);
        build(env, job, records, seed).sinkTo(new DiscardingSink<>());
        env.execute(job);
    }

    private static DataStream<Long> build(StreamExecutionEnvironment env, String job, long records, int seed) {
        switch (job) {
            case "b1":
                return source(env, records, i -> (long) i, Types.LONG)
                        .map(i -> i * 3 + 1)
                        .returns(Types.LONG)
                        .filter(value -> value % 7 != 0)
                        .flatMap(new CountingFunction<>(value -> value))
                        .returns(Types.LONG);
            case "b2":
                return source(env, records, new LineOf(seed), Types.STRING)
                        .flatMap(new Words())
                        .returns(COUNT)
                        .keyBy(count -> count.f0, Types.STRING)
                        .reduce((a, b) -> Tuple2.of(a.f0, a.f1 + b.f1))
                        .flatMap(new CountingFunction<Tuple2<String, Long>>(count -> count.f1))
                        .returns(Types.LONG);
            case "b5":
                return source(env, records, new MessageOf(seed), MESSAGE)
                        .rebalance()
                        .map(message -> Tuple2.of(message.f0 ^ 1, message.f1))
                        .returns(MESSAGE)
                        .flatMap(new CountingFunction<Tuple2<Integer, String>>(m -> m.f0 + m.f1.length()))
                        .returns(Types.LONG);
            case "tiny":
                return env.fromData("to be or not to be", "that is the question")
                        .flatMap(new Words())
                        .returns(COUNT)
                        .keyBy(count -> count.f0, Types.STRING)
                        .sum(1)
                        .flatMap(new CountingFunction<Tuple2<String, Long>>(count -> count.f1))
                        .returns(Types.LONG);
            default:
                throw new IllegalArgumentException("--job " + job + ": there are b1, b2, b5 and tiny.");
        }
    }

    private static <T> DataStream<T> source(
            StreamExecutionEnvironment env, long records, GeneratorSource.Maker<T> maker, TypeInformation<T> type) {
        return env.fromSource(
                new GeneratorSource<>(records, maker), WatermarkStrategy.noWatermarks(), "generator", type);
    }

    private static final class LineOf implements GeneratorSource.Maker<String> {
        private final int seed;
        private transient String[] lines;

        LineOf(int seed) {
            this.seed = seed;
        }

        @Override
        public String apply(int i) {
            if (lines == null) {
                lines = Generator.lines(seed);
            }
            return lines[i & (Generator.LINES - 1)];
        }
    }

    private static final class MessageOf implements GeneratorSource.Maker<Tuple2<Integer, String>> {
        private final int seed;
        private transient String[] payloads;

        MessageOf(int seed) {
            this.seed = seed;
        }

        @Override
        public Tuple2<Integer, String> apply(int i) {
            if (payloads == null) {
                payloads = Generator.payloads(seed);
            }
            return Tuple2.of(i, payloads[i & (Generator.PAYLOADS - 1)]);
        }
    }

    private static final class Words implements FlatMapFunction<String, Tuple2<String, Long>> {
        @Override
        public void flatMap(String line, Collector<Tuple2<String, Long>> out) {
            int from = 0;
            for (int to = line.indexOf(' '); to >= 0; to = line.indexOf(' ', from)) {
                out.collect(Tuple2.of(line.substring(from, to), 1L));
                from = to + 1;
            }
            out.collect(Tuple2.of(line.substring(from), 1L));
        }
    }
}
