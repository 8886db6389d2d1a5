import { createServer, type Server, type Socket } from 'node:net';
import type { Closeable } from '../../core/lifecycle.js';
import { decode, encodeDelimited, PartReader } from './codec.js';
import { DigestServer } from './digest-md5.js';
import {
  CALL_ID_CONTEXT,
  CALL_ID_INVALID,
  CALL_ID_PING,
  CALL_ID_SASL,
  ERROR_DETAIL,
  FrameReader,
  frame,
  SASL_STATE,
  STATUS,
} from './frames.js';
import type { QualityOfProtection } from './protection.js';
import { securityLayer } from './security-layer.js';
import { Wrapping } from './wrapping.js';

/** Who calls. */
export interface CallContext {
  /** SIMPLE: the user it names; TOKEN: undefined, the identifier says who it is. */
  user: string | undefined;
  tokenIdentifier: Buffer | undefined;
}

export interface RpcMethod {
  request: string;
  response: string;
  handle(request: never, context: CallContext): object | Promise<object>;
}

/** Thrown by a handler: reaches the caller as this Java exception. */
export class RpcServerError extends Error {
  constructor(
    readonly className: string,
    message: string,
  ) {
    super(message);
  }
}

export interface HadoopRpcServerOptions {
  host: string;
  port: number;
  /** Java protocol name → methods. */
  protocols: Record<string, Record<string, RpcMethod>>;
  /** `simple`: the client says who it is. `token`: the password of a token's identifier; throws if it is not valid. */
  authentication: { type: 'simple' } | { type: 'token'; password(identifier: Buffer): Buffer };
  /** What is offered with tokens, the preferred first. Default only `auth`. */
  protection?: readonly QualityOfProtection[];
}

const INVALID_TOKEN = 'org.apache.hadoop.security.token.SecretManager$InvalidToken';
const ACCESS_CONTROL = 'org.apache.hadoop.security.AccessControlException';
const SASL_EXCEPTION = 'javax.security.sasl.SaslException';
const RPC_SERVER_EXCEPTION = 'org.apache.hadoop.ipc.RpcServerException';

/** Serves Hadoop RPC v9, for the embedded Hadoop. Mistakes are answered as Apache Hadoop answers them. */
export class HadoopRpcServer implements Closeable {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static listen(options: HadoopRpcServerOptions): Promise<HadoopRpcServer> {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true });
      server.once('error', reject);
      server.listen(options.port, options.host, () => {
        server.off('error', reject);
        const address = server.address();
        const rpc = new HadoopRpcServer(server, typeof address === 'object' && address ? address.port : options.port);
        server.on('connection', socket => {
          rpc.sockets.add(socket);
          socket.on('close', () => rpc.sockets.delete(socket));
          new ServerConnection(socket, options);
        });
        resolve(rpc);
      });
    });
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>(resolve => this.server.close(() => resolve()));
  }
}

interface RequestHeader {
  callId: number;
  clientId: Buffer;
}

