import { MillraceError } from '../core/errors.js';
import type { StreamExecutionEnvironment } from './environment.js';
import type { GraphRecorder, RecordedNode } from './graph-recorder.js';
import { SingleOutputStreamOperator } from './single-output-stream-operator.js';
import type { DataStream } from './streams.js';

/**
 * A stream that takes records of its own results back: what it is turned into is split by the program into what goes round
 * once more, which `closeWith` is given, and what leaves.
 */
export class IterativeStream<T> extends SingleOutputStreamOperator<T> {
  /** @internal */
  constructor(environment: StreamExecutionEnvironment, recorder: GraphRecorder, node: RecordedNode) {
    super(environment, recorder, node);
  }

  /**
   * Leads a stream back to the beginning of the iteration, and gives that stream. It must come from the iteration, and its
   * operator must have the iteration's parallelism.
   *
   *     const iteration = numbers.iterate(Duration.ofSeconds(1));
   *     const less = iteration.map(n => n - 1);
   *     iteration.closeWith(less.filter(n => n > 0));
   *     const done = less.filter(n => n <= 0);
   */
  closeWith(feedback: DataStream<T>): DataStream<T> {
    const { recorder, node } = this;
    if (feedback?.recorder !== recorder || !feedback.outlets.every(o => recorder.reads(o.node, node.id))) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        'Cannot close an iteration with a feedback DataStream that does not originate from said iteration.',
      );
    }
    recorder.addFeedback(node, feedback.outlets);
    return feedback;
  }
}
