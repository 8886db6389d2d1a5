import { StreamExecutionEnvironment } from '../../api/index.js';
import { generateJobGraph, type JobGraph, type OperatorFunctions, type StreamGraph } from '../../core/graph/index.js';
import { TestingJob } from './testing-job.js';

/** A job written with the public API, for slots without a cluster. */
export class TestingProgramJob extends TestingJob {
  private readonly program: StreamGraph;

  constructor(build: (env: StreamExecutionEnvironment) => void) {
    super();
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    build(env);
    this.program = env.getStreamGraph('test');
  }

  override graph(parallelism = 1): JobGraph {
    return generateJobGraph(this.program, { defaultParallelism: parallelism, autoWatermarkInterval: 0 });
  }

  override functions(): Map<string, OperatorFunctions> {
    return new Map(this.program.nodes.map(n => [n.operatorId, n.functions]));
  }
}
