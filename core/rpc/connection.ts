import { pack, unpack } from 'msgpackr';
import type { WebSocket } from 'ws';
import { deserializeError, MillraceError, type SerializedError, serializeError } from '../errors.js';
import type { Peer } from './authentication.js';

/** One side's methods. A handler may be asynchronous; what it throws reaches the caller as the same kind of error. */
export type Handlers<M> = {
  [K in keyof M]?: (
    request: M[K] extends { request: infer R } ? R : never,
    connection: RpcConnection,
  ) => M[K] extends { response: infer S } ? S | Promise<S> : never;
};

export interface HeartbeatOptions {
  /** Milliseconds between pings. Default 10,000. */
  intervalMs: number;
  /** Milliseconds of silence after which the peer counts as dead. Default 50,000. */
  timeoutMs: number;
}

export const DEFAULT_HEARTBEAT: HeartbeatOptions = { intervalMs: 10_000, timeoutMs: 50_000 };

const CALL = 0;
const NOTIFY = 1;
const RESULT = 2;
const FAILURE = 3;
const DEFAULT_CALL_TIMEOUT_MS = 30_000;

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/**
 * One authenticated WebSocket that both sides call over: msgpack arrays `[CALL, id, method, request]`,
 * `[NOTIFY, 0, method, request]`, `[RESULT, id, response]`, `[FAILURE, id, error]`. Messages arrive in the order in which
 * they were sent. When the connection ends, every open call is rejected and `closed` resolves, with the reason if it was
 * not closed on this side.
 */
export class RpcConnection {
  readonly closed: Promise<Error | undefined>;
  private readonly pending = new Map<number, Pending>();
  private readonly heartbeat: NodeJS.Timeout;
  private nextId = 1;
  private lastHeard = Date.now();
  private lastBeat = Date.now();
  private settleClosed!: (reason: Error | undefined) => void;
  private closeReason: Error | undefined;
  private isClosed = false;

  constructor(
    private readonly socket: WebSocket,
    readonly peer: Peer & { address: string },
    private readonly handlers: Handlers<never>,
    heartbeat: HeartbeatOptions = DEFAULT_HEARTBEAT,
    /** Told of notifications that a handler refused: their sender does not wait for an answer. */
    private readonly onUnanswered: (method: string, error: unknown) => void = () => {},
  ) {
    this.closed = new Promise(resolve => {
      this.settleClosed = resolve;
    });
    socket.on('message', (data, isBinary) => this.receive(data as Buffer, isBinary));
    socket.on('pong', () => {
      this.lastHeard = Date.now();
    });
    socket.on('ping', () => {
      this.lastHeard = Date.now();
    });
    socket.on('error', error => this.end(new MillraceError('RPC', `${this.name}: ${error.message}`)));
    socket.on('close', () => this.end(new MillraceError('RPC', `${this.name}: connection closed by the other side`)));
    this.heartbeat = setInterval(() => this.beat(heartbeat), heartbeat.intervalMs);
    this.heartbeat.unref();
  }

  get isOpen(): boolean {
    return !this.isClosed;
  }