class ServerConnection {
  private readonly reader = new FrameReader();
  private preambleSeen = false;
  private digest: DigestServer | undefined;
  private identifier: Buffer | undefined;
  private authenticated = false;
  private contextSeen = false;
  private user: string | undefined;
  private wrapping: Wrapping | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly options: HadoopRpcServerOptions,
  ) {
    socket.on('error', () => socket.destroy());
    socket.on('data', data => this.receive(data));
  }

  private receive(data: Buffer): void {
    try {
      this.reader.push(data);
      if (!this.preambleSeen && !this.readPreamble()) return;
      for (let f = this.reader.next(); f && !this.socket.destroyed; f = this.reader.next()) {
        if (!this.wrapping) this.accept(new PartReader(f));
        else for (const inner of this.wrapping.unwrap(f, 'RpcRequestHeader')) this.accept(new PartReader(inner));
      }
    } catch {
      this.socket.destroy();
    }
  }

  private readPreamble(): boolean {
    const bytes = this.reader.take(7);
    if (!bytes) return false;
    this.preambleSeen = true;
    if (bytes.toString('latin1', 0, 4) !== 'hrpc') {
      this.socket.destroy();
      return false;
    }
    if (bytes[4] !== 9) {
      const text = `Server IPC version 9 cannot communicate with client version ${bytes[4]}`;
      this.fatal(CALL_ID_INVALID, 'org.apache.hadoop.ipc.RPC$VersionMismatch', text, ERROR_DETAIL.VERSION_MISMATCH);
      return false;
    }
    const sasl = bytes[6] === 0xdf;
    if (!sasl && bytes[6] !== 0) {
      this.fatal(
        CALL_ID_INVALID,
        'org.apache.hadoop.ipc.IpcException',
        `Unknown auth protocol:${bytes[6]}`,
        ERROR_DETAIL.UNAUTHORIZED,
      );
      return false;
    }
    if (!sasl && this.options.authentication.type === 'token') {
      const text = 'SIMPLE authentication is not enabled.  Available:[TOKEN]';
      this.fatal(CALL_ID_INVALID, ACCESS_CONTROL, text, ERROR_DETAIL.UNAUTHORIZED);
      return false;
    }
    this.authenticated = !sasl;
    return true;
  }

  private accept(parts: PartReader): void {
    const header = decode<RequestHeader>('RpcRequestHeader', parts.next());
    if (header.callId === CALL_ID_PING) return;
    if (header.callId === CALL_ID_SASL) this.negotiate(parts.next());
    else if (!this.authenticated) {
      this.fatal(header.callId, RPC_SERVER_EXCEPTION, 'Connection not authenticated', ERROR_DETAIL.UNAUTHORIZED);
    } else if (header.callId === CALL_ID_CONTEXT) this.takeContext(parts.next());
    else if (!this.contextSeen) {
      this.fatal(
        header.callId,
        RPC_SERVER_EXCEPTION,
        'Connection context not established',
        ERROR_DETAIL.INVALID_RPC_HEADER,
      );
    } else void this.serve(header, parts);
  }

  private negotiate(bytes: Buffer): void {
    const message = decode<{
      state: number;
      token?: Buffer;
      auths?: Array<{ method: string; mechanism: string; serverId?: string }>;
    }>('RpcSasl', bytes);
    const { authentication } = this.options;
    if (authentication.type === 'simple') {
      this.authenticated = true;
      this.sendSasl({ state: SASL_STATE.SUCCESS });
      return;
    }
    if (message.state === SASL_STATE.NEGOTIATE) {
      this.digest = new DigestServer(this.options.protection);
      const auth = { method: 'TOKEN', mechanism: 'DIGEST-MD5', protocol: '', serverId: 'default' };
      const challenge = Buffer.from(this.digest.challenge);
      this.sendSasl({ state: SASL_STATE.NEGOTIATE, auths: [{ ...auth, challenge }] });
      return;
    }
    const auth = message.auths?.[0];
    const wellFormed =
      message.state === SASL_STATE.RESPONSE || (auth?.method === 'TOKEN' && auth.serverId === 'default');
    if (!this.digest || !wellFormed) {
      const text = 'TOKEN authentication is not enabled.  Available:[TOKEN]';
      this.fatal(CALL_ID_SASL, ACCESS_CONTROL, text, ERROR_DETAIL.UNAUTHORIZED);
      return;
    }
    const response = message.token?.toString() ?? '';
    const identifier = Buffer.from(DigestServer.usernameOf(response) ?? '', 'base64');
    let password: Buffer;
    try {
      password = authentication.password(identifier);
    } catch (error) {
      const text = error instanceof RpcServerError ? error.message : 'Invalid token';
      this.fatal(CALL_ID_SASL, INVALID_TOKEN, text, ERROR_DETAIL.UNAUTHORIZED);
      return;
    }
    const verified = this.digest.verify(response, password.toString('base64'));
    if (!verified) {
      const text = 'DIGEST-MD5: digest response format violation. Mismatched response.';
      this.fatal(CALL_ID_SASL, SASL_EXCEPTION, text, ERROR_DETAIL.UNAUTHORIZED);
      return;
    }
    this.identifier = identifier;
    this.authenticated = true;
    this.sendSasl({ state: SASL_STATE.SUCCESS, token: Buffer.from(verified.proof) });
    // An answer is wrapped as one, however long it is: so does Apache Hadoop.
    const layer = securityLayer('server', verified.agreement);
    if (layer) this.wrapping = new Wrapping(layer, this.header(CALL_ID_SASL, { status: STATUS.SUCCESS }));
  }

  private takeContext(bytes: Buffer): void {
    if (this.contextSeen) {
      this.fatal(
        CALL_ID_CONTEXT,
        RPC_SERVER_EXCEPTION,
        'Connection context already processed',
        ERROR_DETAIL.INVALID_RPC_HEADER,
      );
      return;
    }
    const context = decode<{ userInfo?: { effectiveUser?: string } }>('IpcConnectionContext', bytes);
    this.contextSeen = true;
    this.user = context.userInfo?.effectiveUser;
  }

  private async serve(header: RequestHeader, parts: PartReader): Promise<void> {
    const { callId, clientId } = header;
    try {
      const request = decode<{ methodName: string; declaringClassProtocolName: string; clientProtocolVersion: number }>(
        'RequestHeader',
        parts.next(),
      );
      const { methodName, declaringClassProtocolName, clientProtocolVersion } = request;
      const methods = this.options.protocols[declaringClassProtocolName];
      if (!methods) {
        const text = `Unknown protocol: ${declaringClassProtocolName}`;
        return this.error(
          callId,
          clientId,
          'org.apache.hadoop.ipc.RpcNoSuchProtocolException',
          text,
          ERROR_DETAIL.NO_SUCH_PROTOCOL,
        );
      }
      if (clientProtocolVersion !== 1) {
        const text = `Protocol ${declaringClassProtocolName} version mismatch. (client = ${clientProtocolVersion}, server = 1)`;
        return this.error(
          callId,
          clientId,
          'org.apache.hadoop.ipc.RPC$VersionMismatch',
          text,
          ERROR_DETAIL.RPC_VERSION_MISMATCH,
        );
      }
      const method = Object.hasOwn(methods, methodName) ? methods[methodName] : undefined;
      if (!method) {
        const text = `Unknown method ${methodName} called on ${declaringClassProtocolName} protocol.`;
        return this.error(
          callId,
          clientId,
          'org.apache.hadoop.ipc.RpcNoSuchMethodException',
          text,
          ERROR_DETAIL.NO_SUCH_METHOD,
        );
      }
      let message: never;
      try {
        message = decode(method.request, parts.next()) as never;
      } catch {
        return this.error(
          callId,
          clientId,
          RPC_SERVER_EXCEPTION,
          'the request cannot be read',
          ERROR_DETAIL.DESERIALIZING_REQUEST,
        );
      }
      const response = await method.handle(message, { user: this.user, tokenIdentifier: this.identifier });
      this.send(callId, clientId, { status: STATUS.SUCCESS }, encodeDelimited(method.response, response));
    } catch (error) {
      const className = error instanceof RpcServerError ? error.className : 'java.io.IOException';
      this.error(
        callId,
        clientId,
        className,
        error instanceof Error ? error.message : String(error),
        ERROR_DETAIL.APPLICATION,
      );
    }
  }

  private sendSasl(message: object): void {
    this.send(CALL_ID_SASL, Buffer.alloc(0), { status: STATUS.SUCCESS }, encodeDelimited('RpcSasl', message));
  }

  private error(callId: number, clientId: Buffer, exceptionClassName: string, text: string, errorDetail: number): void {
    const errorMsg = `${text}\n\tat org.apache.hadoop.ipc.Server`;
    this.send(callId, clientId, { status: STATUS.ERROR, exceptionClassName, errorMsg, errorDetail });
  }

  private fatal(callId: number, exceptionClassName: string, errorMsg: string, errorDetail: number): void {
    this.send(callId, Buffer.alloc(0), { status: STATUS.FATAL, exceptionClassName, errorMsg, errorDetail });
    this.socket.end();
  }

  private send(callId: number, clientId: Buffer, fields: object, ...body: Buffer[]): void {
    if (this.socket.destroyed) return;
    const bytes = frame(this.header(callId, { clientId, ...fields }), ...body);
    this.socket.write(this.wrapping ? this.wrapping.wrap(bytes) : bytes);
  }

  private header(callId: number, fields: object): Buffer {
    const header = { callId: callId >>> 0, serverIpcVersionNum: 9, clientId: Buffer.alloc(0), retryCount: -1 };
    return encodeDelimited('RpcResponseHeader', { ...header, ...fields });
  }
}
