import { messageOf } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';
import { type ChannelDescriptor, type Frame, FrameKind } from '../../core/protocol/index.js';
import type { FrameTransport } from './frame-transport.js';
import type { InputChannel } from './input-channel.js';
import type { NetworkMemory } from './network-memory.js';
import { type ChannelConnection, RemoteChannel } from './remote-channel.js';

/** Joins this slot to the one that holds a partition. */
export type Dial = (descriptor: ChannelDescriptor) => Promise<FrameTransport>;

/** The connections of one slot to the slots it reads from: one transport each, its channels multiplexed. */
export class DataClient implements Closeable {
  private readonly connections = new Map<string, ClientConnection>();

  constructor(
    private readonly dial: Dial,
    private readonly memory: NetworkMemory,
  ) {}

  /** Open connections, for tests. */
  get connectionCount(): number {
    return this.connections.size;
  }

  channel(descriptor: ChannelDescriptor, credits: number): InputChannel {
    return new RemoteChannel(descriptor, credits, this.memory, () => this.connectionFor(descriptor));
  }

  close(): void {
    for (const connection of this.connections.values()) connection.close();
  }

  private connectionFor(descriptor: ChannelDescriptor): ClientConnection {
    const address = `${descriptor.producer.host}:${descriptor.producer.port}`;
    let connection = this.connections.get(address);
    if (!connection) {
      const made = new ClientConnection(this.dial(descriptor), () => {
        if (this.connections.get(address) === made) this.connections.delete(address);
      });
      connection = made;
      this.connections.set(address, connection);
    }
    return connection;
  }
}

/** Lives while it has channels. */
class ClientConnection implements ChannelConnection {
  private readonly channels = new Map<number, RemoteChannel>();
  private readonly waiting: Frame[] = [];
  private transport: FrameTransport | undefined;
  private nextChannel = 0;
  private ended = false;

  constructor(
    dialed: Promise<FrameTransport>,
    private readonly onEnd: () => void,
  ) {
    dialed.then(
      transport => this.start(transport),
      (error: unknown) => this.lost(messageOf(error), error),
    );
  }

  add(channel: RemoteChannel): number {
    const id = this.nextChannel++;
    this.channels.set(id, channel);
    return id;
  }

  remove(id: number): void {
    if (!this.channels.delete(id)) return;
    this.send([FrameKind.CLOSE, id, 0, null]);
    if (this.channels.size === 0) this.close();
  }

  send(frame: Frame): void {
    if (this.transport) this.transport.send(frame);
    else this.waiting.push(frame);
  }

  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.onEnd();
    this.transport?.close();
  }

  private start(transport: FrameTransport): void {
    if (this.ended) {
      transport.close();
      return;
    }
    this.transport = transport;
    transport.listen({
      onFrame: frame => this.channels.get(frame[1])?.receive(frame),
      onLost: (reason, cause) => this.lost(reason, cause),
    });
    for (const frame of this.waiting.splice(0)) transport.send(frame);
  }

  private lost(reason: string, cause?: unknown): void {
    const affected = [...this.channels.values()];
    this.channels.clear();
    this.close();
    for (const channel of affected) channel.lost(reason, cause);
  }
}
