package benchmarks;

/** What ../jobs/generator.ts has, bit for bit: pure functions of (seed, index) in 32-bit integers. */
final class Generator {
    static final int LINES = 16_384;
    static final int PAYLOADS = 1_024;
    private static final int VOCABULARY = 10_000;
    private static final int WORDS_PER_LINE = 10;
    private static final int PAYLOAD_LENGTH = 100;
    private static final int SALT_OF_LINES = 1;
    private static final int SALT_OF_PAYLOADS = 2;

    private Generator() {}

    private static int mix(int x) {
        x ^= x >>> 16;
        x *= 0x85ebca6b;
        x ^= x >>> 13;
        x *= 0xc2b2ae35;
        return x ^ (x >>> 16);
    }

    static int draw(int seed, int salt, int i) {
        return mix(mix(i + seed * 0x9e3779b9) + salt * 0x7f4a7c15);
    }

    private static int rank(int drawn) {
        double u = Integer.toUnsignedLong(drawn) / 4294967296.0;
        return (int) (VOCABULARY * (u * u * u));
    }

    static String[] lines(int seed) {
        String[] lines = new String[LINES];
        for (int line = 0; line < LINES; line++) {
            String[] words = new String[WORDS_PER_LINE];
            for (int w = 0; w < WORDS_PER_LINE; w++) {
                words[w] = "w" + (10_000 + rank(draw(seed, SALT_OF_LINES, line * WORDS_PER_LINE + w)));
            }
            lines[line] = String.join(" ", words);
        }
        return lines;
    }

    static String[] payloads(int seed) {
        String[] payloads = new String[PAYLOADS];
        char[] letters = new char[PAYLOAD_LENGTH];
        for (int p = 0; p < PAYLOADS; p++) {
            for (int j = 0; j < PAYLOAD_LENGTH; j++) {
                letters[j] = (char) ('a' + (draw(seed, SALT_OF_PAYLOADS, p * PAYLOAD_LENGTH + j) >>> 8) % 26);
            }
            payloads[p] = new String(letters);
        }
        return payloads;
    }
}
