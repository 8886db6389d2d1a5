import { expect } from 'chai';
import { type DataStreamSource, StreamExecutionEnvironment } from '../../../api/index.js';
import { generateJobGraph, type JobGraph, slotsNeeded, streamPlan } from '../../../core/graph/index.js';

function graph(
  build: (source: DataStreamSource<number>, env: StreamExecutionEnvironment) => void,
  options: Parameters<typeof generateJobGraph>[1] = { defaultParallelism: 2 },
): JobGraph {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  build(env.fromSequence(1, 10), env);
  return generateJobGraph(env.getStreamGraph('test'), options);
}

const names = (g: JobGraph): string[] => g.vertices.map(v => v.name);

describe('chaining', () => {
  it('joins operators of equal parallelism that stand one behind the other', () => {
    const g = graph(s =>
      s
        .map(x => x)
        .filter(() => true)
        .print(),
    );
    expect(names(g)).to.deep.equal(['Source: Sequence Source -> Map -> Filter -> Sink: Print to Std. Out']);
  });

  // Chained operators are joined by ->, tasks stand apart.
  const SOURCE = 'Source: Sequence Source';
  for (const [what, expected, build] of [
    ['joins what is forwarded, also where the program says so', [`${SOURCE} -> Map`], s => s.forward().map(x => x)],
    ['is broken by a change of parallelism', [SOURCE, 'Map'], s => s.map(x => x).setParallelism(1)],
    [
      'goes on behind a change of parallelism',
      [SOURCE, 'Map -> Filter'],
      s =>
        s
          .map(x => x)
          .setParallelism(1)
          .filter(() => true)
          .setParallelism(1),
    ],
    [
      'is broken by a partitioner, also between single subtasks',
      [SOURCE, 'Map'],
      s =>
        s
          .setParallelism(1)
          .rebalance()
          .map(x => x)
          .setParallelism(1),
    ],
    ['is broken by rescale, which is pointwise as forward is', [SOURCE, 'Map'], s => s.rescale().map(x => x)],
    ['is broken by keyBy', [SOURCE, 'Keyed Reduce'], s => s.keyBy(x => x).reduce(a => a)],
    [
      'goes on behind keyBy',
      [SOURCE, 'Map -> Filter'],
      s =>
        s
          .keyBy(x => x)
          .map(x => x)
          .filter(() => true),
    ],
    ['is broken by another sharing group', [SOURCE, 'Map'], s => s.map(x => x).slotSharingGroup('other')],
    [
      'goes on in the other sharing group, which is inherited',
      [SOURCE, 'Map -> Filter'],
      s =>
        s
          .map(x => x)
          .slotSharingGroup('other')
          .filter(() => true),
    ],
    [
      'is not broken by the name of the group that an operator is in anyway',
      [`${SOURCE} -> Map`],
      s => s.map(x => x).slotSharingGroup('default'),
    ],
    [
      'begins at startNewChain, and goes on behind it',
      [`${SOURCE} -> Map`, 'Filter -> Flat Map'],
      s =>
        s
          .map(x => x)
          .filter(() => true)
          .startNewChain()
          .flatMap(x => [x]),
    ],
    [
      'holds nothing but the operator with disableChaining',
      [`${SOURCE} -> Map`, 'Filter', 'Flat Map'],
      s =>
        s
          .map(x => x)
          .filter(() => true)
          .disableChaining()
          .flatMap(x => [x]),
    ],
    [
      'holds nothing but the sink with disableChaining',
      [`${SOURCE} -> Map`, 'Sink: Print to Std. Out'],
      s =>
        s
          .map(x => x)
          .print()
          .disableChaining(),
    ],
    ['holds nothing but a source with disableChaining', [SOURCE, 'Map'], s => s.disableChaining().map(x => x)],
    [
      'is broken by a second edge of one input, and goes on behind it',
      [SOURCE, 'Map', 'Filter -> Flat Map'],
      s =>
        s
          .union(s.map(x => x).startNewChain())
          .filter(() => true)
          .flatMap(x => [x]),
    ],
    ['is broken by two edges of one stream', [SOURCE, 'Map'], s => s.union(s).map(x => x)],
    [
      'is broken by a second input, and goes on behind it',
      [`${SOURCE} -> Map`, 'Co-Map -> Filter'],
      s =>
        s
          .connect(s.map(x => x))
          .map({ map1: x => x, map2: x => x })
          .filter(() => true),
    ],
    [
      'is not broken by other key groups or another buffer timeout',
      [`${SOURCE} -> Map -> Filter`],
      s =>
        s
          .map(x => x)
          .setMaxParallelism(7)
          .setBufferTimeout(0)
          .filter(() => true),
    ],
    [
      'is nowhere with disableOperatorChaining',
      [SOURCE, 'Map', 'Filter'],
      (s, env) => {
        env.disableOperatorChaining();
        s.map(x => x).filter(() => true);
      },
    ],
  ] satisfies Array<[string, string[], (s: DataStreamSource<number>, env: StreamExecutionEnvironment) => unknown]>) {
    it(what, () => {
      expect(names(graph(build))).to.deep.equal(expected);
    });
  }

  it('is nowhere with the configuration that says so, unless the program decides', () => {
    const g = graph(s => s.map(x => x), { chaining: false });
    expect(names(g)).to.deep.equal([SOURCE, 'Map']);
  });

  it('has the key groups of its head', () => {
    const g = graph(s =>
      s
        .keyBy(x => x)
        .reduce(a => a)
        .setMaxParallelism(64)
        .map(x => x)
        .setMaxParallelism(4),
    );
    expect(g.vertices.map(v => [v.name, v.maxParallelism])).to.deep.equal([
      [SOURCE, 128],
      ['Keyed Reduce -> Map', 64],
    ]);
  });

  it('names branches as Flink does', () => {
    const g = graph(s => {
      s.print();
      s.map(x => x).print();
    });
    expect(names(g)).to.deep.equal([
      'Source: Sequence Source -> (Sink: Print to Std. Out, Map -> Sink: Print to Std. Out)',
    ]);
  });
});

