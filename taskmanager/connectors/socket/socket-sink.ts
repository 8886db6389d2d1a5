/** HOT PATH */
import { connect, type Socket } from 'node:net';
import { MillraceError, messageOf } from '../../../core/errors.js';
import type { OperatorContext, TaskEnd } from '../../operators/operator.js';
import { UserFunction } from '../../operators/user-function.js';
import { UserOperator } from '../../operators/user-operator.js';

type Serialize = (record: unknown) => unknown;

export interface SocketAddress {
  host: string;
  port: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * writeToSocket: what the author's schema makes of each record, one after the other, nothing between. While the other side
 * does not read, the task waits. A connection that is lost fails the task.
 */
export class SocketSink extends UserOperator<Serialize> {
  private readonly serialize: Serialize;
  private socket: Socket | undefined;
  private connecting: Socket | undefined;

  constructor(
    context: OperatorContext,
    private readonly address: SocketAddress,
  ) {
    super(context, new UserFunction<Serialize>(context, 'serialize'));
    this.serialize = this.user.call;
  }

  override async open(): Promise<void> {
    await super.open();
    this.socket = await this.connect();
  }

  protected process(record: unknown): void {
    this.position.current = this.index;
    const bytes = this.serialize(record);
    if (typeof bytes !== 'string' && !(bytes instanceof Uint8Array)) {
      throw new MillraceError(
        'TASK_FAILED',
        `The schema of '${this.context.operator.name}' gave ${bytes === null ? 'null' : `a ${typeof bytes}`}; a text or bytes are needed.`,
      );
    }
    const { socket } = this;
    if (!socket || socket.write(bytes)) return;
    const drained = new Promise<void>(resolve => {
      socket.once('drain', () => resolve());
    });
    this.suspend(drained, () => {});
  }

  override async close(end: TaskEnd): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    this.connecting?.destroy();
    if (socket && end === 'finished') await this.endOf(socket);
    socket?.destroy();
    await super.close(end);
  }

  private connect(): Promise<Socket> {
    const socket = connect(this.address);
    this.connecting = socket;
    return new Promise((resolve, reject) => {
      socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error(`no answer in ${CONNECT_TIMEOUT_MS} ms`)));
      socket.once('connect', () => {
        socket.setTimeout(0);
        this.connecting = undefined;
        resolve(socket);
      });
      let cause: unknown = new Error('the other side has closed it');
      socket.on('error', error => {
        cause = error;
      });
      socket.on('close', () => {
        const lost = this.lost(cause);
        // After `connect` the rejection is nothing to anybody; before it nobody has the socket yet.
        reject(lost);
        if (this.socket === socket) this.context.task.fail(lost);
      });
      // What the other side has to say is not asked for, but its end is noticed only by reading.
      socket.resume();
    });
  }

  /** Everything was handed to the other side's host. */
  private endOf(socket: Socket): Promise<void> {
    return new Promise((resolve, reject) => {
      socket.once('close', () => reject(this.lost(new Error('it was closed before all was written'))));
      socket.end(() => resolve());
    });
  }

  private lost(cause: unknown): MillraceError {
    const { host, port } = this.address;
    return new MillraceError(
      'CONNECTION_FAILED',
      `'${this.context.operator.name}' has no connection to the socket server at ${host}:${port}: ${messageOf(cause)}. ` +
        `It must run before the job and until its end (nc -lk ${port}).`,
      { domain: 'user', context: { host, port } },
    );
  }
}
