import { MillraceError } from '../../core/errors.js';
import type { FileWriter } from '../../core/fs/index.js';
import type { Upload } from './upload.js';

/** What a writer asks of its file system. */
export interface WriterHost {
  /** Starts the upload of a temporary file. */
  start(): Promise<{ upload: Upload; temporary: string }>;
  /** Stores bytes that are all there under a temporary name, trying again where that is safe. */
  storeWhole(data: Buffer): Promise<string>;
  /** Gives the temporary file its name. On failure it has removed it. */
  publish(temporary: string, length: number): Promise<void>;
  discard(temporary: string, mayArriveLate: boolean): Promise<void>;
  /** The writer has ended, one way or the other. */
  ended(writer: FileWriter): void;
}

const BLOCK = 64 * 1024;

/**
 * Collects what is written into blocks of 64 KiB. A file that fits into one is sent at close as a whole, and may be sent
 * again; a longer one streams to the DataNode as it comes.
 */
export class HdfsFileWriter implements FileWriter {
  private block = Buffer.allocUnsafe(BLOCK);
  private filled = 0;
  private length = 0;
  private streaming: { upload: Upload; temporary: string } | undefined;
  private failure: unknown;
  private writing: Promise<void> = Promise.resolve();
  private ending: Promise<void> | undefined;

  constructor(
    private readonly host: WriterHost,
    private readonly path: string,
  ) {}

  write(data: Uint8Array): Promise<void> {
    if (this.ending) return Promise.reject(new MillraceError('ILLEGAL_STATE', `The writer of ${this.path} is closed.`));
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.length += data.length;
    if (this.filled + data.length <= BLOCK) {
      this.keep(data);
      return Promise.resolve();
    }
    // Copied before anything is awaited: the array is the caller's again when the promise resolves, but one who does not
    // wait must not be able to mix the order up either.
    const pieces = this.cut(data);
    this.writing = this.writing.then(() => this.send(pieces));
    this.writing.catch(error => {
      this.failure ??= error;
    });
    return this.writing;
  }

  close(): Promise<void> {
    this.ending ??= this.finish().finally(() => this.host.ended(this));
    return this.ending;
  }

  abort(): Promise<void> {
    this.ending ??= this.giveUp().finally(() => this.host.ended(this));
    return this.ending.catch(() => {});
  }

  private keep(data: Uint8Array): void {
    this.block.set(data, this.filled);
    this.filled += data.length;
  }

  /** Full blocks out of what was kept and `data`; what is left over is kept. */
  private cut(data: Uint8Array): Buffer[] {
    const pieces: Buffer[] = [];
    let rest = data;
    while (this.filled + rest.length > BLOCK) {
      const room = BLOCK - this.filled;
      this.keep(rest.subarray(0, room));
      rest = rest.subarray(room);
      pieces.push(this.block);
      this.block = Buffer.allocUnsafe(BLOCK);
      this.filled = 0;
    }
    this.keep(rest);
    return pieces;
  }

  private async send(pieces: Buffer[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.streaming ??= await this.host.start();
    for (const piece of pieces) await this.streaming.upload.write(piece);
  }

  private async finish(): Promise<void> {
    await this.writing.catch(() => {});
    let temporary: string;
    try {
      if (this.failure !== undefined) throw this.failure;
      if (this.streaming) {
        temporary = this.streaming.temporary;
        if (this.filled > 0) await this.streaming.upload.write(this.block.subarray(0, this.filled));
        await this.streaming.upload.finish();
      } else {
        temporary = await this.host.storeWhole(this.block.subarray(0, this.filled));
      }
    } catch (error) {
      await this.giveUp();
      throw error;
    }
    await this.host.publish(temporary, this.length);
  }

  private async giveUp(): Promise<void> {
    this.failure ??= new MillraceError('CANCELED', `The writer of ${this.path} was aborted.`);
    this.streaming?.upload.cancel();
    await this.writing.catch(() => {});
    // A start that was under way when abort came.
    this.streaming?.upload.cancel();
    if (this.streaming) await this.host.discard(this.streaming.temporary, this.streaming.upload.mayArriveLate);
  }
}
