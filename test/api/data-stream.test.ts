import { expect } from 'chai';
import {
  type DataStream,
  type DataStreamSink,
  DiscardingSink,
  type KeyedStream,
  MillraceError,
  PrintSink,
  type SingleOutputStreamOperator,
  StreamExecutionEnvironment,
  WriteMode,
} from '../../api/index.js';
import { generateJobGraph, type JobGraph, type StreamGraph } from '../../core/graph/index.js';

type Pair = [string, number];

function built(build: (pairs: DataStream<Pair>, env: StreamExecutionEnvironment) => unknown): StreamGraph {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  build(env.fromElements<Pair>(['a', 1]), env);
  return env.getStreamGraph('built');
}
const last = (graph: StreamGraph): StreamGraph['nodes'][number] => graph.nodes.at(-1)!;
const job = (graph: StreamGraph, parallelism = 2): JobGraph =>
  generateJobGraph(graph, { defaultParallelism: parallelism });

describe('a stream', () => {
  for (const [kind, name, build] of [
    ['map', 'Map', s => s.map(x => x)],
    ['flat-map', 'Flat Map', s => s.flatMap(x => [x])],
    ['filter', 'Filter', s => s.filter(() => true)],
    ['reduce', 'Keyed Reduce', s => s.keyBy(0).reduce(a => a)],
    ['aggregate-field', 'Keyed Aggregation', s => s.keyBy(0).sum(1)],
    ['sink.print', 'Sink: Print to Std. Out', s => s.print()],
    ['sink.print', 'Sink: Print to Std. Err', s => s.printToErr()],
    ['sink.text-file', 'Sink: Unnamed', s => s.writeAsText('/out')],
    ['sink.text-file', 'Sink: Unnamed', s => s.writeAsCsv('/out')],
    ['split', 'Split', s => s.split(() => [])],
    ['map', 'Projection', s => s.project(1)],
    ['sink.socket', 'Sink: Unnamed', s => s.writeToSocket('localhost', 9999, () => '')],
    ['sink.print', 'Sink: Print to Std. Err', s => s.sinkTo(new PrintSink('id', true))],
    ['sink.function', 'Sink: Writer', s => s.sinkTo(new DiscardingSink())],
    ['sink.function', 'Sink: Unnamed', s => s.addSink(() => {})],
  ] satisfies Array<[string, string, (s: DataStream<Pair>) => unknown]>) {
    it(`becomes '${name}' (${kind}) in the graph`, () => {
      const node = last(built(build));
      expect(node.spec.kind).to.equal(kind);
      expect(node.name).to.equal(name);
    });
  }

  it('takes functions and objects with the method of the interface', () => {
    const mapper = { map: (x: Pair) => x };
    expect(last(built(s => s.map(mapper))).functions.function).to.equal(mapper);
    const { functions } = last(built(s => s.keyBy({ getKey: p => p[0] }).sum(1)));
    expect(functions.keySelectors![0]!(['k', 1])).to.equal('k');
  });

  it('takes its key from a field, a position or a function', () => {
    const keyOf = (build: (s: DataStream<Pair>) => unknown): unknown =>
      last(built(build)).functions.keySelectors![0]!(['k', 7]);
    expect(keyOf(s => s.keyBy(0).sum(1))).to.equal('k');
    expect(keyOf(s => s.keyBy(p => p[1] * 2).sum(1))).to.equal(14);
    expect(
      keyOf(s =>
        s
          .map(([user]) => ({ user }))
          .keyBy('user')
          .sum(),
      ),
    ).to.equal(undefined);
  });

  it('carries its settings to the operator', () => {
    const node = last(
      built(s =>
        s
          .map(x => x)
          .name('mine')
          .uid('u1')
          .setParallelism(3)
          .setMaxParallelism(64)
          .slotSharingGroup('g')
          .startNewChain()
          .setBufferTimeout(0),
      ),
    );
    expect(node).to.include({ name: 'mine', uid: 'u1', parallelism: 3, maxParallelism: 64, slotSharingGroup: 'g' });
    expect(node).to.include({ chaining: 'HEAD', bufferTimeout: 0 });
    expect(last(built(s => s.map(x => x).disableChaining())).chaining).to.equal('NEVER');
    const sink = last(
      built(s => s.print().name('out').uid('u2').setParallelism(1).slotSharingGroup('h').disableChaining()),
    );
    expect(sink).to.include({ name: 'Sink: out', uid: 'u2', parallelism: 1, slotSharingGroup: 'h', chaining: 'NEVER' });
  });

  it('has the id that setUidHash gives, whatever its uid', () => {
    const hash = '0123456789ABCDEF0123456789abcdef';
    const ids = built(s =>
      s
        .map(x => x)
        .setUidHash(hash)
        .uid('u')
        .print()
        .setUidHash(hash.replace('0', 'f'))
        .setMaxParallelism(7),
    ).nodes.map(n => [n.operatorId, n.maxParallelism]);
    expect(ids.slice(1)).to.deep.equal([
      [hash.toLowerCase(), -1],
      [`f${hash.slice(1).toLowerCase()}`, 7],
    ]);
  });

  it('keeps the id of an operator when others before it are renamed, and of one with a uid when they are removed', () => {
    const idOf = (build: (s: DataStream<Pair>) => unknown): string => last(built(build)).operatorId;
    expect(
      idOf(s =>
        s
          .map(x => x)
          .name('a')
          .print(),
      ),
    ).to.equal(
      idOf(s =>
        s
          .map(x => x)
          .name('b')
          .print(),
      ),
    );
    expect(idOf(s => s.map(x => x).print())).to.not.equal(idOf(s => s.print()));
    expect(
      idOf(s =>
        s
          .map(x => x)
          .print()
          .uid('out'),
      ),
    ).to.equal(idOf(s => s.print().uid('out')));
  });

  it('is projected to some of its fields, in the order given', () => {
    const project = last(built(s => s.project(1, 0, 1))).functions.function as (p: Pair) => unknown;
    expect(project(['k', 7])).to.deep.equal([7, 'k', 7]);
  });

  it('is written as CSV with the delimiters that were given', () => {
    const spec = last(built(s => s.writeAsCsv('/o', WriteMode.OVERWRITE, '\r\n', ';'))).spec;
    expect(spec).to.deep.include({ path: '/o', overwrite: true, csv: { rowDelimiter: '\r\n', fieldDelimiter: ';' } });
  });

  it('tells minBy and maxBy whether the first or the last of equal records is wanted', () => {
    const spec = (build: (s: KeyedStream<Pair, string>) => unknown): unknown =>
      last(built(s => build(s.keyBy(0)))).spec;
    const aggregate = 'min-by';
    expect(spec(s => s.minBy(1))).to.deep.equal({ kind: 'aggregate-field', aggregate, field: 1 });
    expect(spec(s => s.minBy(1, false))).to.deep.equal({ kind: 'aggregate-field', aggregate, field: 1, last: true });
  });

  it('is partitioned as it was told', () => {
    const partitioner = (change: (s: DataStream<Pair>) => DataStream<Pair>): string =>
      job(built(s => change(s.map(x => x).disableChaining()).map(x => x))).edges.at(-1)!.partitioner;
    expect(partitioner(s => s.rebalance())).to.equal('rebalance');
    expect(partitioner(s => s.rescale())).to.equal('rescale');
    expect(partitioner(s => s.shuffle())).to.equal('shuffle');
    expect(partitioner(s => s.global())).to.equal('global');
    expect(partitioner(s => s.broadcast())).to.equal('broadcast');
    expect(partitioner(s => s.forward())).to.equal('forward');
    expect(partitioner(s => s)).to.equal('forward');
    expect(partitioner(s => s.keyBy(0))).to.equal('hash');
    expect(partitioner(s => s.partitionCustom((k, n) => k.length % n, 0))).to.equal('custom');
  });

  it('forgets the partitioning before when it is partitioned again', () => {
    const graph = built(s =>
      s
        .partitionCustom(() => 0, 0)
        .rebalance()
        .map(x => x),
    );
    expect(graph.edges.at(-1)!.partitioner).to.equal('rebalance');
    expect(last(graph).functions.edges).to.equal(undefined);
  });

  it('may end in several operators and be joined again', () => {
    const graph = built(s =>
      s
        .map(x => x)
        .union(
          s.filter(() => true),
          s,
        )
        .print(),
    );
    expect(graph.edges.filter(e => e.target === last(graph).id)).to.have.length(3);
  });

  it('may be read again after an execute, by a graph that has what it reads and nothing else of before', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const source = env.fromElements<Pair>(['a', 1]);
    const mapped = source.map(x => x).name('read again');
    env.fromElements(1).print();
    mapped.print();
    expect(env.getStreamGraph().nodes).to.have.length(5);
    mapped.keyBy(0).sum(1).printToErr();
    const again = env.getStreamGraph();
    expect(again.nodes.map(n => [n.id, n.name])).to.deep.equal([
      [1, 'Source: Collection Source'],
      [2, 'read again'],
      [3, 'Keyed Aggregation'],
      [4, 'Sink: Print to Std. Err'],
    ]);
    expect(again.edges.map(e => [e.source, e.target])).to.deep.equal([
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(env.getStreamGraph().nodes).to.deep.equal([]);
  });

  it('has the ids of its operators by its own graph, not by those before it', () => {
    const ids = (env: StreamExecutionEnvironment): string[] => {
      env
        .fromElements(1)
        .map(x => x)
        .print();
      return env.getStreamGraph().nodes.map(n => n.operatorId);
    };
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    expect(ids(env)).to.deep.equal(ids(env));
  });

  it('may be connected with another, which keeps the inputs, their keys and their partitioners apart', () => {
    const graph = built((s, env) => {
      const other = env.fromElements({ user: 'u', n: 1 });
      s.union(s)
        .keyBy(0)
        .connect(other.keyBy('user'))
        .flatMap({ flatMap1: () => {}, flatMap2: () => {} });
    });
    const node = last(graph);
    expect([node.spec.kind, node.name]).to.deep.equal(['co-flat-map', 'Co-Flat Map']);
    const edges = graph.edges.filter(e => e.target === node.id);
    expect(edges.map(e => [e.inputIndex, e.partitioner])).to.deep.equal([
      [0, 'hash'],
      [0, 'hash'],
      [1, 'hash'],
    ]);
    expect(node.functions.keySelectors!.map((keyOf, i) => keyOf!([['k', 1], { user: 'v' }][i]))).to.deep.equal([
      'k',
      'v',
    ]);
    expect(node.functions.edges!.map(e => e!.keySelector)).to.deep.equal([
      node.functions.keySelectors![0],
      node.functions.keySelectors![0],
      node.functions.keySelectors![1],
    ]);
    const half = last(
      built((s, env) =>
        s
          .keyBy(0)
          .connect(env.fromElements<Pair>(['b', 2]))
          .map({ map1: x => x, map2: x => x }),
      ),
    );
    expect(half.functions.keySelectors).to.equal(undefined);
  });

  it('is replaced at its target only if it says so', () => {
    const overwrites = (mode?: WriteMode): unknown => last(built(s => s.writeAsText('/o', mode))).spec;
    expect(overwrites()).to.include({ path: '/o', overwrite: false });
    expect(overwrites(WriteMode.OVERWRITE)).to.include({ overwrite: true });
  });
});

describe('wrong use of a stream', () => {
  const operator = (s: DataStream<Pair>): SingleOutputStreamOperator<Pair> => s.map(x => x);
  const given = (value: unknown): never => value as never;
  for (const [what, build, message] of [
    ['no function', s => s.map(given(undefined)), /map needs a function, it got undefined/],
    ['text in place of a function', s => s.filter(given('x')), /filter needs a function, it got string/],
    ['no key', s => s.keyBy(given(null)), /keyBy needs a function, it got null/],
    ['parallelism 0', s => operator(s).setParallelism(0), /parallelism must be at least one: 0/],
    ['half a subtask', s => operator(s).setParallelism(1.5), /parallelism must be at least one: 1\.5/],
    ['too many key groups', s => operator(s).setMaxParallelism(40_000), /between 1 and 32768: 40000/],
    ['a negative buffer timeout', s => operator(s).setBufferTimeout(-2), /buffer timeout .*: -2/],
    ['an empty name', s => operator(s).name(''), /name needs a text that is not empty, it got ""/],
    ['an empty uid', s => operator(s).uid(''), /uid needs a text/],
    ['no sharing group', s => operator(s).slotSharingGroup(given(undefined)), /slotSharingGroup needs a text/],
    ['a partitioner behind keyBy', s => s.keyBy(0).rebalance(), /Cannot override partitioning for KeyedStream/],
    [
      'a connection of a stream of another environment',
      s => s.connect(StreamExecutionEnvironment.getExecutionEnvironment().fromElements(1)),
      /Cannot connect streams of different/,
    ],
    ['a connection with no stream', s => s.connect(given(undefined)), /connect needs a stream, it got undefined/],
    [
      'half of a function of two inputs',
      s => s.connect(s).map(given({ map1: () => 1 })),
      /map needs an object with map1 and map2; what it got has no map2/,
    ],
    ['nothing to project', s => (s.project as () => unknown)(), /project needs at least one field/],
    ['no path for CSV', s => s.writeAsCsv(''), /writeAsCsv needs a path/],
    ['no port', s => s.writeToSocket('localhost', 0, () => ''), /0 is no port: 1 to 65535/],
    ['no schema', s => s.writeToSocket('localhost', 1, given(undefined)), /writeToSocket needs a function/],
    ['no uid hash', s => operator(s).setUidHash('0123'), /32 character String that describes a hex code. Found: 0123/],
    ['no sink', s => s.sinkTo(given(() => {})), /sinkTo needs an object with createWriter/],
    ['nothing to select', s => s.split(() => []).select(), /select needs the names of outputs/],
    ['no selector', s => s.split(given('even')), /split needs a function, it got string/],
    ['no path', s => s.writeAsText(''), /writeAsText needs a path/],
    [
      'a stream of another environment',
      s => s.union(StreamExecutionEnvironment.getExecutionEnvironment().fromElements(1)),
      /different execution environments/,
    ],
  ] satisfies Array<[string, (s: DataStream<Pair>) => DataStream<never> | DataStreamSink<never> | unknown, RegExp]>) {
    it(`is refused: ${what}`, () => {
      expect(() => built(build)).to.throw(MillraceError, message);
    });
  }

  it('is refused when the graph is made: two operators of one uid, forward between parallelisms', () => {
    expect(() => job(built(s => operator(operator(s).uid('x')).uid('x')))).to.throw(/same uid "x"/);
    const twice = 'a'.repeat(32);
    expect(() => job(built(s => operator(operator(s).setUidHash(twice)).setUidHash(twice)))).to.throw(
      /'Map' and 'Map' have the same uid hash a{32}/,
    );
    expect(() => job(built(s => operator(s.forward()).setParallelism(2)))).to.throw(/Forward partitioning/);
    expect(() => job(built(s => operator(s).setMaxParallelism(2).setParallelism(3)))).to.throw(
      /'Map' has parallelism 3/,
    );
  });
});
