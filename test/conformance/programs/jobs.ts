import { ParameterTool, StreamExecutionEnvironment } from 'millrace';

/** --input PATH, or --port of 127.0.0.1, and --output PATH: counts words across an exchange; the last line of a word has its count. */
export class WordCount {
  static async main(args: string[]): Promise<void> {
    const params = ParameterTool.fromArgs(args);
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const lines = params.has('port')
      ? env.socketTextStream('127.0.0.1', params.getInt('port'))
      : env.readTextFile(params.getRequired('input'));
    lines
      .flatMap<[string, number]>((line, out) => {
        for (const word of line.split(/\s+/)) if (word !== '') out.collect([word, 1]);
      })
      .keyBy(pair => pair[0])
      .sum(1)
      .map(pair => `${pair[0]} ${pair[1]}`)
      .writeAsText(params.getRequired('output'));
    await env.execute('word count');
  }
}

/** Runs until it is cancelled, with an exchange in the middle and nothing at its end. */
export class Endless {
  static async main(): Promise<void> {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env
      .fromSequence(1, Number.MAX_SAFE_INTEGER)
      .keyBy(n => n % 100)
      .reduce((a, b) => (a + b) % 1_000_003)
      .filter(() => false)
      .print();
    await env.execute('endless');
  }
}

/** Fails in user code at the record 1,000. */
export class Failing {
  static async main(): Promise<void> {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env
      .fromSequence(1, 100_000)
      .map(n => {
        if (n === 1000) throw new RangeError('record 1000 is one too many');
        return n;
      })
      .print();
    await env.execute('failing');
  }
}

/** Takes hold of 700 MB outside of the heap within one call, where nobody but YARN can stop it. */
export class HoggingBuffers {
  static async main(): Promise<void> {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env
      .fromElements(700)
      .map(mb => {
        const held = Array.from({ length: mb }, () => Buffer.alloc(1024 * 1024, 1));
        // Idle, not busy, until it is killed.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
        return held.length;
      })
      .print();
    await env.execute('hogging buffers');
  }
}

/** Fills its thread's heap within one call. */
export class HoggingHeap {
  static async main(): Promise<void> {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env
      .fromElements(1)
      .map(n => {
        let list: unknown;
        for (;;) list = { list, n: [n, n, n, n] };
      })
      .print();
    await env.execute('hogging heap');
  }
}
