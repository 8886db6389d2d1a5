/** HOT PATH */
import { hashKey } from '../../core/graph/index.js';
import type { LatencyMarker, ResultPartitionDescriptor } from '../../core/protocol/index.js';
import { RecordGuard, type TypeRegistry } from '../../core/types/index.js';
import { SpillFile } from '../batch/spill-file.js';
import { SpilledElements } from '../batch/spilled-elements.js';
import type { Output } from '../operators/operator.js';
import { ALL, type Routing } from './channel-selector.js';
import { ColumnOutput } from './column-output.js';
import type { NetworkMemory } from './network-memory.js';
import type { PartitionEvent } from './partition-element.js';
import { PromptFlush } from './prompt-flush.js';
import { Subpartition, type SubpartitionOwner } from './subpartition.js';

export interface ResultPartitionOptions {
  descriptor: ResultPartitionDescriptor;
  /** Names both ends in refusals. */
  edgeName: string;
  memory: NetworkMemory;
  /** Room again after backpressure. */
  onWritable(): void;
  /** The task has nothing else to do than to wait for input. */
  isIdle(): boolean;
  /** Of a batch job: the folder of a local file, where records wait until their consumers have run. */
  spillFolder?: string;
  /** Records come in columns from here on, or other ones: the task should be compiled anew. */
  onLayoutChanged(): void;
}

/** In place of a channel: ask the routing. */
export const UNROUTED = -2;

/** Share of the buffer timeout after which an idle task's records leave: batching saves nothing there. */
const IDLE_SHARE = 0.1;

/**
 * What a subtask produces for one edge: the output that its chain writes to, with a subpartition for each consumer.
 * Batches leave when they are full, when the edge's buffer timeout has passed since their first record (a tenth of it
 * while the task is idle; see PromptFlush for 0), or before an event. The partition outlives its task until the consumers have got its end.
 */
export class ResultPartition implements Output, SubpartitionOwner {
  readonly takesCopies = true;
  readonly id: string;
  readonly columns: ColumnOutput;
  private readonly subpartitions: Subpartition[];
  private readonly guard: RecordGuard;
  private readonly timeout: number;
  private readonly promptFlush = new PromptFlush(() => this.flush());
  /** Set before the first record. */
  private routes: Routing = { select: () => 0 };
  private timer: NodeJS.Timeout | undefined;
  private rowsOut = 0;
  private rowBytesOut = 0;
  private fullCount = 0;
  private markers = 0;
  private recordsPerBatch: number;
  private toConsume: number;
  private resolveConsumed!: () => void;
  /** Every consumer has got the end, or gave up. */
  readonly consumed: Promise<void>;
  private file: SpillFile | undefined;

  constructor(private readonly options: ResultPartitionOptions) {
    const { descriptor, edgeName, memory } = options;
    this.id = descriptor.partitionId;
    this.guard = new RecordGuard(edgeName);
    this.timeout = descriptor.edge.bufferTimeout;
    const { spillFolder } = options;
    this.subpartitions = descriptor.consumers.map(
      () =>
        new Subpartition(
          memory,
          this,
          spillFolder === undefined ? undefined : new SpilledElements(() => this.spillFile(spillFolder)),
        ),
    );
    // Where hardly anything waits, batches of columns are too small to be of use.
    this.columns = new ColumnOutput(this.subpartitions, memory, this.timeout !== 0, options.onLayoutChanged, channel =>
      this.onBatchOpened(channel),
    );
    this.recordsPerBatch = memory.batchRecords;
    this.toConsume = this.subpartitions.length;
    this.consumed = new Promise(resolve => {
      this.resolveConsumed = resolve;
    });
    if (this.toConsume === 0) this.resolveConsumed();
  }

  /** Records that left, or wait as rows to leave. */
  get recordsOut(): number {
    return this.rowsOut + this.columns.recordsOut;
  }

  get bytesOut(): number {
    return this.rowBytesOut + this.columns.bytesOut;
  }

  /** Before the first record; the author's functions come later than the partition. */
  setRouting(routing: Routing): void {
    this.routes = routing;
  }

  /** Before the first record: classes whose instances may travel. */
  setTypes(types: TypeRegistry | undefined): void {
    this.guard.types = types;
  }

  get routing(): Routing {
    return this.routes;
  }

  /** False: the task should stop until `onWritable`. Records given nevertheless are kept. */
  get isWritable(): boolean {
    // A task that waited for room in what leads back to it, or to one before it, might wait for itself.
    return this.fullCount === 0 || this.options.descriptor.edge.feedback === true;
  }

