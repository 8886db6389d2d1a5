import { MillraceError } from '../core/errors.js';
import type { StreamExecutionEnvironment } from './environment.js';
import type { GraphRecorder, RecordedNode } from './graph-recorder.js';
import {
  nonEmpty,
  setParallelismOf,
  validBufferTimeout,
  validMaxParallelism,
  validUidHash,
} from './operator-settings.js';
import type { OutputTag } from './output-tag.js';
import { DataStream } from './streams.js';

/** A stream that is the result of an operator, which can be named and configured. */
export class SingleOutputStreamOperator<T> extends DataStream<T> {
  constructor(
    environment: StreamExecutionEnvironment,
    recorder: GraphRecorder,
    protected readonly node: RecordedNode,
  ) {
    super(environment, recorder, [{ node: node.id, partitioner: 'default' }]);
  }

  /** How the operator is called in lists, logs and metrics. */
  name(name: string): this {
    this.node.name = nonEmpty(name, 'name');
    return this;
  }
  /** Ties the operator's state to an id that survives changes of the program. Unique in the job. */
  uid(uid: string): this {
    this.node.uid = nonEmpty(uid, 'uid');
    return this;
  }
  /**
   * Gives the operator's id itself, 32 hexadecimal digits, as REST, logs and savepoints show it: for a job whose operator had no
   * uid when its state was written. Stronger than `uid`. Unique in the job.
   */
  setUidHash(uidHash: string): this {
    this.node.uidHash = validUidHash(uidHash);
    return this;
  }
  /** Stronger than the environment's and `-p`. */
  setParallelism(parallelism: number): this {
    setParallelismOf(this.node, parallelism);
    return this;
  }
  /** What is known while the graph is built: the operator's own, else the environment's. */
  getParallelism(): number {
    return this.node.parallelism > 0 ? this.node.parallelism : this.environment.getParallelism();
  }
  /** Number of key groups: the greatest parallelism that the operator can ever have. */
  setMaxParallelism(maxParallelism: number): this {
    this.node.maxParallelism = validMaxParallelism(maxParallelism);
    return this;
  }
  /** Operators of one group may share a slot. Inherited from the inputs if they agree, else `default`. */
  slotSharingGroup(group: string): this {
    this.node.slotSharingGroup = nonEmpty(group, 'slotSharingGroup');
    return this;
  }
  /** This operator begins a chain of its own. */
  startNewChain(): this {
    this.node.chaining = 'HEAD';
    return this;
  }
  /** This operator is a task of its own. */
  disableChaining(): this {
    this.node.chaining = 'NEVER';
    return this;
  }
  /** Milliseconds that a record may wait in its batch; 0 sends each at once, -1 full batches only. */
  setBufferTimeout(timeoutMs: number): this {
    this.node.bufferTimeout = validBufferTimeout(timeoutMs);
    return this;
  }
  /** The records that the operator's function has put into a side output: `ctx.output(tag, …)`. */
  getSideOutput<X>(tag: OutputTag<X>): DataStream<X> {
    if (typeof tag?.getId !== 'function') {
      throw new MillraceError('ILLEGAL_ARGUMENT', 'getSideOutput needs an OutputTag.', { domain: 'user' });
    }
    const outlet = { node: this.node.id, partitioner: 'default' as const, sideOutput: tag.getId() };
    return new DataStream<X>(this.environment, this.recorder, [outlet]);
  }
  /** Does nothing: types are TypeScript's. */
  returns(_type: unknown): this {
    return this;
  }
}
