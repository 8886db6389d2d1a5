import {
  type ChainingStrategy,
  isSource,
  type JobConfig,
  type KeyType,
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
  keyType?: KeyType;
  sideOutput?: string;
  customPartitioner?: (key: unknown, numPartitions: number) => number;
}

/** A node as it is being configured; ids and inherited values are settled in `build`. */
export interface RecordedNode {
  id: number;
  uid?: string;
  uidHash?: string;
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
    let ordinal = 0;
    inputs.forEach((outlets, inputIndex) => {
      for (const outlet of outlets) {
        this.edges.push({
          source: outlet.node,
          target: node.id,
          partitioner: outlet.partitioner,
          inputIndex,
          ...(outlet.keyType !== undefined && { keyType: outlet.keyType }),
          ...(outlet.sideOutput !== undefined && { sideOutput: outlet.sideOutput }),
        });
        const { keySelector, customPartitioner: partitioner } = outlet;
        if (keySelector || partitioner) {
          (functions.edges ??= [])[ordinal] = {
            ...(keySelector && { keySelector }),
            ...(partitioner && { partitioner }),
          };
        }
        ordinal++;
      }
      const keySelector = keyOfAll(outlets);
      if (keySelector) (functions.keySelectors ??= [])[inputIndex] = keySelector;
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
        recorded.uidHash ??
        (recorded.uid !== undefined
          ? stableId('uid', recorded.uid)
          : stableId('operator', recorded.id, recorded.spec.kind, ...inputs.map(i => i.operatorId)));
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

/** The key of an input whose records are all partitioned by it. */
function keyOfAll(outlets: readonly Outlet[]): Outlet['keySelector'] {
  const first = outlets[0];
  return outlets.every(o => o.partitioner === 'hash' && o.keySelector === first?.keySelector)
    ? first?.keySelector
    : undefined;
}
