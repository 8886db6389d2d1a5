/** HOT PATH: once per batch. */
import { MillraceError, serializeError } from '../../core/errors.js';
import { type Frame, FrameKind } from '../../core/protocol/index.js';
import { encodeBatch } from '../../core/types/index.js';
import type { FrameTransport } from './frame-transport.js';
import type { PartitionRegistry } from './partition-registry.js';
import type { Subpartition, SubpartitionReader } from './subpartition.js';

/** One slot that reads partitions of this one; its channels share the transport. */
export class ProducerConnection {
  private readonly channels = new Map<number, ServerChannel>();
  private ended = false;

  constructor(
    private readonly transport: FrameTransport,
    private readonly registry: PartitionRegistry,
    private readonly onEnd: () => void,
  ) {
    transport.listen({ onFrame: frame => this.receive(frame), onLost: () => this.close() });
  }

  send(frame: Frame): void {
    this.transport.send(frame);
  }

  /** Its consumers are taken for done. */
  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.onEnd();
    this.transport.close();
    for (const channel of this.channels.values()) channel.close();
    this.channels.clear();
  }

  private receive([kind, id, , payload]: Frame): void {
    if (kind === FrameKind.OPEN) this.open(id, payload);
    else if (kind === FrameKind.CREDIT) this.channels.get(id)?.grant(Number(payload));
    else if (kind === FrameKind.LIMIT) this.channels.get(id)?.limit(Number(payload));
    else if (kind === FrameKind.CLOSE) {
      this.channels.get(id)?.close();
      this.channels.delete(id);
    }
  }

  private open(id: number, payload: unknown): void {
    const { partitionId, subpartition, credits } = payload as {
      partitionId: string;
      subpartition: number;
      credits: number;
    };
    const channel = new ServerChannel(this, id, credits);
    this.channels.set(id, channel);
    this.registry.subpartition(partitionId, subpartition).then(
      found => channel.attach(found),
      (error: unknown) => channel.onFailed(error),
    );
  }
}

/** A subpartition on its way to a remote consumer. A batch costs a credit; events and the end go as they come. */
class ServerChannel implements SubpartitionReader {
  private subpartition: Subpartition | undefined;
  private sequence = 0;
  private closed = false;

  constructor(
    private readonly connection: ProducerConnection,
    private readonly id: number,
    private credits: number,
  ) {}

  attach(subpartition: Subpartition): void {
    if (this.closed) {
      subpartition.release();
      return;
    }
    if (subpartition.hasReader) {
      this.onFailed(new MillraceError('INTERNAL', 'The subpartition is read by another consumer already.'));
      return;
    }
    this.subpartition = subpartition;
    subpartition.attach(this);
  }

  grant(credits: number): void {
    this.credits += credits;
    this.onAvailable();
  }

  /** Of a consumer that has got batches, so there is a subpartition unless it has ended. */
  limit(records: number): void {
    this.subpartition?.limitBatches(records);
  }

  onAvailable(): void {
    const subpartition = this.subpartition;
    if (!subpartition) return;
    for (;;) {
      if (subpartition.peek() === 'data' && this.credits === 0) return;
      const bytes = subpartition.pollBytes();
      if (bytes !== undefined) {
        this.credits--;
        this.send(FrameKind.DATA, bytes);
        continue;
      }
      const element = subpartition.poll();
      if (!element) return;
      if (element.kind === 'data') {
        this.credits--;
        const { batch } = element;
        this.send(FrameKind.DATA, encodeBatch(batch));
        if (batch.layout !== undefined) batch.recycle?.();
      } else if (element.kind === 'event') this.send(FrameKind.EVENT, element.event);
      else this.send(FrameKind.END, null);
    }
  }

  onFailed(error: unknown): void {
    this.subpartition = undefined;
    this.send(FrameKind.ERROR, serializeError(error));
  }

  /** The consumer is done, gave up, or is gone. */
  close(): void {
    this.closed = true;
    const subpartition = this.subpartition;
    this.subpartition = undefined;
    subpartition?.release();
  }

  private send(kind: FrameKind, payload: unknown): void {
    this.connection.send([kind, this.id, this.sequence++, payload]);
  }
}
