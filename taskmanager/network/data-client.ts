import type { WebSocket } from 'ws';
import { deserializeError, MillraceError, messageOf, type SerializedError } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';
import { type ChannelDescriptor, type Frame, FrameKind, type HostPort } from '../../core/protocol/index.js';
import { authenticateClient, openSocket } from '../../core/rpc/index.js';
import { decodeBatch } from '../../core/types/index.js';
import { READY } from './data-server.js';
import { decodeFrame, encodeFrame } from './frame-codec.js';
import { type ChannelListener, type InputChannel, producerFailed } from './input-channel.js';
import type { NetworkMemory } from './network-memory.js';
import type { PartitionElement, PartitionEvent } from './partition-element.js';

const CONNECT_TIMEOUT_MS = 10_000;

export interface DataClientOptions {
  secret: string;
  /** Names this slot to its peers. */
  id: string;
  memory: NetworkMemory;
}

/** The connections of one slot to the slots it reads from: one socket each, its channels multiplexed. */
export class DataClient implements Closeable {
  private readonly connections = new Map<string, ClientConnection>();

  constructor(private readonly options: DataClientOptions) {}

  /** Open sockets, for tests. */
  get connectionCount(): number {
    return this.connections.size;
  }

  channel(descriptor: ChannelDescriptor, credits: number): InputChannel {
    return new RemoteChannel(descriptor, credits, this.options.memory, () => this.connectionTo(descriptor.producer));
  }

  close(): void {
    for (const connection of this.connections.values()) connection.close();
  }

  private connectionTo(producer: HostPort): ClientConnection {
    const address = `${producer.host}:${producer.port}`;
    let connection = this.connections.get(address);
    if (!connection) {
      const made = new ClientConnection(producer, this.options, () => {
        if (this.connections.get(address) === made) this.connections.delete(address);
      });
      connection = made;
      this.connections.set(address, connection);
    }
    return connection;
  }
}

/** Lives while it has channels. */
class ClientConnection {
  private readonly channels = new Map<number, RemoteChannel>();
  private readonly waiting: Frame[] = [];
  private socket: WebSocket | undefined;
  private nextChannel = 0;
  private ended = false;

  constructor(
    private readonly producer: HostPort,
    private readonly options: DataClientOptions,
    private readonly onEnd: () => void,
  ) {
    this.connect().catch((error: unknown) => this.lost(messageOf(error), error));
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
    if (!this.socket) this.waiting.push(frame);
    else if (this.socket.readyState === this.socket.OPEN) this.socket.send(encodeFrame(frame));
  }

  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.onEnd();
    const socket = this.socket;
    if (!socket) return;
    socket.close();
    const timer = setTimeout(() => socket.terminate(), 1000);
    socket.once('close', () => clearTimeout(timer));
  }

  private async connect(): Promise<void> {
    const { host, port } = this.producer;
    const socket = await openSocket(host, port, CONNECT_TIMEOUT_MS);
    try {
      await authenticateClient(socket, this.options.secret, { role: 'slot', id: this.options.id });
      await readyOf(socket);
    } catch (error) {
      socket.terminate();
      throw error;
    }
    if (this.ended) {
      socket.terminate();
      return;
    }
    this.socket = socket;
    socket.on('message', data => this.receive(data as Buffer));
    socket.on('error', error => this.lost(error.message, error));
    socket.on('close', () => this.lost('the connection was closed'));
    for (const frame of this.waiting.splice(0)) this.send(frame);
  }

  private receive(data: Buffer): void {
    try {
      const frame = decodeFrame(data);
      this.channels.get(frame[1])?.receive(frame);
    } catch (error) {
      this.lost(messageOf(error), error);
    }
  }

  private lost(reason: string, cause?: unknown): void {
    const affected = [...this.channels.values()];
    this.channels.clear();
    this.close();
    for (const channel of affected) channel.lost(reason, cause);
  }
}

function readyOf(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => end(new MillraceError('TIMEOUT', 'no answer after the handshake')),
      CONNECT_TIMEOUT_MS,
    );
    const onMessage = (data: unknown): void => {
      end(String(data) === READY ? undefined : new MillraceError('AUTHENTICATION_FAILED', 'the peer is no slot'));
    };
    const onClose = (): void => end(new MillraceError('AUTHENTICATION_FAILED', 'the other side refused the secret'));
    function end(error?: MillraceError): void {
      clearTimeout(timer);
      socket.off('message', onMessage);
      socket.off('close', onClose);
      if (error) reject(error);
      else resolve();
    }
    socket.on('message', onMessage);
    socket.on('close', onClose);
  });
}

/** A producer in another slot. Batches stay encoded until the task takes them; a credit goes back for each taken. */
class RemoteChannel implements InputChannel {
  private connection: ClientConnection | undefined;
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
    private readonly connect: () => ClientConnection,
  ) {}

  open(listener: ChannelListener): void {
    if (this.closed) return;
    this.listener = listener;
    this.connection = this.connect();
    this.id = this.connection.add(this);
    const { partitionId, subpartition } = this.descriptor;
    this.connection.send([FrameKind.OPEN, this.id, 0, { partitionId, subpartition, credits: this.credits }]);
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
