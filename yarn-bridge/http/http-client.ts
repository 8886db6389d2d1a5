import { setMaxListeners } from 'node:events';
import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import type { AxiosRequestConfig } from 'axios';
import { MillraceError } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';
import { connectionError, type Peer, timeoutError } from './connection-error.js';

export interface HttpRequest {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';
  url: string;
  peer: Peer;
  headers?: Record<string, string>;
  /** A stream is sent in chunks as the server takes them and never kept. */
  body?: Buffer | string | Readable;
  /** Milliseconds until the whole answer (`send`) or its head (`open`) must be there; 0: the caller watches by `signal`. */
  timeout: number;
  /** Ends the call; its reason is what the call fails with, if that is an error of ours. */
  signal?: AbortSignal;
  /**
   * Reuse a connection. Only for calls that may be repeated: a server that closes an idle connection just then looks as
   * if it had broken in mid-call.
   */
  reuse?: boolean;
}

export interface HttpHead {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
}

export interface HttpAnswer extends HttpHead {
  body: Buffer;
}

export interface HttpStream extends HttpHead {
  body: IncomingMessage;
}

/**
 * HTTP inside a cluster, by axios: no proxy from the environment, no redirect followed, no status taken for an error,
 * nothing without a time limit. Failures to get an answer are CONNECTION_FAILED or TIMEOUT. Owns its connections.
 */
export class HttpClient implements Closeable {
  private readonly kept = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  private readonly single = { http: new HttpAgent(), https: new HttpsAgent() };
  private readonly closing = new AbortController();

  constructor() {
    // One listener for each call under way; there may be many.
    setMaxListeners(0, this.closing.signal);
  }

  /** Loads what the first request needs, for who has something else to wait for until then. */
  prepare(): void {
    // The request that needs it fails with it.
    void loadAxios().catch(() => {});
  }

  /** The agent behind `reuse`, for a library that makes its own requests. */
  agentFor(url: string): HttpAgent | HttpsAgent {
    return url.startsWith('https:') ? this.kept.https : this.kept.http;
  }

  /** Aborted when the client is closed. */
  get signal(): AbortSignal {
    return this.closing.signal;
  }

  /** The whole answer. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const guard = new CallGuard(request, this.closing.signal);
    try {
      const { status, headers, data } = await this.request(request, guard.signal);
      const chunks: Buffer[] = [];
      for await (const chunk of data) chunks.push(chunk as Buffer);
      return { status, headers, body: Buffer.concat(chunks) };
    } catch (error) {
      throw guard.failure(error);
    } finally {
      guard.end();
    }
  }

  /** The head of the answer; the caller reads or destroys the body, and watches over its time. */
  async open(request: HttpRequest): Promise<HttpStream> {
    const guard = new CallGuard(request, this.closing.signal);
    try {
      const { status, headers, data } = await this.request(request, guard.signal);
      guard.endsWith(data);
      return { status, headers, body: data };
    } catch (error) {
      guard.end();
      throw guard.failure(error);
    }
  }

  close(): void {
    this.closing.abort(new MillraceError('ILLEGAL_STATE', 'The client was closed during the call.'));
    for (const agents of [this.kept, this.single]) {
      agents.http.destroy();
      agents.https.destroy();
    }
  }

  private async request(
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<{ status: number; headers: Record<string, string>; data: IncomingMessage }> {
    signal.throwIfAborted();
    const { default: axios } = await loadAxios();
    const agents = request.reuse ? this.kept : this.single;
    const config: AxiosRequestConfig<unknown> = {
      method: request.method,
      url: request.url,
      headers: { Accept: '*/*', 'Accept-Encoding': 'identity', ...request.headers },
      responseType: 'stream',
      decompress: false,
      // Followed redirects would make axios keep the whole upload to be able to send it again. Body limits stay at their
      // default (none): set to Infinity they put an extra stream before each upload and download.
      maxRedirects: 0,
      proxy: false,
      validateStatus: null,
      httpAgent: agents.http,
      httpsAgent: agents.https,
      signal,
      ...(request.body !== undefined && { data: request.body }),
    };
    const answer = await axios.request<IncomingMessage>(config);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(answer.headers)) headers[name.toLowerCase()] = String(value);
    return { status: answer.status, headers, data: answer.data };
  }
}

/** It takes 0.1 s: only who talks to a cluster pays for it. */
const loadAxios = (): Promise<typeof import('axios')> => import('axios');

/** Time limit and abort of one call, and the error that they turn into. */
class CallGuard {
  private readonly own = new AbortController();
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly outer: AbortSignal[];

  constructor(
    private readonly request: HttpRequest,
    closing: AbortSignal,
  ) {
    this.outer = request.signal ? [request.signal, closing] : [closing];
    for (const signal of this.outer) signal.addEventListener('abort', this.forward, { once: true });
    this.forward();
    if (request.timeout > 0) {
      this.timer = setTimeout(() => {
        this.own.abort(timeoutError(request.url, request.peer, request.timeout));
      }, request.timeout);
    }
  }

  get signal(): AbortSignal {
    return this.own.signal;
  }

  failure(error: unknown): MillraceError {
    const reason = this.own.signal.reason as unknown;
    if (this.own.signal.aborted && reason instanceof MillraceError) return reason;
    return connectionError(error, this.request.url, this.request.peer);
  }

  end(): void {
    clearTimeout(this.timer);
    for (const signal of this.outer) signal.removeEventListener('abort', this.forward);
  }

  /** The head is there: no time limit any more, but an abort still ends the body, until that has ended itself. */
  endsWith(body: Readable): void {
    clearTimeout(this.timer);
    this.own.signal.addEventListener('abort', () => body.destroy(this.own.signal.reason as Error), { once: true });
    body.once('close', () => this.end());
  }

  private readonly forward = (): void => {
    const aborted = this.outer.find(signal => signal.aborted);
    if (aborted) this.own.abort(aborted.reason);
  };
}
