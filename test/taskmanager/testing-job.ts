import {
  type EdgeFunctions,
  generateJobGraph,
  type JobGraph,
  type OperatorFunctions,
  type OperatorSpec,
  type Partitioner,
  type StreamEdge,
  type StreamGraph,
  type StreamNode,
} from '../../core/graph/index.js';
import { stableId } from '../../core/ids.js';

interface NodeOptions {
  parallelism?: number;
  partitioner?: Partitioner;
  name?: string;
  chaining?: StreamNode['chaining'];
}

/** A job written down operator by operator, without the public API. */
export class TestingJob {
  readonly nodes: StreamNode[] = [];
  private readonly edges: Array<{
    source: number;
    target: number;
    partitioner: Partitioner | undefined;
    inputIndex: number;
  }> = [];

  constructor(private readonly config: StreamGraph['config'] = {}) {}

  source(spec: OperatorSpec, functions: OperatorFunctions = {}, options: NodeOptions = {}): TestingStream {
    return new TestingStream(this, this.add(spec, functions, { parallelism: 1, ...options }));
  }

  elements(elements: unknown[]): TestingStream {
    return this.source({ kind: 'source.collection', elements });
  }

  sequence(from: number, to: number, parallelism = 1): TestingStream {
    return this.source({ kind: 'source.sequence', from, to }, {}, { parallelism });
  }

  add(spec: OperatorSpec, functions: OperatorFunctions, options: NodeOptions): number {
    const id = this.nodes.length + 1;
    this.nodes.push({
      id,
      operatorId: stableId('operator', id),
      name: options.name ?? spec.kind,
      spec,
      parallelism: options.parallelism ?? -1,
      maxParallelism: -1,
      slotSharingGroup: 'default',
      chaining: options.chaining ?? 'ALWAYS',
      bufferTimeout: -1,
      functions,
    });
    return id;
  }

  connect(source: number, target: number, partitioner: Partitioner | undefined, inputIndex = 0): void {
    this.edges.push({ source, target, partitioner, inputIndex });
  }

  graph(parallelism = 1): JobGraph {
    const of = (id: number): number => {
      const own = this.nodes[id - 1]!.parallelism;
      return own > 0 ? own : parallelism;
    };
    const edges = this.edges.map<StreamEdge>(({ source, target, partitioner, inputIndex }) => ({
      source,
      target,
      partitioner: partitioner ?? (of(source) === of(target) ? 'forward' : 'rebalance'),
      inputIndex,
    }));
    const graph: StreamGraph = { jobName: 'test', nodes: this.nodes, edges, config: this.config };
    return generateJobGraph(graph, { defaultParallelism: parallelism });
  }

  /** As a binding run of `main` gives them. */
  functions(): Map<string, OperatorFunctions> {
    return new Map(this.nodes.map(n => [n.operatorId, n.functions]));
  }
}

export class TestingStream {
  constructor(
    private readonly job: TestingJob,
    private readonly node: number,
    private readonly partitioner: Partitioner | undefined = undefined,
    private readonly others: number[] = [],
    private readonly edgeFunctions: EdgeFunctions = {},
  ) {}

  to(spec: OperatorSpec, functions: OperatorFunctions = {}, options: NodeOptions = {}): TestingStream {
    const sources = [this.node, ...this.others];
    const { keySelector } = this.edgeFunctions;
    const edges = Object.keys(this.edgeFunctions).length > 0 && { edges: sources.map(() => this.edgeFunctions) };
    const keyed = this.partitioner === 'hash' && keySelector && { keySelectors: [keySelector] };
    const id = this.job.add(spec, { ...edges, ...keyed, ...functions }, options);
    for (const source of sources) {
      this.job.connect(source, id, options.partitioner ?? this.partitioner);
    }
    return new TestingStream(this.job, id);
  }

  union(...others: TestingStream[]): TestingStream {
    return new TestingStream(
      this.job,
      this.node,
      this.partitioner,
      others.map(o => o.node),
    );
  }

  /** What follows has two inputs: this stream and the other. */
  connect(other: TestingStream): TestingPair {
    return new TestingPair(this.job, this, other);
  }

  /** Leads this stream to an input of an operator; gives the functions that its edges and the operator's state need. */
  lead(target: number, inputIndex: number): { edges: EdgeFunctions[]; keySelector?: EdgeFunctions['keySelector'] } {
    const sources = [this.node, ...this.others];
    for (const source of sources) this.job.connect(source, target, this.partitioner, inputIndex);
    const { keySelector } = this.edgeFunctions;
    return { edges: sources.map(() => this.edgeFunctions), ...(this.partitioner === 'hash' && { keySelector }) };
  }

  by(partitioner: Partitioner, functions: EdgeFunctions = {}): TestingStream {
    return new TestingStream(this.job, this.node, partitioner, this.others, functions);
  }

  keyBy(selector: (record: never) => unknown): TestingStream {
    return this.by('hash', { keySelector: selector as (record: unknown) => unknown });
  }

  map(f: unknown, options: NodeOptions = {}): TestingStream {
    return this.to({ kind: 'map' }, { function: f }, { name: 'Map', ...options });
  }

  flatMap(f: unknown, options: NodeOptions = {}): TestingStream {
    return this.to({ kind: 'flat-map' }, { function: f }, { name: 'Flat Map', ...options });
  }

  filter(f: unknown, options: NodeOptions = {}): TestingStream {
    return this.to({ kind: 'filter' }, { function: f }, { name: 'Filter', ...options });
  }

  reduce(f: unknown, options: NodeOptions = {}): TestingStream {
    return this.to({ kind: 'reduce' }, { function: f }, { name: 'Reduce', ...options });
  }

  sum(field: string | number | null, options: NodeOptions = {}): TestingStream {
    return this.to({ kind: 'aggregate-field', aggregate: 'sum', field }, {}, { name: 'Sum', ...options });
  }

  sink(f: unknown, options: NodeOptions = {}): void {
    this.to({ kind: 'sink.function' }, { function: f }, { name: 'Sink', ...options });
  }

  print(prefix = '', options: NodeOptions = {}): void {
    this.to({ kind: 'sink.print', stderr: false, prefix }, {}, { name: 'Print', ...options });
  }

  writeToSocket(port: number, schema: unknown): void {
    this.to({ kind: 'sink.socket', host: '127.0.0.1', port }, { function: schema }, { name: 'Wire' });
  }

  writeAsText(path: string, options: NodeOptions = {}): void {
    this.to({ kind: 'sink.text-file', path, overwrite: true }, {}, { name: 'Write', ...options });
  }
}

export class TestingPair {
  constructor(
    private readonly job: TestingJob,
    private readonly first: TestingStream,
    private readonly second: TestingStream,
  ) {}

  to(spec: OperatorSpec, functions: OperatorFunctions = {}, options: NodeOptions = {}): TestingStream {
    const own: OperatorFunctions = { ...functions };
    const id = this.job.add(spec, own, options);
    const [first, second] = [this.first.lead(id, 0), this.second.lead(id, 1)];
    own.edges = [...first.edges, ...second.edges];
    own.keySelectors = [first.keySelector, second.keySelector];
    return new TestingStream(this.job, id);
  }
}
