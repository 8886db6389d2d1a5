import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type Collector,
  Duration,
  LongCounter,
  MillraceError,
  RestartStrategies,
  RichMapFunction,
  StreamExecutionEnvironment,
} from '../../api/index.js';
import { setExecutor } from '../../core/executor.js';
import { generateJobGraph } from '../../core/graph/index.js';
import { LocalExecutor } from '../../minicluster/index.js';
import { tempDir } from '../testing/temp-dir.js';

class CountLines extends RichMapFunction<string, string> {
  private readonly lines = new LongCounter();
  override open(): void {
    this.getRuntimeContext().addAccumulator('lines', this.lines);
  }
  map(line: string): string {
    this.lines.add(1);
    return line;
  }
}

describe('a program on a cluster in its process', () => {
  let printed = '';
  const lines = (): string[] => printed.split('\n').filter(l => l !== '');

  before(() => setExecutor(new LocalExecutor({ parallelism: 2, print: (_, text) => void (printed += text) })));
  after(() => setExecutor(undefined));
  beforeEach(() => void (printed = ''));

  it('runs elements, map, flatMap, filter, keyBy and sum to a printed result', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1);
    env
      .fromElements('To be', 'or not to be')
      .map(line => line.toLowerCase())
      .flatMap((line, out: Collector<[string, number]>) => {
        for (const word of line.split(' ')) out.collect([word, 1]);
      })
      .filter(([word]) => word !== 'or')
      .keyBy(0)
      .sum(1)
      .print();
    const result = await env.execute('words');
    expect(lines()).to.deep.equal(['(to,1)', '(be,1)', '(not,1)', '(to,2)', '(be,2)']);
    expect(result.getJobID()).to.match(/^[0-9a-f]{32}$/);
    expect(result.getNetRuntime()).to.be.at.least(0);
  });

  it('runs a collection through keyBy of a field and reduce', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env
      .fromCollection(new Set([1, 2, 3, 4, 5, 6].map(n => n)))
      .map(n => ({ parity: n % 2 === 0 ? 'even' : 'odd', n }))
      .keyBy('parity')
      .reduce((a, b) => ({ parity: a.parity, n: a.n + b.n }))
      .map(({ parity, n }) => `${parity} ${n}`)
      .print('sum')
      .setParallelism(1);
    await env.execute();
    expect(lines().map(l => l.slice(5))).to.have.members(['odd 1', 'odd 4', 'odd 9', 'even 2', 'even 6', 'even 12']);
    expect(lines()[0]).to.match(/^sum> /);
  });

  it('reads a text file by all subtasks, counts with an accumulator, and writes a folder of files', async () => {
    const dir = tempDir();
    const text = Array.from({ length: 1000 }, (_, i) => `line ${i}`);
    writeFileSync(join(dir, 'in.txt'), `${text.join('\n')}\n`);
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.readTextFile(join(dir, 'in.txt')).rebalance().map(new CountLines()).writeAsText(join(dir, 'out'));
    const result = await env.execute();
    expect(result.getAccumulatorResult<number>('lines')).to.equal(1000);
    expect(result.getAllAccumulatorResults()).to.deep.equal({ lines: 1000 });
    expect(result.getAccumulatorResult('other')).to.equal(undefined);
    expect(readdirSync(join(dir, 'out')).sort()).to.deep.equal(['1', '2']);
    const out = ['1', '2'].flatMap(f =>
      readFileSync(join(dir, 'out', f), 'utf8')
        .trimEnd()
        .split('\n'),
    );
    expect(out.sort()).to.deep.equal([...text].sort());
  });

  it('reads lines from a socket until the other side closes', async () => {
    const server = createServer(socket => socket.end('one\ntwo\n'));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1);
      env.socketTextStream('127.0.0.1', (server.address() as AddressInfo).port).print();
      await env.execute();
      expect(lines()).to.deep.equal(['one', 'two']);
    } finally {
      server.close();
    }
  });

  it('runs several jobs one after another, each with what was built since the one before', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1);
    env.fromElements(1).print();
    const first = await env.executeAsync('first');
    const result = await first.getJobExecutionResult();
    expect(result.getJobID()).to.equal(first.getJobID());
    env.fromElements(2).print();
    await env.execute('second');
    expect(lines()).to.deep.equal(['1', '2']);
  });

  it('cancels through the JobClient', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env
      .fromSequence(0, Number.MAX_SAFE_INTEGER)
      .filter(() => false)
      .print();
    const client = await env.executeAsync();
    await client.cancel();
    const error = await client.getJobExecutionResult().catch((e: unknown) => e);
    expect(error).to.be.instanceOf(MillraceError).and.include({ code: 'JOB_CANCELED' });
  });

  it('has nothing to run without operators', async () => {
    const error = await StreamExecutionEnvironment.getExecutionEnvironment()
      .execute()
      .catch((e: unknown) => e as Error);
    expect((error as Error).message).to.equal('No operators defined in streaming topology. Cannot execute.');
  });
});

