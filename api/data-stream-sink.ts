import type { RecordedNode } from './graph-recorder.js';
import { nonEmpty, setParallelismOf, validMaxParallelism, validUidHash } from './operator-settings.js';

/** The end of a stream. */
export class DataStreamSink<T> {
  declare protected readonly recordType: (record: T) => T;

  constructor(private readonly node: RecordedNode) {}

  /** How the sink is called in lists, logs and metrics, behind `Sink: `. */
  name(name: string): this {
    this.node.name = `Sink: ${nonEmpty(name, 'name')}`;
    return this;
  }
  /** Ties the sink's state to an id that survives changes of the program. Unique in the job. */
  uid(uid: string): this {
    this.node.uid = nonEmpty(uid, 'uid');
    return this;
  }
  /**
   * Gives the sink's id itself, 32 hexadecimal digits, as REST, logs and savepoints show it: for a job whose sink had no
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
  /** The greatest parallelism that the sink can ever have. */
  setMaxParallelism(maxParallelism: number): this {
    this.node.maxParallelism = validMaxParallelism(maxParallelism);
    return this;
  }
  /** Operators of one group may share a slot. Inherited from the inputs if they agree, else `default`. */
  slotSharingGroup(group: string): this {
    this.node.slotSharingGroup = nonEmpty(group, 'slotSharingGroup');
    return this;
  }
  /** The sink is a task of its own. */
  disableChaining(): this {
    this.node.chaining = 'NEVER';
    return this;
  }
}
