package benchmarks;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Records 0 to n - 1, each made in the source itself: without the copy between operators that a sequence and a map after
 * it would cost. Subtask s of p gives s, s + p, s + 2p, ...
 */
final class GeneratorSource<T> implements Source<T, GeneratorSource.Part, Integer> {

    interface Maker<T> extends IntFunction<T>, Serializable {}

    private final long records;
    private final Maker<T> maker;

    GeneratorSource(long records, Maker<T> maker) {
        this.records = records;
        this.maker = maker;
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.BOUNDED;
    }

    @Override
    public SourceReader<T, Part> createReader(SourceReaderContext context) {
        return new Reader<>(records, maker);
    }

    @Override
    public SplitEnumerator<Part, Integer> createEnumerator(SplitEnumeratorContext<Part> context) {
        return new Enumerator(context);
    }

    @Override
    public SplitEnumerator<Part, Integer> restoreEnumerator(
            SplitEnumeratorContext<Part> context, Integer nothing) {
        return new Enumerator(context);
    }

    @Override
    public SimpleVersionedSerializer<Part> getSplitSerializer() {
        return new PartSerializer();
    }

    @Override
    public SimpleVersionedSerializer<Integer> getEnumeratorCheckpointSerializer() {
        return new NothingSerializer();
    }

    /** What one subtask gives, from {@code next} on. */
    static final class Part implements SourceSplit {
        final int stride;
        long next;

        Part(int stride, long next) {
            this.stride = stride;
            this.next = next;
        }

        @Override
        public String splitId() {
            return next % stride + "/" + stride;
        }
    }

    private static final class Reader<T> implements SourceReader<T, Part> {
        private final long records;
        private final Maker<T> maker;
        private final ArrayDeque<Part> parts = new ArrayDeque<>();
        private CompletableFuture<Void> available = new CompletableFuture<>();
        private boolean complete;

        Reader(long records, Maker<T> maker) {
            this.records = records;
            this.maker = maker;
        }

        @Override
        public void start() {}

        @Override
        public InputStatus pollNext(ReaderOutput<T> output) {
            Part part = parts.peek();
            if (part == null) {
                if (complete) {
                    return InputStatus.END_OF_INPUT;
                }
                available = new CompletableFuture<>();
                return InputStatus.NOTHING_AVAILABLE;
            }
            if (part.next >= records) {
                parts.poll();
                return InputStatus.MORE_AVAILABLE;
            }
            output.collect(maker.apply((int) part.next));
            part.next += part.stride;
            return InputStatus.MORE_AVAILABLE;
        }

        @Override
        public List<Part> snapshotState(long checkpointId) {
            List<Part> copies = new ArrayList<>();
            for (Part part : parts) {
                copies.add(new Part(part.stride, part.next));
            }
            return copies;
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return available;
        }

        @Override
        public void addSplits(List<Part> more) {
            parts.addAll(more);
            available.complete(null);
        }

        @Override
        public void notifyNoMoreSplits() {
            complete = true;
            available.complete(null);
        }

        @Override
        public void close() {}
    }

    private static final class Enumerator implements SplitEnumerator<Part, Integer> {
        private final SplitEnumeratorContext<Part> context;

        Enumerator(SplitEnumeratorContext<Part> context) {
            this.context = context;
        }

        @Override
        public void start() {}

        @Override
        public void addReader(int subtask) {
            context.assignSplit(new Part(context.currentParallelism(), subtask), subtask);
            context.signalNoMoreSplits(subtask);
        }

        /** A benchmark that had to restart is no benchmark. */
        @Override
        public void addSplitsBack(List<Part> parts, int subtask) {
            throw new IllegalStateException("Subtask " + subtask + " has failed.");
        }

        @Override
        public void handleSplitRequest(int subtask, String host) {}

        @Override
        public Integer snapshotState(long checkpointId) {
            return 0;
        }

        @Override
        public void close() {}
    }

    private static final class PartSerializer implements SimpleVersionedSerializer<Part> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(Part part) {
            return ByteBuffer.allocate(12).putInt(part.stride).putLong(part.next).array();
        }

        @Override
        public Part deserialize(int version, byte[] bytes) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            return new Part(buffer.getInt(), buffer.getLong());
        }
    }

    private static final class NothingSerializer implements SimpleVersionedSerializer<Integer> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(Integer nothing) {
            return new byte[0];
        }

        @Override
        public Integer deserialize(int version, byte[] bytes) {
            return 0;
        }
    }
}
