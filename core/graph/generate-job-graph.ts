import { MillraceError } from '../errors.js';
import { type HexId, randomId, stableId } from '../ids.js';
import type { ChainedOperator, JobEdge, JobGraph, JobVertex } from './job-graph.js';
import { defaultMaxParallelism } from './key-groups.js';
import type { Partitioner } from './operators.js';
import { runsAsBatch } from './runtime-mode.js';
import type { RuntimeModeName, StreamEdge, StreamGraph, StreamNode } from './stream-graph.js';

export interface GenerateOptions {
  jobId?: HexId;
  /** `-p`, REST, or parallelism.default: weaker than what the program sets. */
  defaultParallelism?: number;
  maxParallelism?: number;
  chaining?: boolean;
  objectReuse?: boolean;
  /** Milliseconds; execution.buffer-timeout. */
  bufferTimeout?: number;
  /** Milliseconds; metrics.latency.interval. */
  latencyTrackingInterval?: number;
  /** Milliseconds; pipeline.auto-watermark-interval. Default 200. */
  autoWatermarkInterval?: number;
  /** execution.runtime-mode. Default STREAMING. */
  runtimeMode?: RuntimeModeName;
  properties?: Record<string, string>;
}

/** A node with everything decided that the program left to defaults. */
interface ResolvedNode extends StreamNode {
  inputs: ResolvedEdge[];
  outputs: ResolvedEdge[];
}
interface ResolvedEdge extends Omit<StreamEdge, 'partitioner'> {
  partitioner: Partitioner;
}

/** Layer 2: chains operators by Flink's rules and gives plain data. Throws INVALID_PROGRAM for a graph that can't run. */
export function generateJobGraph(graph: StreamGraph, options: GenerateOptions = {}): JobGraph {
  const nodes = resolve(graph, options);
  const batch = runsAsBatch(graph, options.runtimeMode);
  const chaining = graph.config.chaining ?? options.chaining ?? true;
  const vertexOf = new Map<number, HexId>();
  const vertices: JobVertex[] = [];
  const exchanges: ResolvedEdge[] = [];
  for (const node of nodes.values()) {
    const chainedToInput = node.inputs.some(e => isChainable(e, nodes, chaining));
    if (!chainedToInput) vertices.push(buildVertex(node, nodes, chaining, vertexOf, exchanges));
  }
  const edges = exchanges.map<JobEdge>(e => {
    const source = nodes.get(e.source)!;
    const target = nodes.get(e.target)!;
    const ordinal = target.inputs.indexOf(e);
    return {
      id: stableId('edge', source.operatorId, target.operatorId, ordinal),
      source: vertexOf.get(e.source)!,
      sourceOperator: source.operatorId,
      target: vertexOf.get(e.target)!,
      targetOperator: target.operatorId,
      inputIndex: e.inputIndex,
      ordinal,
      partitioner: e.partitioner,
      ...(e.feedback && { feedback: e.feedback }),
      ...(e.keyType !== undefined && { keyType: e.keyType }),
      ...(e.sideOutput !== undefined && { sideOutput: e.sideOutput }),
      // Of a batch job nobody waits for the next record.
      bufferTimeout: batch
        ? -1
        : source.bufferTimeout >= 0
          ? source.bufferTimeout
          : (graph.config.bufferTimeout ?? options.bufferTimeout ?? 100),
    };
  });
  const latencyTrackingInterval = graph.config.latencyTrackingInterval ?? options.latencyTrackingInterval ?? 0;
  const autoWatermarkInterval = graph.config.autoWatermarkInterval ?? options.autoWatermarkInterval ?? 200;
  const { timeCharacteristic } = graph.config;
  return {
    jobId: options.jobId ?? randomId(),
    jobName: graph.jobName,
    vertices,
    edges,
    config: {
      objectReuse: graph.config.objectReuse ?? options.objectReuse ?? false,
      ...(graph.config.restartStrategy && { restartStrategy: graph.config.restartStrategy }),
      ...(latencyTrackingInterval > 0 && { latencyTrackingInterval }),
      ...(timeCharacteristic && { timeCharacteristic }),
      ...(autoWatermarkInterval > 0 && !batch && { autoWatermarkInterval }),
      ...(batch && { batch }),
      properties: options.properties ?? {},
    },
  };
}