describe('an environment', () => {
  const environment = (): StreamExecutionEnvironment => StreamExecutionEnvironment.getExecutionEnvironment();

  it('lets the operator win over the environment, and both over -p', () => {
    const env = environment().setParallelism(3);
    const source = env.fromSequence(1, 2);
    source.map(x => x).setParallelism(5);
    expect(source.getParallelism()).to.equal(3);
    const graph = generateJobGraph(env.getStreamGraph(), { defaultParallelism: 7 });
    expect(graph.vertices.map(v => v.parallelism)).to.deep.equal([3, 5]);
    const plain = environment();
    plain.fromSequence(1, 2).print();
    expect(generateJobGraph(plain.getStreamGraph(), { defaultParallelism: 7 }).vertices[0]!.parallelism).to.equal(7);
  });

  it('hands its settings to the job', () => {
    const env = environment().setMaxParallelism(64).setBufferTimeout(5).disableOperatorChaining();
    env.setRestartStrategy(RestartStrategies.fixedDelayRestart(2, 10));
    env.getConfig().enableObjectReuse();
    env.fromElements(1).map(x => x);
    const graph = generateJobGraph(env.getStreamGraph('named'));
    expect(graph.jobName).to.equal('named');
    expect(graph.vertices.map(v => v.maxParallelism)).to.deep.equal([64, 64]);
    expect(graph.edges.map(e => e.bufferTimeout)).to.deep.equal([5]);
    expect(graph.config).to.deep.include({
      objectReuse: true,
      restartStrategy: { type: 'fixed-delay', attempts: 2, delayMs: 10 },
    });
  });

  it('takes whole milliseconds or a Duration for the interval of latency markers', () => {
    const config = environment().getConfig();
    expect(config.getLatencyTrackingInterval()).to.equal(0);
    expect(config.setLatencyTrackingInterval(Duration.ofSeconds(2)).getLatencyTrackingInterval()).to.equal(2000);
    for (const wrong of [-1, 0.5, Number.NaN]) {
      expect(() => config.setLatencyTrackingInterval(wrong)).to.throw(/whole milliseconds are needed, 0 for no/);
    }
  });

  for (const [what, build, message] of [
    [
      'a function among the elements',
      env => env.fromElements({ price: () => 1 }),
      /Element 0 of fromElements.*'price' is a function/,
    ],
    [
      'an instance of a class',
      env => env.fromCollection([1, new URL('file:///x')]),
      /Element 1 of fromCollection.*URL/,
    ],
    ['no collection', env => env.fromCollection(5 as never), /fromCollection needs an iterable, it got 5/],
    ['no path', env => env.readTextFile(''), /file path must not be null or blank/],
    ['no port', env => env.socketTextStream('h', 70_000), /70000 is no port/],
    ['a sequence that runs backwards', env => env.fromSequence(2, 1), /from <= to: 2, 1/],
    ['parallelism 0', env => env.setParallelism(0), /at least one: 0/],
    [
      'a source of one subtask with two',
      env => env.fromElements(1).setParallelism(2),
      /non parallel operator must be 1/,
    ],
  ] satisfies Array<[string, (env: StreamExecutionEnvironment) => unknown, RegExp]>) {
    it(`refuses ${what}`, () => {
      expect(() => build(environment())).to.throw(MillraceError, message);
    });
  }
});
