import {
  type ChainingStrategy,
  isSource,
  type JobConfig,
  type OperatorFunctions,
  type OperatorSpec,
  type Partitioner,
  type RegisteredClass,
  type StreamEdge,
  type StreamGraph,
  type StreamNode,
} from '../core/graph/index.js';
import { stableId } from '../core/ids.js';

/** Where the records of a stream come from: a node, how they are to be partitioned, and which output. */
export interface Outlet {
  node: number;
  partitioner: Partitioner | 'default';
  keySelector?: (record: unknown) => unknown;
  sideOutput?: string;
  customPartitioner?: (key: unknown, numPartitions: number) => number;
}

/** A node as it is being configured; ids and inherited values are settled in `build`. */
export interface RecordedNode {
  id: number;
  uid?: string;
  name: string;
  spec: OperatorSpec;
  parallelism: number;
  maxParallelism: number;
  slotSharingGroup?: string;
  chaining: ChainingStrategy;
  bufferTimeout: number;
  functions: OperatorFunctions;
}

/** Collects nodes and edges while `main` runs. */
export class GraphRecorder {
  readonly nodes: RecordedNode[] = [];
  readonly edges: StreamEdge[] = [];

  add(
    spec: OperatorSpec,
    name: string,
    inputs: Array<readonly Outlet[]>,
    functions: OperatorFunctions,
    options: { parallelism?: number } = {},
  ): RecordedNode {
    const node: RecordedNode = {
      id: this.nodes.length + 1,
      name,
      spec,
      parallelism: options.parallelism ?? -1,
      maxParallelism: -1,
      chaining: isSource(spec) ? 'HEAD' : 'ALWAYS',
      bufferTimeout: -1,
      functions,
    };
    this.nodes.push(node);
    inputs.forEach((outlets, inputIndex) => {
      for (const outlet of outlets) {
        this.edges.push({
          source: outlet.node,
          target: node.id,
          partitioner: outlet.partitioner,
          inputIndex,
          ...(outlet.sideOutput !== undefined && { sideOutput: outlet.sideOutput }),
        });
        if (outlet.keySelector) (node.functions.keySelectors ??= [])[inputIndex] = outlet.keySelector;
        if (outlet.customPartitioner) node.functions.partitioner = outlet.customPartitioner;
      }
    });
    return node;
  }

  /** The graph so far. What leads nowhere (a map whose result nobody takes) stays: Flink runs it too. */
  build(jobName: string, config: JobConfig, types: readonly RegisteredClass[] = []): StreamGraph {
    const nodes: StreamNode[] = [];
    const byId = new Map<number, StreamNode>();
    for (const recorded of this.nodes) {
      const inputs = this.edges.filter(e => e.target === recorded.id).map(e => byId.get(e.source)!);
      const operatorId =
        recorded.uid !== undefined
          ? stableId('uid', recorded.uid)
          : stableId('operator', recorded.id, recorded.spec.kind, ...inputs.map(i => i.operatorId));
      const groups = new Set(inputs.map(i => i.slotSharingGroup));
      const inherited = groups.size === 1 ? [...groups][0]! : 'default';
      const node: StreamNode = {
        ...recorded,
        functions: types.length > 0 ? { ...recorded.functions, types } : recorded.functions,
        operatorId,
        slotSharingGroup: recorded.slotSharingGroup ?? inherited,
      };
      nodes.push(node);
      byId.set(node.id, node);
    }
    return { jobName, nodes, edges: [...this.edges], config: { ...config } };
  }
}