function resolve(graph: StreamGraph, options: GenerateOptions): Map<number, ResolvedNode> {
  if (graph.nodes.length === 0) {
    throw new MillraceError('INVALID_PROGRAM', 'No operators defined in streaming topology. Cannot execute.');
  }
  const nodes = new Map<number, ResolvedNode>();
  for (const node of graph.nodes) {
    const parallelism =
      node.parallelism > 0 ? node.parallelism : (graph.config.parallelism ?? options.defaultParallelism ?? 1);
    const configured = graph.config.maxParallelism ?? options.maxParallelism ?? -1;
    const maxParallelism =
      node.maxParallelism > 0 ? node.maxParallelism : configured > 0 ? configured : defaultMaxParallelism(parallelism);
    if (parallelism > maxParallelism) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        `'${node.name}' has parallelism ${parallelism}, more than its maximum parallelism of ${maxParallelism}.`,
      );
    }
    nodes.set(node.id, { ...node, parallelism, maxParallelism, inputs: [], outputs: [] });
  }
  for (const edge of graph.edges) {
    const source = nodes.get(edge.source)!;
    const target = nodes.get(edge.target)!;
    if (edge.feedback && source.parallelism !== target.parallelism) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        'Parallelism of the feedback stream must match the parallelism of the original stream. ' +
          `Parallelism of original stream: ${target.parallelism}; parallelism of feedback stream ('${source.name}'): ${source.parallelism}. ` +
          'Parallelism can be modified using DataStream#setParallelism() method.',
      );
    }
    const resolved: ResolvedEdge = { ...edge, partitioner: partitionerOf(edge, source, target) };
    source.outputs.push(resolved);
    target.inputs.push(resolved);
  }
  refuseDuplicateIds(nodes);
  return nodes;
}

function partitionerOf(edge: StreamEdge, source: StreamNode, target: StreamNode): Partitioner {
  const equal = source.parallelism === target.parallelism;
  if (edge.partitioner === 'default') return equal ? 'forward' : 'rebalance';
  if (edge.partitioner === 'forward' && !equal) {
    throw new MillraceError(
      'INVALID_PROGRAM',
      `Forward partitioning does not allow change of parallelism. Upstream operation: ${source.name} parallelism: ${source.parallelism}, ` +
        `downstream operation: ${target.name} parallelism: ${target.parallelism}. ` +
        'You must use another partitioning strategy, such as broadcast, rebalance, shuffle or global.',
    );
  }
  return edge.partitioner;
}

function refuseDuplicateIds(nodes: Map<number, ResolvedNode>): void {
  const seen = new Map<HexId, StreamNode>();
  for (const node of nodes.values()) {
    const other = seen.get(node.operatorId);
    if (other) {
      const both = node.uidHash !== undefined ? `uid hash ${node.uidHash}` : `uid "${node.uid}"`;
      throw new MillraceError(
        'INVALID_PROGRAM',
        `'${other.name}' and '${node.name}' have the same ${both}. It must be unique in its job.`,
      );
    }
    seen.set(node.operatorId, node);
  }
}

/** Flink's rules: one input, forward, same parallelism and sharing group, and neither side objects. */
function isChainable(edge: ResolvedEdge, nodes: Map<number, ResolvedNode>, chaining: boolean): boolean {
  const source = nodes.get(edge.source)!;
  const target = nodes.get(edge.target)!;
  return (
    chaining &&
    target.inputs.length === 1 &&
    edge.partitioner === 'forward' &&
    source.parallelism === target.parallelism &&
    source.slotSharingGroup === target.slotSharingGroup &&
    target.chaining === 'ALWAYS' &&
    source.chaining !== 'NEVER'
  );
}

function buildVertex(
  head: ResolvedNode,
  nodes: Map<number, ResolvedNode>,
  chaining: boolean,
  vertexOf: Map<number, HexId>,
  exchanges: ResolvedEdge[],
): JobVertex {
  const id = stableId('vertex', head.operatorId);
  const operators: ChainedOperator[] = [];
  const visit = (node: ResolvedNode): string => {
    vertexOf.set(node.id, id);
    const operator: ChainedOperator = {
      operatorId: node.operatorId,
      name: node.name,
      ...(node.uid !== undefined && { uid: node.uid }),
      spec: node.spec,
      outputs: [],
    };
    operators.push(operator);
    const names: string[] = [];
    for (const edge of node.outputs) {
      if (isChainable(edge, nodes, chaining)) {
        const target = nodes.get(edge.target)!;
        operator.outputs.push({
          operatorId: target.operatorId,
          inputIndex: edge.inputIndex,
          ...(edge.sideOutput !== undefined && { sideOutput: edge.sideOutput }),
        });
        names.push(visit(target));
      } else exchanges.push(edge);
    }
    if (names.length === 0) return node.name;
    return `${node.name} -> ${names.length === 1 ? names[0] : `(${names.join(', ')})`}`;
  };
  const name = visit(head);
  // Key groups are the head's: what works by key gets its records over an edge, so it is never further down a chain.
  const { parallelism, maxParallelism, slotSharingGroup } = head;
  return { id, name, operators, parallelism, maxParallelism, slotSharingGroup };
}
