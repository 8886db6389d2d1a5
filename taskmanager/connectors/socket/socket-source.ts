import { connect, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { MillraceError, messageOf } from '../../../core/errors.js';
import { NO_TIMESTAMP } from '../../../core/types/index.js';
import type { OperatorContext, Output, SourceOperator, SourceState } from '../../operators/operator.js';

export interface SocketSpec {
  host: string;
  port: number;
  delimiter: string;
  /** How often a connection is tried again after it was lost or refused; −1: for ever. */
  maxRetries: number;
}

const RETRY_DELAY_MS = 500;
const CONNECT_TIMEOUT_MS = 10_000;
/** Records that may wait here before the socket is no longer read. */
const HIGH_WATER = 2_048;

/**
 * socketTextStream: records between delimiters; with `\n` a `\r` before it is dropped. The rest without a delimiter is a
 * record when the server ends and no retry is left.
 */
export class SocketSource implements SourceOperator {
  private readonly output: Output;
  private readonly ready: string[] = [];
  private taken = 0;
  private rest = '';
  private decoder = new StringDecoder('utf8');
  private socket: Socket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private attempts = 0;
  private ended = false;
  private failure: MillraceError | undefined;
  private canceled = false;

  constructor(
    private readonly context: OperatorContext,
    private readonly spec: SocketSpec,
  ) {
    this.output = context.output;
    if (context.task.subtaskIndex > 0) this.ended = true;
  }

  start(): void {
    if (!this.ended) this.connect();
  }

  poll(budget: number): SourceState {
    if (this.failure) throw this.failure;
    const end = Math.min(this.ready.length, this.taken + budget);
    while (this.taken < end) this.output.collect(this.ready[this.taken++], NO_TIMESTAMP);
    if (this.taken < this.ready.length) return 'more';
    this.ready.length = 0;
    this.taken = 0;
    if (this.socket?.isPaused()) this.socket.resume();
    return this.ended ? 'end' : 'idle';
  }

  cancel(): void {
    this.canceled = true;
    clearTimeout(this.timer);
    this.socket?.destroy();
    this.socket = undefined;
  }

  close(): void {
    this.cancel();
  }

  private connect(): void {
    const socket = connect({ host: this.spec.host, port: this.spec.port });
    this.socket = socket;
    let lost: unknown;
    let connected = false;
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error(`no answer in ${CONNECT_TIMEOUT_MS} ms`)));
    socket.on('connect', () => {
      connected = true;
      socket.setTimeout(0);
    });
    socket.on('data', (bytes: Buffer) => this.receive(bytes));
    socket.on('error', error => {
      lost = error;
    });
    socket.on('close', () => this.disconnected(connected, lost));
  }

  private receive(bytes: Buffer): void {
    const { delimiter } = this.spec;
    const parts = (this.rest + this.decoder.write(bytes)).split(delimiter);
    this.rest = parts.pop() ?? '';
    if (parts.length === 0) return;
    for (const part of parts) this.ready.push(this.record(part));
    if (this.ready.length - this.taken > HIGH_WATER) this.socket?.pause();
    this.context.task.wake();
  }

  private record(part: string): string {
    return this.spec.delimiter === '\n' && part.endsWith('\r') ? part.slice(0, -1) : part;
  }

  private disconnected(connected: boolean, lost: unknown): void {
    if (this.canceled) return;
    const { host, port, maxRetries } = this.spec;
    if (maxRetries < 0 || this.attempts < maxRetries) {
      this.attempts++;
      this.context.task.logger.warn(
        `${connected ? 'Lost the connection' : 'No connection'} to ${host}:${port}; trying again in ${RETRY_DELAY_MS} ms.`,
      );
      this.timer = setTimeout(() => this.connect(), RETRY_DELAY_MS);
      return;
    }
    if (!connected) {
      this.failure = new MillraceError(
        'CONNECTION_FAILED',
        `Nobody answers at ${host}:${port}: ${messageOf(lost)}. The socket's server must run before the job (nc -lk ${port}).`,
        { domain: 'user', context: { host, port } },
      );
    } else {
      this.rest += this.decoder.end();
      if (this.rest !== '') this.ready.push(this.record(this.rest));
      this.rest = '';
      this.ended = true;
    }
    this.context.task.wake();
  }
}
