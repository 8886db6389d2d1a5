/** HOT PATH: once per batch. */
import { deserializeError, MillraceError, type SerializedError } from '../../core/errors.js';
import { type ChannelDescriptor, type Frame, FrameKind } from '../../core/protocol/index.js';
import { decodeBatch } from '../../core/types/index.js';
import { type ChannelListener, type InputChannel, producerFailed } from './input-channel.js';
import type { NetworkMemory } from './network-memory.js';
import type { PartitionElement, PartitionEvent } from './partition-element.js';

/** What a channel sends over; it shares it with other channels of its slot. */
export interface ChannelConnection {
  /** Registers a channel: it gets the frames of the id that is returned. */
  add(channel: RemoteChannel): number;
  /** Says CLOSE to the producer. */
  remove(id: number): void;
  send(frame: Frame): void;
}

/** A producer in another slot. Batches stay encoded until the task takes them; a credit goes back for each taken. */
export class RemoteChannel implements InputChannel {
  private connection: ChannelConnection | undefined;
  private id = -1;
  private listener: ChannelListener | undefined;
  private readonly queue: Array<
    { kind: 'data'; bytes: Uint8Array } | { kind: 'event'; event: PartitionEvent } | { kind: 'end' }
  > = [];
  private expected = 0;
  private toReturn = 0;
  private closed = false;

  constructor(
    private readonly descriptor: ChannelDescriptor,
    private readonly credits: number,
    private readonly memory: NetworkMemory,
    private readonly connect: () => ChannelConnection,
  ) {}

  open(listener: ChannelListener): void {
    if (this.closed) return;
    this.listener = listener;
    this.connection = this.connect();
    this.id = this.connection.add(this);
    const { partitionId, subpartition } = this.descriptor;
    this.connection.send([FrameKind.OPEN, this.id, 0, { partitionId, subpartition, credits: this.credits }]);
  }

  /** What it has credit for, what may wait at the producer, and the open batch there. */
  get batchesInFlight(): number {
    return this.credits + this.memory.queuedBatches + 1;
  }

  limitBatches(records: number): void {
    this.connection?.send([FrameKind.LIMIT, this.id, 0, records]);
  }

  poll(): PartitionElement | undefined {
    const element = this.queue.shift();
    if (element?.kind !== 'data') return element;
    this.memory.give(element.bytes.length);
    const batch = decodeBatch(element.bytes);
    if (++this.toReturn * 2 >= this.credits) {
      this.connection?.send([FrameKind.CREDIT, this.id, 0, this.toReturn]);
      this.toReturn = 0;
    }
    return { kind: 'data', batch };
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const element of this.queue.splice(0)) if (element.kind === 'data') this.memory.give(element.bytes.length);
    this.disconnect();
  }

  receive([kind, , sequence, payload]: Frame): void {
    if (this.closed) return;
    if (sequence !== this.expected++) {
      const message = `Frames of ${this.where} are missing: ${sequence} came instead of ${this.expected - 1}.`;
      this.fail(new MillraceError('INTERNAL', message));
      return;
    }
    if (kind === FrameKind.ERROR) {
      this.fail(producerFailed(deserializeError(payload as SerializedError), ` (${this.where})`));
      return;
    }
    if (kind === FrameKind.DATA) {
      const bytes = payload as Uint8Array;
      this.memory.take(bytes.length);
      this.queue.push({ kind: 'data', bytes });
      this.memory.check();
    } else if (kind === FrameKind.EVENT) this.queue.push({ kind: 'event', event: payload as PartitionEvent });
    else if (kind === FrameKind.END) {
      this.queue.push({ kind: 'end' });
      // All is here: the producer may go, whenever the task gets to it.
      this.disconnect();
    }
    this.listener?.onAvailable();
  }

  lost(reason: string, cause?: unknown): void {
    this.connection = undefined;
    if (this.closed) return;
    this.fail(
      new MillraceError('TASK_MANAGER_LOST', `Lost the producer of ${this.where}: ${reason}`, {
        ...(cause !== undefined && { cause }),
        context: { producer: `${this.descriptor.producer.host}:${this.descriptor.producer.port}` },
      }),
    );
  }

  private fail(error: MillraceError): void {
    this.disconnect();
    this.listener?.onFailed(error);
  }

  private disconnect(): void {
    const connection = this.connection;
    this.connection = undefined;
    connection?.remove(this.id);
  }

  private get where(): string {
    const { partitionId, producerSubtask, producer } = this.descriptor;
    return `subtask ${producerSubtask + 1} at ${producer.host}:${producer.port}, partition ${partitionId}`;
  }
}
