import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { MillraceError, messageOf } from '../../core/errors.js';
import { decode, encodeDelimited, PartReader } from './codec.js';
import { type ClientAnswer, respond, tokenLogin } from './digest-md5.js';
import {
  CALL_ID_CONTEXT,
  CALL_ID_PING,
  CALL_ID_SASL,
  FrameReader,
  frame,
  preamble,
  SASL_STATE,
  STATUS,
} from './frames.js';
import type { Token } from './messages.js';
import type { QualityOfProtection } from './protection.js';
import { HadoopRemoteError, withoutTrace } from './remote-error.js';
import { MAX_OVERHEAD, securityLayer } from './security-layer.js';
import { Wrapping } from './wrapping.js';

export type Authentication = { type: 'simple'; user: string } | { type: 'token'; token: Token };

export interface ClientConnectionOptions {
  host: string;
  port: number;
  /** Java name of the protocol. */
  protocol: string;
  authentication: Authentication;
  /** To connect and authenticate, and for each call. Default 20,000. */
  timeoutMs?: number;
}

interface ResponseHeader {
  callId: number;
  status: number;
  exceptionClassName?: string;
  errorMsg?: string;
}
interface SaslMessage {
  state: number;
  token?: Buffer;
  auths?: Array<{ method: string; mechanism: string; protocol?: string; serverId?: string; challenge?: Buffer }>;
}
interface Pending {
  responseType: string;
  resolve(message: unknown): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

const PING_INTERVAL_MS = 60_000;

/** One connection to one Hadoop daemon; calls may be in flight side by side. The owner closes it. */
export class ClientConnection {
  /** Resolves when the connection is gone, with why. */
  readonly closed: Promise<Error>;
  private readonly clientId = randomBytes(16);
  private readonly reader = new FrameReader();
  private readonly pending = new Map<number, Pending>();
  private readonly pingTimer: NodeJS.Timeout;
  private nextCallId = 0;
  /** Times that something came. */
  private received = 0;
  private sasl: ((message: SaslMessage) => void) | undefined;
  private failHandshake: ((error: Error) => void) | undefined;
  private end: Error | undefined;
  private wrapping: Wrapping | undefined;
  private agreed: QualityOfProtection = 'auth';
  private settleClosed!: (error: Error) => void;

  private constructor(
    private readonly socket: Socket,
    private readonly options: ClientConnectionOptions,
  ) {
    this.closed = new Promise(resolve => {
      this.settleClosed = resolve;
    });
    socket.on('data', data => this.receive(data));
    socket.on('error', error => this.fail(this.connectionError(error)));
    socket.on('close', () => this.fail(this.connectionError(new Error('connection closed'))));
    this.pingTimer = setInterval(() => this.ping(), PING_INTERVAL_MS);
    this.pingTimer.unref();
  }

