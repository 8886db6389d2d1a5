import { MillraceError } from '../core/errors.js';
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

/** Collects nodes and edges while `main` runs; streams stay usable after an `execute`, as what they read is kept. */
export class GraphRecorder {
  readonly nodes: RecordedNode[] = [];
  private readonly edges = new Map<number, StreamEdge[]>();
  /** How many nodes were there when a graph was last built. */
  private taken = 0;

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
    inputs.forEach((outlets, inputIndex) => void this.lead(outlets, node, { inputIndex }));
    const keySelectors = inputs.map(keyOfAll);
    // State has a key if each record has one; of a broadcast side none does, and the operator knows it.
    const isKeyed = spec.kind === 'keyed-broadcast-process' ? keySelectors[0] : keySelectors.every(Boolean);
    // An async function goes on when other records have come: it has no current key.
    if (inputs.length > 0 && isKeyed && spec.kind !== 'async') functions.keySelectors = keySelectors;
    return node;
  }

  /** Leads what comes from behind an iteration's head back to it. */
  addFeedback(head: RecordedNode, outlets: readonly Outlet[]): void {
    this.lead(outlets, head, { inputIndex: 0, feedback: true });
  }

  /** Whether a node is `origin`, or gets its records, over whatever others. */
  reads(node: number, origin: number): boolean {
    return this.ancestorsOf([node]).has(origin);
  }

  private lead(
    outlets: readonly Outlet[],
    { id, functions }: RecordedNode,
    edge: Pick<StreamEdge, 'inputIndex' | 'feedback'>,
  ): void {
    const edges = this.edgesTo(id);
    this.edges.set(id, edges);
    for (const { node, partitioner, keySelector, keyType, sideOutput, customPartitioner } of outlets) {
      if (keySelector || customPartitioner) {
        (functions.edges ??= [])[edges.length] = {
          ...(keySelector && { keySelector }),
          ...(customPartitioner && { partitioner: customPartitioner }),
        };
      }
      edges.push({
        source: node,
        target: id,
        partitioner,
        ...edge,
        ...(keyType !== undefined && { keyType }),
        ...(sideOutput !== undefined && { sideOutput }),
      });
    }
  }

  /**
   * The graph since the last `build`: what was made since, and all that it reads. What leads nowhere (a map whose result
   * nobody takes) stays: Flink runs it too.
   */
  build(jobName: string, config: JobConfig, types: readonly RegisteredClass[] = []): StreamGraph {
    const recorded = this.takeNodes();
    const edges: StreamEdge[] = [];
    const nodes: StreamNode[] = [];
    // Each graph has ids from 1, whatever was built before it.
    const byRecord = new Map<number, StreamNode>();
    const feedback: StreamEdge[] = [];
    for (const record of recorded) {
      const id = nodes.length + 1;
      const inputs: StreamNode[] = [];
      const isHead = record.spec.kind === 'iteration';
      if (isHead) refuseOpen(record, this.edgesTo(record.id));
      for (const edge of this.edgesTo(record.id)) {
        if (edge.feedback) {
          feedback.push(edge);
          continue;
        }
        const source = byRecord.get(edge.source)!;
        inputs.push(source);
        edges.push({ ...edge, source: source.id, target: id });
      }
      const operatorId =
        record.uidHash ??
        (record.uid !== undefined
          ? stableId('uid', record.uid)
          : stableId('operator', id, record.spec.kind, ...inputs.map(i => i.operatorId)));
      const groups = new Set(inputs.map(i => i.slotSharingGroup));
      const inherited = groups.size === 1 ? [...groups][0]! : 'default';
      const node: StreamNode = {
        ...record,
        id,
        parallelism: isHead && record.parallelism < 0 ? inputs[0]!.parallelism : record.parallelism,
        functions: types.length > 0 ? { ...record.functions, types } : record.functions,
        operatorId,
        slotSharingGroup: record.slotSharingGroup ?? inherited,
      };
      nodes.push(node);
      byRecord.set(record.id, node);
    }
    for (const edge of feedback) {
      edges.push({ ...edge, source: byRecord.get(edge.source)!.id, target: byRecord.get(edge.target)!.id });
    }
    return { jobName, nodes, edges, config: { ...config } };
  }

  /** In order of creation, so a node comes after those that it reads. */
  private takeNodes(): RecordedNode[] {
    const fresh = this.nodes.slice(this.taken).map(({ id }) => id);
    const wanted = this.ancestorsOf(fresh);
    this.taken = this.nodes.length;
    return this.nodes.filter(({ id }) => wanted.has(id));
  }

  /** These nodes, and all that they read. */
  private ancestorsOf(ids: readonly number[]): Set<number> {
    const found = new Set<number>();
    const queue = [...ids];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (found.has(id)) continue;
      found.add(id);
      for (const { source } of this.edgesTo(id)) queue.push(source);
    }
    return found;
  }

  private edgesTo(id: number): StreamEdge[] {
    return this.edges.get(id) ?? [];
  }
}

function refuseOpen({ name }: RecordedNode, edges: readonly StreamEdge[]): void {
  if (edges.some(e => e.feedback)) return;
  throw new MillraceError('INVALID_PROGRAM', `Iteration '${name}' has no feedback edges: close it by closeWith.`);
}

/** The key of an input whose records are all partitioned by it. */
function keyOfAll(outlets: readonly Outlet[]): Outlet['keySelector'] {
  const first = outlets[0];
  return outlets.every(o => o.partitioner === 'hash' && o.keySelector === first?.keySelector)
    ? first?.keySelector
    : undefined;
}
