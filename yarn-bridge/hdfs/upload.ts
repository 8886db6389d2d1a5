import { PassThrough } from 'node:stream';
import { MillraceError } from '../../core/errors.js';
import { type HttpAnswer, type HttpClient, neverSent, timeoutError } from '../http/index.js';
import { DATA_NODE } from './data-nodes.js';
import { type HdfsCall, remoteError } from './remote-error.js';

export interface UploadOptions {
  method: 'PUT' | 'POST';
  /** The status that means the bytes are stored: 201 for CREATE, 200 for APPEND. */
  success: number;
  /** Milliseconds without progress after which it has failed. */
  stallTimeout: number;
  /** Says more about a failure. */
  explain: (error: unknown) => unknown;
}

const HEADERS = { 'Content-Type': 'application/octet-stream' };
const WINDOW = 256 * 1024;

/** Step two of CREATE or APPEND: bytes on their way to a DataNode, no faster than it takes them. */
export class Upload {
  private readonly body = new PassThrough({ highWaterMark: WINDOW });
  private readonly cancelling = new AbortController();
  private readonly answer: Promise<HttpAnswer>;
  private readonly broken: Promise<never>;
  private failure: MillraceError | undefined;
  private finishing = false;
  private answered = false;

  constructor(
    http: HttpClient,
    private readonly call: HdfsCall,
    private readonly options: UploadOptions,
  ) {
    this.answer = http.send({
      method: options.method,
      url: call.url,
      peer: DATA_NODE,
      headers: HEADERS,
      body: this.body,
      // How long it takes is the writer's business; that it goes on is watched below.
      timeout: 0,
      signal: this.cancelling.signal,
    });
    this.broken = new Promise((_resolve, reject) => {
      this.answer.then(
        answer => {
          this.answered = true;
          // An answer before the last byte was sent can only be a refusal.
          if (!this.finishing || answer.status !== options.success) reject(this.fail(this.refusal(answer)));
        },
        (error: unknown) => reject(this.fail(error)),
      );
    });
    this.broken.catch(() => {});
    // A request that ends early takes its body with it; who writes learns it by `broken`.
    this.body.on('error', () => {});
  }

  /** Resolves when the next piece may come. The array must not change before the upload has ended. */
  async write(data: Uint8Array): Promise<void> {
    if (this.failure) throw this.failure;
    if (this.body.write(data)) return;
    await this.watched(new Promise<void>(resolve => this.body.once('drain', resolve)), 'it to take more bytes');
  }

  /** The last byte was written; resolves when the DataNode has stored everything. */
  async finish(): Promise<void> {
    if (this.failure) throw this.failure;
    this.finishing = true;
    this.body.end();
    await this.watched(this.answer, 'it to store the last bytes');
  }

  /** True if it ended without an answer, so that the DataNode may still be about to create the file. */
  get mayArriveLate(): boolean {
    return !this.answered && !neverSent(this.failure);
  }

  cancel(): void {
    this.fail(new MillraceError('CANCELED', `The upload of ${this.call.path} was given up.`));
  }

  private async watched(what: Promise<unknown>, doing: string): Promise<void> {
    const { stallTimeout } = this.options;
    const timer = setTimeout(() => {
      this.fail(timeoutError(this.call.url, DATA_NODE, stallTimeout, doing));
    }, stallTimeout);
    try {
      await Promise.race([what, this.broken]);
      if (this.failure) throw this.failure;
    } catch (error) {
      throw this.failure ?? error;
    } finally {
      clearTimeout(timer);
    }
  }

  private refusal(answer: HttpAnswer): MillraceError {
    return remoteError(answer.status, answer.body, this.call);
  }

  /** The first failure is the one that counts; it ends the request. */
  private fail(cause: unknown): MillraceError {
    const error = this.options.explain(cause);
    this.failure ??=
      error instanceof MillraceError
        ? error
        : new MillraceError('FILE_SYSTEM', `The upload of ${this.call.path} failed.`, { cause: error });
    this.cancelling.abort(this.failure);
    this.body.destroy();
    return this.failure;
  }
}