  /** The least that a consumer wants in a batch: the task should not make many more records before it looks again. */
  get batchRecords(): number {
    return this.recordsPerBatch;
  }

  subpartition(index: number): Subpartition | undefined {
    return this.subpartitions[index];
  }

  collect(record: unknown, timestamp: number): void {
    if (this.columns.isProbing) this.columns.observe(record, timestamp, this.keyOf(record));
    this.collectRow(record, timestamp, this.routes.select(record));
  }

  /** A record that the layout of the columns does not hold, for this channel if it is routed already. */
  collectMisfit(record: unknown, timestamp: number, channel: number): void {
    this.columns.misfit(record, timestamp, this.keyOf(record));
    this.collectRow(record, timestamp, channel === UNROUTED ? this.routes.select(record) : channel);
  }

  emitWatermark(timestamp: number): void {
    this.broadcast({ type: 'watermark', timestamp });
  }

  emitStatus(idle: boolean): void {
    this.broadcast({ type: 'status', idle });
  }

  /**
   * To one consumer after the other, with the batch that is open there: it waits as long as a record would. It may come
   * after records that came after it, never before one that came before it.
   */
  emitLatencyMarker(marker: LatencyMarker): void {
    this.subpartitions[this.markers++ % this.subpartitions.length]?.mark({ type: 'latencyMarker', marker });
    if (this.timeout === 0) this.flush();
    else this.startTimer();
  }

  flush(): void {
    this.columns.flush();
    for (const subpartition of this.subpartitions) subpartition.flush();
  }

  /** Nothing follows. */
  end(): void {
    this.stopTimer();
    this.columns.flush();
    for (const subpartition of this.subpartitions) subpartition.end();
  }

  /** The task was canceled or has failed; consumers that have not got the end get this error. */
  fail(error: unknown): void {
    this.stopTimer();
    this.columns.drop();
    for (const subpartition of this.subpartitions) subpartition.fail(error);
    this.resolveConsumed();
    this.dispose();
  }

  onFull(full: boolean): void {
    this.fullCount += full ? 1 : -1;
    if (this.fullCount === 0) this.options.onWritable();
  }

  onLimit(): void {
    this.recordsPerBatch = Math.min(...this.subpartitions.map(s => s.batchRecords));
  }

  onConsumed(): void {
    if (--this.toConsume > 0) return;
    this.resolveConsumed();
    this.dispose();
  }

  /** After `end`: resolves when its task may end. What lies in a file stays for the consumers. */
  get handedOver(): Promise<void> {
    return this.options.spillFolder === undefined ? this.consumed : Promise.resolve();
  }

  /** Nobody will read what is in a file. Idempotent. */
  dispose(): void {
    this.file?.close();
  }

  private spillFile(folder: string): SpillFile {
    return (this.file ??= new SpillFile(folder));
  }

  private collectRow(record: unknown, timestamp: number, channel: number): void {
    this.rowsOut++;
    if (channel !== ALL) this.send(channel, record, timestamp);
    else for (let i = 0; i < this.subpartitions.length; i++) this.send(i, record, timestamp);
    if (this.timeout === 0) this.promptFlush.onRecord();
    else this.startTimer();
  }

  /** Rows that wait there came before the first record of a batch of columns. */
  private onBatchOpened(channel: number): void {
    this.subpartitions[channel]!.flush();
    this.startTimer();
  }

  /** The key whose hash goes along. One of a declared type is hashed by each side for itself. */
  private keyOf(record: unknown): unknown {
    const { hash } = this.routes;
    return hash?.hashOf === hashKey ? hash.keyOf(record) : undefined;
  }

  private send(channel: number, record: unknown, timestamp: number): void {
    if (!this.columns.isEmpty(channel)) this.columns.flushChannel(channel);
    const guard = this.guard;
    guard.reset();
    const admitted = guard.admit(record);
    this.rowBytesOut += guard.bytes;
    this.subpartitions[channel]!.add(admitted, timestamp, guard.bytes, guard.odd, guard.typed);
  }

  private broadcast(event: PartitionEvent): void {
    this.columns.flush();
    for (const subpartition of this.subpartitions) subpartition.event(event);
  }

  private readonly onIdleTimeout = (): void => {
    if (this.options.isIdle()) this.onTimeout();
    else this.timer = setTimeout(this.onTimeout, this.timeout * (1 - IDLE_SHARE));
  };

  private readonly onTimeout = (): void => {
    this.timer = undefined;
    this.flush();
  };

  private startTimer(): void {
    if (this.timer === undefined && this.timeout > 0) {
      this.timer = setTimeout(this.onIdleTimeout, this.timeout * IDLE_SHARE);
    }
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
