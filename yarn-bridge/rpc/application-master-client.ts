import { MillraceError, messageOf } from '../../core/errors.js';
import type { HostPort } from '../conf/index.js';
import { ClientConnection } from './client-connection.js';
import {
  type AllocateResponse,
  AM_PROTOCOL,
  type ContainerId,
  type FinishApplicationMasterRequest,
  type RegisterApplicationMasterRequest,
  type RegisterApplicationMasterResponse,
  type ResourceRequest,
  type Token,
} from './messages.js';
import { HadoopRemoteError } from './remote-error.js';

export interface ApplicationMasterClientOptions {
  /** Scheduler addresses of the ResourceManagers. */
  addresses: HostPort[];
  /** YARN_AM_RM_TOKEN of this attempt. */
  token: Token;
  /** How long an unreachable ResourceManager is tried again: yarn.resourcemanager.connect.max-wait.ms. */
  retryForMs: number;
  /** To connect, and for each call. Default 20,000. */
  timeoutMs?: number;
  /** After a ResourceManager's restart: it knows nothing of us any more, all outstanding asks must be sent again. */
  onReRegistered?: () => void;
}

const RETRY_DELAY_MS = 500;

/**
 * ApplicationMasterProtocol of one attempt. Follows the ResourceManager: reconnects, takes the next address, registers
 * anew after its restart, and replaces the token when a new one comes.
 */
export class ApplicationMasterClient {
  private connection: ClientConnection | undefined;
  private token: Token;
  private responseId = 0;
  private current = 0;
  private registration: RegisterApplicationMasterRequest | undefined;
  private isClosed = false;
  private wake: (() => void) | undefined;

  constructor(private readonly options: ApplicationMasterClientOptions) {
    this.token = options.token;
  }

  async register(request: RegisterApplicationMasterRequest): Promise<RegisterApplicationMasterResponse> {
    this.registration = request;
    return this.call('registerApplicationMaster', 'RegisterApplicationMaster', request);
  }

  /**
   * One heartbeat: asks are changes of the outstanding table, releases are containers given back. Only one at a time.
   * Throws APPLICATION_NOT_FOUND when the ResourceManager wants this attempt gone.
   */
  async allocate(ask: ResourceRequest[], release: ContainerId[], progress = 0): Promise<AllocateResponse> {
    let response: AllocateResponse;
    try {
      const request = { ask, release, response_id: this.responseId, progress };
      response = await this.call<AllocateResponse>('allocate', 'Allocate', request);
    } catch (error) {
      if (!(await this.registeredAnew(error))) throw goneOr(error);
      return { response_id: 0 };
    }
    this.responseId = response.response_id;
    if (response.am_rm_token) this.token = response.am_rm_token;
    if (response.a_m_command === 2) throw shutDownAsked();
    return response;
  }

  /** Repeats until the ResourceManager has taken it in. */
  async finish(request: FinishApplicationMasterRequest): Promise<void> {
    for (let i = 0; i < 100; i++) {
      try {
        const { isUnregistered } = await this.call<{ isUnregistered?: boolean }>(
          'finishApplicationMaster',
          'FinishApplicationMaster',
          request,
        );
        if (isUnregistered) return;
        await this.pause(50);
      } catch (error) {
        // Restarted since the last heartbeat: it takes the end of an application only from one that it knows.
        if (!(await this.registeredAnew(error))) throw error;
      }
    }
  }

  close(): void {
    this.isClosed = true;
    this.wake?.();
    this.connection?.close();
  }

  /** Registers again where that is what the failed call lacks: the ResourceManager was restarted. */
  private async registeredAnew(failure: unknown): Promise<boolean> {
    if (!isOf(failure, 'ApplicationMasterNotRegisteredException') || !this.registration) return false;
    this.responseId = 0;
    try {
      await this.register(this.registration);
    } catch (error) {
      // Only its answer was lost; the same exception says that the attempt has ended.
      if (!/already registered/i.test(messageOf(error))) throw goneOr(error);
    }
    this.options.onReRegistered?.();
    return true;
  }

  /**
   * A request that got no answer is sent again, to the next address: allocate answers the same to it. A daemon that is
   * silent may be one whose host is gone.
   */
  private async call<T>(method: string, type: string, request: object): Promise<T> {
    const deadline = Date.now() + this.options.retryForMs;
    for (;;) {
      try {
        const connection = await this.connect();
        return await connection.call<T>(method, `${type}Request`, request, `${type}Response`);
      } catch (error) {
        if (!isPassing(error) || this.isClosed || Date.now() > deadline) throw error;
        this.connection?.close();
        this.current++;
        await this.pause(RETRY_DELAY_MS);
      }
    }
  }

  private async connect(): Promise<ClientConnection> {
    if (this.connection?.isOpen) return this.connection;
    if (this.isClosed) throw new MillraceError('CANCELED', 'the client is closed');
    const { addresses, timeoutMs } = this.options;
    const { host, port } = addresses[this.current % addresses.length]!;
    const authentication = { type: 'token' as const, token: this.token };
    const connection = await ClientConnection.open({
      ...{ host, port, protocol: AM_PROTOCOL, authentication },
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    this.connection = connection;
    // Closed while it was made: nobody else would close it.
    if (this.isClosed) connection.close();
    return connection;
  }

  private pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function isOf(error: unknown, className: string): boolean {
  return error instanceof HadoopRemoteError && error.className.endsWith(`.${className}`);
}

/** No answer, or one that another ResourceManager or the same one later will give. */
function isPassing(error: unknown): boolean {
  if (isOf(error, 'StandbyException') || isOf(error, 'RetriableException')) return true;
  return error instanceof MillraceError && (error.code === 'CONNECTION_FAILED' || error.code === 'TIMEOUT');
}

function goneOr(error: unknown): unknown {
  const isGone =
    isOf(error, 'ApplicationAttemptNotFoundException') ||
    isOf(error, 'SecretManager$InvalidToken') ||
    /Application doesn't exist in cache/.test(messageOf(error));
  if (error instanceof HadoopRemoteError && isGone) {
    return new MillraceError('APPLICATION_NOT_FOUND', `YARN has ended this attempt: ${error.message}`, {
      cause: error,
    });
  }
  return error;
}

function shutDownAsked(): MillraceError {
  return new MillraceError('APPLICATION_NOT_FOUND', 'YARN asks this attempt to shut down');
}
