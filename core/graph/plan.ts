import { type GenerateOptions, generateJobGraph } from './generate-job-graph.js';
import type { JobGraph } from './job-graph.js';
import { isSink, isSource } from './operators.js';
import type { StreamGraph } from './stream-graph.js';

const SHIP_STRATEGY: Record<string, string> = {
  forward: 'FORWARD',
  hash: 'HASH',
  rebalance: 'REBALANCE',
  rescale: 'RESCALE',
  broadcast: 'BROADCAST',
  shuffle: 'SHUFFLE',
  global: 'GLOBAL',
  custom: 'CUSTOM',
};

export interface PlanNode {
  id: number;
  type: string;
  pact: 'Data Source' | 'Data Sink' | 'Operator';
  contents: string;
  parallelism: number;
  predecessors?: Array<{ id: number; ship_strategy: string; side: 'first' | 'second' }>;
}

/** The StreamGraph as `flink info` prints it. Throws INVALID_PROGRAM for one that a submission would be refused for. */
export function streamPlan(graph: StreamGraph, options: GenerateOptions = {}): { nodes: PlanNode[] } {
  generateJobGraph(graph, options);
  const parallelism = new Map<number, number>();
  for (const n of graph.nodes) {
    parallelism.set(
      n.id,
      n.parallelism > 0 ? n.parallelism : (graph.config.parallelism ?? options.defaultParallelism ?? 1),
    );
  }
  const nodes = graph.nodes.map<PlanNode>(n => {
    const predecessors = graph.edges
      .filter(e => e.target === n.id)
      .map(e => {
        const implied = parallelism.get(e.source) === parallelism.get(e.target) ? 'forward' : 'rebalance';
        const strategy = e.partitioner === 'default' ? implied : e.partitioner;
        const side = e.inputIndex === 0 ? ('first' as const) : ('second' as const);
        return { id: e.source, ship_strategy: SHIP_STRATEGY[strategy]!, side };
      });
    return {
      id: n.id,
      type: n.name,
      pact: isSource(n.spec) ? 'Data Source' : isSink(n.spec) ? 'Data Sink' : 'Operator',
      contents: n.name,
      parallelism: parallelism.get(n.id)!,
      ...(predecessors.length > 0 && { predecessors }),
    };
  });
  return { nodes };
}

/** The JobGraph as REST's `plan` shows it. */
export function jobPlan(graph: JobGraph): { jid: string; name: string; type: string; nodes: unknown[] } {
  return {
    jid: graph.jobId,
    name: graph.jobName,
    type: 'STREAMING',
    nodes: graph.vertices.map(v => ({
      id: v.id,
      parallelism: v.parallelism,
      operator: '',
      operator_strategy: '',
      description: v.name,
      inputs: graph.edges
        .filter(e => e.target === v.id)
        .map((e, num) => ({
          num,
          id: e.source,
          ship_strategy: SHIP_STRATEGY[e.partitioner]!,
          exchange: 'pipelined_bounded',
        })),
      optimizer_properties: {},
    })),
  };
}
