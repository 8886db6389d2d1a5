import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { MillraceError } from '../../core/errors.js';
import { connectionError, timeoutError } from '../http/index.js';
import { DATA_NODE } from './data-nodes.js';

export interface HdfsInputStreamOptions {
  /** The first connection, already open at its offset. */
  body: IncomingMessage;
  url: string;
  /** Opens a new connection that leaves out the bytes that came already. */
  reopen: (received: number) => Promise<IncomingMessage>;
  /** Milliseconds without a byte, while bytes are wanted, after which the connection counts as broken. */
  stallTimeout: number;
}

/** Connections in a row that may break without having brought this many bytes. */
const FRUITLESS = 2;
const FRUITFUL = 1024 * 1024;

/** The bytes of a file. A connection that breaks is replaced by another one that goes on where it ended. */
export class HdfsInputStream extends Readable {
  private body: IncomingMessage | undefined;
  private received = 0;
  private fruitless = 0;
  private fruit = 0;
  private readonly stall: NodeJS.Timeout;

  constructor(private readonly options: HdfsInputStreamOptions) {
    super({ highWaterMark: 256 * 1024 });
    this.stall = setTimeout(() => this.onStall(), options.stallTimeout);
    this.attach(options.body);
  }

  override _read(): void {
    if (this.body?.isPaused()) {
      this.body.resume();
      this.stall.refresh();
    }
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.stall);
    this.body?.destroy();
    callback(error);
  }

  private attach(body: IncomingMessage): void {
    this.body = body;
    this.stall.refresh();
    body.on('data', (chunk: Buffer) => {
      this.received += chunk.length;
      this.fruit += chunk.length;
      this.stall.refresh();
      if (!this.push(chunk)) body.pause();
    });
    body.once('end', () => {
      clearTimeout(this.stall);
      this.push(null);
    });
    body.on('error', error => void this.goOn(body, error));
    body.pause();
  }

  private onStall(): void {
    // Whoever does not read can wait as long as he likes.
    if (this.body === undefined || this.body.isPaused()) this.stall.refresh();
    else this.body.destroy(timeoutError(this.options.url, DATA_NODE, this.options.stallTimeout, 'more bytes'));
  }

  private async goOn(from: IncomingMessage, error: unknown): Promise<void> {
    if (this.destroyed || this.body !== from) return;
    const failure = connectionError(error, this.options.url, DATA_NODE);
    if (this.fruit >= FRUITFUL) this.fruitless = 0;
    this.fruit = 0;
    if (this.fruitless++ >= FRUITLESS || failure.code === 'ILLEGAL_STATE') {
      this.destroy(failure);
      return;
    }
    this.body = undefined;
    try {
      const body = await this.options.reopen(this.received);
      if (this.destroyed) body.destroy();
      else {
        this.attach(body);
        body.resume();
      }
    } catch (again) {
      this.destroy(again instanceof MillraceError ? again : failure);
    }
  }
}