  static async open(options: ClientConnectionOptions): Promise<ClientConnection> {
    const { host, port, timeoutMs = 20_000, authentication } = options;
    const socket = connect({ host, port, noDelay: true });
    const connection = new ClientConnection(socket, options);
    const timer = setTimeout(() => {
      connection.fail(connection.timeout(`did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        void connection.closed.then(reject);
      });
      // A server that takes no SIMPLE answers the preamble alone and hangs up: what is written after that loses its words.
      // So everything up to the first call goes out as one.
      if (authentication.type === 'simple') {
        socket.cork();
        setImmediate(() => socket.uncork());
      }
      socket.write(preamble(authentication.type === 'token' ? 'sasl' : 'simple'));
      if (authentication.type === 'token') await connection.authenticate(authentication.token);
      connection.sendContext();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get isOpen(): boolean {
    return this.end === undefined;
  }

  /** What was agreed on with the server, which offers what its `hadoop.rpc.protection` says. */
  get protection(): QualityOfProtection {
    return this.agreed;
  }

  call<T>(method: string, requestType: string, request: object, responseType: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.end) {
        reject(this.end);
        return;
      }
      const { timeoutMs = 20_000, protocol } = this.options;
      const callId = this.nextCallId++;
      const receivedBefore = this.received;
      const timer = setTimeout(() => {
        this.pending.delete(callId);
        const error = this.timeout(`did not answer ${method} within ${timeoutMs} ms`);
        reject(error);
        // Not even an answer to another call: the next one would wait in vain too.
        if (this.received === receivedBefore) this.fail(error);
      }, timeoutMs);
      this.pending.set(callId, { responseType, resolve: m => resolve(m as T), reject, timer });
      this.send(
        frame(
          this.header(callId, this.clientId),
          encodeDelimited('RequestHeader', {
            methodName: method,
            declaringClassProtocolName: protocol,
            clientProtocolVersion: 1,
          }),
          encodeDelimited(requestType, request),
        ),
      );
    });
  }

  close(): void {
    this.fail(new MillraceError('CONNECTION_FAILED', `connection to ${this.address} was closed`));
  }

  private get address(): string {
    return `${this.options.host}:${this.options.port}`;
  }

  private header(callId: number, clientId: Buffer): Buffer {
    return encodeDelimited('RpcRequestHeader', { rpcKind: 2, rpcOp: 0, callId, clientId, retryCount: -1 });
  }

  private sendContext(): void {
    const { authentication, protocol } = this.options;
    // With a token the user is the token's: naming another is refused.
    const userInfo = authentication.type === 'simple' ? { effectiveUser: authentication.user } : {};
    const context = encodeDelimited('IpcConnectionContext', { userInfo, protocol });
    this.send(frame(this.header(CALL_ID_CONTEXT, this.clientId), context));
  }

  private ping(): void {
    if (this.isOpen) this.send(frame(this.header(CALL_ID_PING, Buffer.alloc(0))));
  }

  private send(bytes: Buffer): void {
    this.socket.write(this.wrapping ? this.wrapping.wrap(bytes) : bytes);
  }

  private async authenticate(token: Token): Promise<void> {
    const offer = await this.exchange({ state: SASL_STATE.NEGOTIATE });
    if (offer.state === SASL_STATE.SUCCESS) return;
    const auth = offer.auths?.find(a => a.method === 'TOKEN' && a.mechanism === 'DIGEST-MD5');
    if (!auth?.challenge) {
      throw new MillraceError('AUTHENTICATION_FAILED', `${this.address} offers no authentication by token`);
    }
    const { text, rspauth, agreement, maxBuffer } = this.answerTo(auth.challenge, token);
    const { method, mechanism, protocol = '', serverId = '' } = auth;
    const answer = await this.exchange({
      state: SASL_STATE.INITIATE,
      token: Buffer.from(text),
      auths: [{ method, mechanism, protocol, serverId }],
    });
    if (answer.state !== SASL_STATE.SUCCESS || answer.token?.toString() !== `rspauth=${rspauth}`) {
      throw new MillraceError('AUTHENTICATION_FAILED', `${this.address} did not prove that it knows the token`);
    }
    const layer = securityLayer('client', agreement);
    if (!layer) return;
    this.wrapping = new Wrapping(layer, this.header(CALL_ID_SASL, Buffer.alloc(0)), maxBuffer - MAX_OVERHEAD);
    this.agreed = agreement.qop;
  }

  private answerTo(challenge: Buffer, token: Token): ClientAnswer {
    try {
      return respond(challenge.toString(), tokenLogin(token));
    } catch (error) {
      throw new MillraceError('AUTHENTICATION_FAILED', `${this.address}: ${messageOf(error)}`, { cause: error });
    }
  }

  private exchange(message: object): Promise<SaslMessage> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.sasl = undefined;
        this.failHandshake = undefined;
      };
      this.sasl = m => {
        done();
        resolve(m);
      };
      this.failHandshake = error => {
        done();
        reject(error);
      };
      this.socket.write(frame(this.header(CALL_ID_SASL, Buffer.alloc(0)), encodeDelimited('RpcSasl', message)));
    });
  }

  private receive(data: Buffer): void {
    this.received++;
    try {
      this.reader.push(data);
      for (let f = this.reader.next(); f; f = this.reader.next()) {
        if (!this.wrapping) this.accept(new PartReader(f));
        else for (const inner of this.wrapping.unwrap(f, 'RpcResponseHeader')) this.accept(new PartReader(inner));
      }
    } catch (error) {
      if (error instanceof MillraceError) {
        this.fail(new MillraceError(error.code, `${this.address}: ${error.message}`, { cause: error }));
      } else this.fail(new MillraceError('RPC', `${this.address} sent what is no Hadoop RPC: ${messageOf(error)}`));
    }
  }

  private accept(parts: PartReader): void {
    const header = decode<ResponseHeader>('RpcResponseHeader', parts.next());
    const callId = header.callId | 0;
    if (header.status === STATUS.FATAL) {
      this.fail(this.remoteError(header, true));
    } else if (callId === CALL_ID_SASL) {
      this.sasl?.(decode<SaslMessage>('RpcSasl', parts.next()));
    } else {
      const call = this.pending.get(callId);
      if (!call) return;
      this.pending.delete(callId);
      clearTimeout(call.timer);
      if (header.status === STATUS.ERROR) call.reject(this.remoteError(header, false));
      else call.resolve(decode(call.responseType, parts.next()));
    }
  }

  private remoteError(header: ResponseHeader, fatal: boolean): HadoopRemoteError {
    const text = withoutTrace(header.errorMsg ?? '');
    return new HadoopRemoteError(header.exceptionClassName ?? 'java.io.IOException', text, fatal, this.address);
  }

  private timeout(what: string): MillraceError {
    const options = { retry: 'backoff' as const, context: { address: this.address } };
    return new MillraceError('TIMEOUT', `${this.address} ${what}`, options);
  }

  private connectionError(cause: Error): MillraceError {
    const options = { cause, retry: 'backoff' as const, context: { address: this.address } };
    return new MillraceError('CONNECTION_FAILED', `no connection to ${this.address}: ${cause.message}`, options);
  }

  private fail(error: Error): void {
    if (this.end) return;
    this.end = error;
    clearInterval(this.pingTimer);
    this.failHandshake?.(error);
    for (const call of this.pending.values()) {
      clearTimeout(call.timer);
      call.reject(error);
    }
    this.pending.clear();
    this.socket.destroy();
    this.settleClosed(error);
  }
}
