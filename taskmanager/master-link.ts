import { MillraceError, messageOf } from '../core/errors.js';
import type { Closeable } from '../core/lifecycle.js';
import type { Logger } from '../core/logging.js';
import type {
  ApplicationMasterGateway,
  HostPort,
  RegisterTaskManager,
  RegistrationAccepted,
  TaskManagerGateway,
} from '../core/protocol/index.js';
import {
  connectRpc,
  type Gateway,
  type Handlers,
  type HeartbeatOptions,
  type RpcConnection,
} from '../core/rpc/index.js';

export interface MasterLinkOptions {
  address: HostPort;
  secret: string;
  taskManagerId: string;
  handlers: Handlers<TaskManagerGateway>;
  heartbeat: HeartbeatOptions;
  /** Milliseconds without a registration after which it gives up. */
  registrationTimeoutMs: number;
  /**
   * False once whoever started this TaskManager has cleaned up after it. A NodeManager that kills a container in the
   * moment of its launch can miss the process.
   */
  isWanted(): boolean;
  logger: Logger;
  /** What to register, as it is now. */
  registration(): RegisterTaskManager;
  onRegistered(accepted: RegistrationAccepted): void;
  /** The connection broke: nothing that the ApplicationMaster knew of this TaskManager holds any more. Awaited before it registers anew. */
  onLost(reason: Error): Promise<void>;
  /** No registration within the timeout, or one that was refused for good. */
  onGivenUp(error: MillraceError): void;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;

/** Keeps this TaskManager registered: connects, registers, and does so again with back-off when the connection breaks. */
export class MasterLink implements Closeable {
  private connection: RpcConnection | undefined;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;
  private cutShort: (() => void) | undefined;

  constructor(private readonly options: MasterLinkOptions) {}

  /** Runs until `close`. Never rejects. */
  async run(): Promise<void> {
    while (!this.closed) {
      const connection = await this.register();
      if (!connection) return;
      const reason = await connection.closed;
      this.connection = undefined;
      if (this.closed) return;
      const lost = reason ?? new MillraceError('RPC', 'The ApplicationMaster closed the connection.');
      this.options.logger.warn(`Lost the ApplicationMaster: ${messageOf(lost)}. Registering anew.`);
      await this.options.onLost(lost);
    }
  }

  /** While registered. */
  get master(): Gateway<ApplicationMasterGateway> | undefined {
    return this.connection?.gateway<ApplicationMasterGateway>();
  }

  close(): void {
    this.closed = true;
    this.connection?.close();
    this.cutShort?.();
  }

  private async register(): Promise<RpcConnection | undefined> {
    const { registrationTimeoutMs, logger, address } = this.options;
    const deadline = Date.now() + registrationTimeoutMs;
    for (let delay = FIRST_DELAY_MS; ; delay = Math.min(LONGEST_DELAY_MS, delay * 2)) {
      try {
        return await this.tryOnce();
      } catch (error) {
        if (this.closed) return undefined;
        const left = deadline - Date.now();
        const final = error instanceof MillraceError && FINAL_CODES.has(error.code);
        const orphaned = !this.options.isWanted();
        if (final || orphaned || left <= 0) {
          const limit = orphaned
            ? ', and its container is gone'
            : final
              ? ''
              : ` within ${registrationTimeoutMs} ms (taskmanager.registration.timeout)`;
          this.options.onGivenUp(
            new MillraceError(
              'RPC',
              `No registration at the ApplicationMaster at ${address.host}:${address.port}${limit}: ${messageOf(error)}`,
              { cause: error, domain: 'cluster' },
            ),
          );
          return undefined;
        }
        logger.info(`Registering again in ${Math.min(delay, left)} ms: ${messageOf(error)}`);
        await this.pause(Math.min(delay, left));
        if (this.closed) return undefined;
      }
    }
  }

  private async tryOnce(): Promise<RpcConnection> {
    const { address, secret, taskManagerId, handlers, heartbeat } = this.options;
    const connection = await connectRpc<TaskManagerGateway>({
      ...address,
      secret,
      self: { role: 'taskmanager', id: taskManagerId },
      handlers,
      heartbeat,
    });
    if (this.closed) {
      connection.close();
      throw new MillraceError('CANCELED', 'closed');
    }
    try {
      const master = connection.gateway<ApplicationMasterGateway>();
      const accepted = await master.call('registerTaskManager', this.options.registration());
      this.connection = connection;
      this.options.onRegistered(accepted);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise<void>(resolve => {
      this.cutShort = resolve;
      this.timer = setTimeout(resolve, ms);
    }).then(() => clearTimeout(this.timer));
  }
}

/** Trying again can't help. */
const FINAL_CODES: ReadonlySet<string> = new Set(['AUTHENTICATION_FAILED', 'VERSION_MISMATCH']);
