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

  for (const [what, build] of Object.entries({
    'a change of parallelism': s => s.map(x => x).setParallelism(1),
    'a partitioner': s => s.rebalance().map(x => x),
    'a keyBy': s => s.keyBy(x => x).reduce(a => a),
    'another slot sharing group': s => s.map(x => x).slotSharingGroup('other'),
    startNewChain: s => s.map(x => x).startNewChain(),
    disableChaining: s => s.map(x => x).disableChaining(),
    'a second input': s => s.union(s.map(x => x).startNewChain()).map(x => x),
    disableOperatorChaining: (s, env) => {
      env.disableOperatorChaining();
      s.map(x => x);
    },
  } satisfies Record<string, (s: DataStreamSource<number>, env: StreamExecutionEnvironment) => unknown>)) {
    it(`is broken by ${what}`, () => {
      expect(graph(build).vertices.length).to.be.greaterThan(1);
    });
  }

  it('goes on behind startNewChain, not behind disableChaining', () => {
    expect(
      graph(s =>
        s
          .map(x => x)
          .startNewChain()
          .filter(() => true),
      ).vertices,
    ).to.have.length(2);
    expect(
      graph(s =>
        s
          .map(x => x)
          .disableChaining()
          .filter(() => true),
      ).vertices,
    ).to.have.length(3);
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
});
