import type { WebSocket } from 'ws';
import { MillraceError, messageOf } from '../../core/errors.js';
import { type Frame, FrameKind, type HostPort } from '../../core/protocol/index.js';
import { authenticateClient, openSocket } from '../../core/rpc/index.js';
import { decodeFrame, encodeFrame } from './frame-codec.js';
import type { FrameTransport, TransportListener } from './frame-transport.js';
import type { NetworkMemory } from './network-memory.js';

/** Sent once by the server when it has accepted a peer; only then may the client send frames. */
export const READY = 'ready';

/** For each step: connecting, the handshake, being taken. */
const CONNECT_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 1000;

/** A WebSocket between two slots, one frame a message; of an authenticated peer. */
export class SocketTransport implements FrameTransport {
  private ended = false;
  /** Bytes of batches that the kernel has not taken. */
  private unsent = 0;

  constructor(
    private readonly socket: WebSocket,
    /** What waits in the socket counts here. */
    private readonly memory?: NetworkMemory,
  ) {}

  listen(listener: TransportListener): void {
    const { socket } = this;
    const lost = (reason: string, cause?: unknown): void => {
      if (this.ended) return;
      this.end();
      socket.terminate();
      listener.onLost(reason, cause);
    };
    socket.on('message', data => {
      if (this.ended) return;
      try {
        listener.onFrame(decodeFrame(data as Buffer));
      } catch (error) {
        lost(messageOf(error), error);
      }
    });
    socket.on('error', error => lost(error.message, error));
    socket.on('close', () => lost('the connection was closed'));
  }

  send(frame: Frame): void {
    const { socket, memory } = this;
    if (this.ended || socket.readyState !== socket.OPEN) return;
    const bytes = encodeFrame(frame);
    if (memory === undefined || frame[0] !== FrameKind.DATA) {
      socket.send(bytes);
      return;
    }
    this.unsent += bytes.length;
    memory.take(bytes.length);
    socket.send(bytes, () => {
      if (this.ended) return;
      this.unsent -= bytes.length;
      memory.give(bytes.length);
    });
    memory.check();
  }

  close(): void {
    if (this.ended) return;
    this.end();
    const { socket } = this;
    socket.close();
    const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  private end(): void {
    this.ended = true;
    this.memory?.give(this.unsent);
    this.unsent = 0;
  }
}

/** Connects to the data server of another slot and proves the secret to it. */
export async function dialSocket(
  { host, port }: HostPort,
  { secret, id }: { secret: string; id: string },
): Promise<SocketTransport> {
  const socket = await openSocket(host, port, CONNECT_TIMEOUT_MS);
  try {
    await authenticateClient(socket, secret, { role: 'slot', id });
    await readyOf(socket);
  } catch (error) {
    socket.terminate();
    throw error;
  }
  return new SocketTransport(socket);
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