  /** Rejects with the peer's error, TIMEOUT, or RPC when the connection ends first. */
  call<T = unknown>(method: string, request: unknown, { timeoutMs = DEFAULT_CALL_TIMEOUT_MS } = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.isClosed) {
        reject(this.closeReason ?? new MillraceError('RPC', `${this.name}: connection is closed`));
        return;
      }
      const id = this.nextId++;
      // Before anything is noted: what can't be packed is thrown here, and rejects.
      const message = pack([CALL, id, method, request]);
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new MillraceError('TIMEOUT', `${this.name} did not answer ${method} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.pending.set(id, { resolve: v => resolve(v as T), reject, timer });
      this.socket.send(message);
    });
  }

  /** One way. Dropped when the connection is closed. */
  notify(method: string, request: unknown): void {
    if (!this.isClosed) this.send([NOTIFY, 0, method, request]);
  }

  /** Calls and notifications typed by a gateway of core/protocol/control.ts. */
  gateway<M>(): Gateway<M> {
    const isOpen = (): boolean => this.isOpen;
    return {
      get isOpen() {
        return isOpen();
      },
      call: (method, request, options) => this.call(String(method), request, options),
      notify: (method, request) => this.notify(String(method), request),
    };
  }

  close(): void {
    this.end(undefined);
  }

  private get name(): string {
    return `${this.peer.role} ${this.peer.id} at ${this.peer.address}`;
  }

  private send(message: unknown[]): void {
    this.socket.send(pack(message));
  }

  private receive(data: Buffer, isBinary: boolean): void {
    this.lastHeard = Date.now();
    let message: unknown;
    try {
      message = isBinary ? unpack(data) : undefined;
    } catch {
      message = undefined;
    }
    if (!Array.isArray(message)) {
      this.end(new MillraceError('RPC', `${this.name} sent what is no message`));
      return;
    }
    const [kind, id, third, fourth] = message as unknown[];
    if (kind === RESULT || kind === FAILURE) this.settle(kind, id, third);
    else if (kind === CALL && typeof id === 'number') void this.serve(id, String(third), fourth);
    else if (kind === NOTIFY) void this.serve(undefined, String(third), fourth);
    else this.end(new MillraceError('RPC', `${this.name} sent what is no message`));
  }

  private settle(kind: number, id: unknown, value: unknown): void {
    const call = this.pending.get(id as number);
    if (!call) return;
    this.pending.delete(id as number);
    clearTimeout(call.timer);
    if (kind === RESULT) call.resolve(value);
    else if (isSerializedError(value)) call.reject(deserializeError(value));
    else call.reject(new MillraceError('RPC', `${this.name} failed without saying why`));
  }

  private async serve(id: number | undefined, method: string, request: unknown): Promise<void> {
    const table = this.handlers as Record<string, ((r: unknown, c: RpcConnection) => unknown) | undefined>;
    try {
      const handler = Object.hasOwn(table, method) ? table[method] : undefined;
      if (!handler) throw new MillraceError('RPC', `no method "${method}" here`);
      const response = handler(request, this);
      const value = response instanceof Promise ? await response : response;
      if (id !== undefined && !this.isClosed) this.send([RESULT, id, value]);
    } catch (error) {
      if (id === undefined) this.onUnanswered(method, error);
      else if (!this.isClosed) this.send([FAILURE, id, serializeError(error)]);
    }
  }

  private beat({ intervalMs, timeoutMs }: HeartbeatOptions): void {
    const now = Date.now();
    const slept = now - this.lastBeat > intervalMs + timeoutMs / 2;
    this.lastBeat = now;
    const silence = now - this.lastHeard;
    // A process that was stopped itself has not listened: what came meanwhile is read after this.
    if (silence > timeoutMs && !slept) {
      this.end(new MillraceError('TIMEOUT', `${this.name} has been silent for ${Math.round(silence / 1000)} s`));
    } else this.socket.ping();
  }

  private end(reason: Error | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closeReason = reason;
    clearInterval(this.heartbeat);
    const error = reason ?? new MillraceError('RPC', `${this.name}: connection is closed`);
    for (const call of this.pending.values()) {
      clearTimeout(call.timer);
      call.reject(error);
    }
    this.pending.clear();
    if (reason && 'code' in reason && reason.code === 'TIMEOUT') this.socket.terminate();
    else this.socket.close();
    // A peer that does not answer the closing handshake must not hold the socket.
    const terminate = setTimeout(() => this.socket.terminate(), 2000);
    this.socket.once('close', () => clearTimeout(terminate));
    this.settleClosed(reason);
  }
}

/** A connection's other side, by the methods that it serves. */
export interface Gateway<M> {
  readonly isOpen: boolean;
  call<K extends keyof M>(
    method: K,
    request: M[K] extends { request: infer R } ? R : never,
    options?: { timeoutMs?: number },
  ): Promise<M[K] extends { response: infer S } ? S : never>;
  notify<K extends keyof M>(method: K, request: M[K] extends { request: infer R } ? R : never): void;
}

function isSerializedError(value: unknown): value is SerializedError {
  return typeof value === 'object' && value !== null && 'message' in value;
}