describe('parallelism', () => {
  const parallelisms = (g: JobGraph): number[] => g.vertices.flatMap(v => v.operators.map(() => v.parallelism));

  it('of an operator wins over the environment, that over the client, that over 1', () => {
    expect(parallelisms(graph(s => s.print(), {}))).to.deep.equal([1, 1]);
    expect(parallelisms(graph(s => s.print(), { defaultParallelism: 3 }))).to.deep.equal([3, 3]);
    const set = (s: DataStreamSource<number>, env: StreamExecutionEnvironment): void => {
      env.setParallelism(4);
      s.print().setParallelism(5);
    };
    expect(parallelisms(graph(set, { defaultParallelism: 3 }))).to.deep.equal([4, 5]);
  });

  it('that differs is rebalanced, and refused where forward is asked for', () => {
    expect(graph(s => s.print().setParallelism(1)).edges[0]!.partitioner).to.equal('rebalance');
    expect(() => graph(s => s.forward().print().setParallelism(1))).to.throw(
      /Forward partitioning does not allow change of parallelism.*Sequence Source parallelism: 2.*Print to Std\. Out parallelism: 1/,
    );
  });

  it('must be a whole number from 1, and 1 for what is not parallel', () => {
    expect(() => graph(s => s.map(x => x).setParallelism(0))).to.throw(/at least one/);
    expect(() => graph((_, env) => env.fromElements(1).setParallelism(2))).to.throw(/non parallel operator/);
    expect(() =>
      graph(s =>
        s
          .map(x => x)
          .setParallelism(3)
          .setMaxParallelism(2),
      ),
    ).to.throw(/maximum parallelism of 2/);
  });
});

describe('the job graph', () => {
  it('has the same ids in every run of a program, others for another', () => {
    const build = (s: DataStreamSource<number>): unknown =>
      s
        .keyBy(x => x)
        .sum()
        .print();
    const ids = (g: JobGraph): string[] => [...g.vertices.map(v => v.id), ...g.edges.map(e => e.id)];
    expect(ids(graph(build))).to.deep.equal(ids(graph(build)));
    expect(ids(graph(build))).not.to.deep.equal(ids(graph(s => build(s.map(x => x).rebalance() as never))));
  });

  it('refuses a uid that stands twice, and an empty program', () => {
    expect(() =>
      graph(s =>
        s
          .map(x => x)
          .uid('u')
          .map(x => x)
          .uid('u'),
      ),
    ).to.throw(/same uid "u"/);
    const empty = StreamExecutionEnvironment.getExecutionEnvironment().getStreamGraph();
    expect(() => generateJobGraph(empty)).to.throw('No operators defined in streaming topology. Cannot execute.');
  });

  it('needs as many slots as the widest vertex of each sharing group', () => {
    expect(
      slotsNeeded(
        graph(s =>
          s
            .map(x => x)
            .setParallelism(5)
            .print(),
        ),
      ),
    ).to.equal(5);
    expect(
      slotsNeeded(
        graph(s =>
          s
            .map(x => x)
            .setParallelism(5)
            .slotSharingGroup('g')
            .print()
            .setParallelism(3),
        ),
      ),
    ).to.equal(7);
  });

  it('is shown as a plan', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env
      .fromSequence(1, 2)
      .keyBy(x => x)
      .sum()
      .print();
    const { nodes } = streamPlan(env.getStreamGraph(), { defaultParallelism: 2 });
    expect(nodes.map(n => [n.id, n.pact, n.predecessors?.map(p => [p.id, p.ship_strategy])])).to.deep.equal([
      [1, 'Data Source', undefined],
      [2, 'Operator', [[1, 'HASH']]],
      [3, 'Data Sink', [[2, 'FORWARD']]],
    ]);
  });

  it('is shown as a plan with both inputs of an operator, and the way each edge takes', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const left = env.fromSequence(1, 2);
    const right = env
      .fromElements(1)
      .map(x => x)
      .setParallelism(3)
      .name('Right');
    left
      .rescale()
      .connect(right.broadcast())
      .map({ map1: x => x, map2: x => x })
      .partitionCustom(
        () => 0,
        x => x,
      )
      .print();
    const { nodes } = streamPlan(env.getStreamGraph(), { defaultParallelism: 2 });
    expect(nodes.map(n => [n.type, n.parallelism])).to.deep.equal([
      ['Source: Sequence Source', 2],
      ['Source: Collection Source', 1],
      ['Right', 3],
      ['Co-Map', 2],
      ['Sink: Print to Std. Out', 2],
    ]);
    expect(nodes.slice(2).map(n => n.predecessors)).to.deep.equal([
      [{ id: 2, ship_strategy: 'REBALANCE', side: 'first' }],
      [
        { id: 1, ship_strategy: 'RESCALE', side: 'first' },
        { id: 3, ship_strategy: 'BROADCAST', side: 'second' },
      ],
      [{ id: 4, ship_strategy: 'CUSTOM', side: 'first' }],
    ]);
  });

  it('is no plan where it can not run', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.fromSequence(1, 2).forward().print().setParallelism(1);
    expect(() => streamPlan(env.getStreamGraph(), { defaultParallelism: 2 })).to.throw(/Forward partitioning/);
  });
});
