import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '../../core/errors.js';
import { addressOf, neverSent } from './connection-error.js';

export interface ServerListOptions {
  /** What the servers are, for messages: `NameNode`. */
  what: string;
  /** Milliseconds that several servers may be without an active one. Default 15,000. */
  failoverTimeout?: number;
  /** Milliseconds before each repetition of a call to a single server. Default 200, 600. */
  retryDelays?: readonly number[];
  /** Ends all waiting. */
  signal: AbortSignal;
}

/**
 * Servers of which one is active, and which one that is. A call goes to the one that answered last; it moves on where it
 * can't have been carried out (standby, nobody listens), and is repeated after other passing failures only if it is safe
 * to carry out twice.
 */
export class ServerList {
  private active = 0;
  private readonly options: Required<ServerListOptions>;

  constructor(
    private readonly addresses: readonly string[],
    options: ServerListOptions,
  ) {
    const { failoverTimeout = 15_000, retryDelays = [200, 600] } = options;
    this.options = { ...options, failoverTimeout, retryDelays };
    if (addresses.length > 0) return;
    throw new MillraceError('ILLEGAL_ARGUMENT', `The address of a ${options.what} is missing.`);
  }

  get all(): readonly string[] {
    return this.addresses;
  }

  async call<T>(safe: boolean, attempt: (address: string) => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.options.failoverTimeout;
    for (let round = 0; ; round++) {
      const failures: unknown[] = [];
      const first = this.active;
      for (let i = 0; i < this.addresses.length; i++) {
        const index = (first + i) % this.addresses.length;
        try {
          const value = await attempt(this.addresses[index]!);
          this.active = index;
          return value;
        } catch (error) {
          failures.push(error);
          const notCarriedOut = isStandby(error) || neverSent(error);
          if (!notCarriedOut && !(safe && (isPassing(error) || isTimeout(error)))) throw error;
        }
      }
      const wait = this.waitAfter(round, failures, deadline);
      if (wait === undefined) throw this.noneAnswered(failures);
      await delay(wait, undefined, { signal: this.options.signal }).catch(() => {
        throw this.options.signal.reason as Error;
      });
    }
  }

  private waitAfter(round: number, failures: unknown[], deadline: number): number | undefined {
    // Who was silent for a whole time limit will not be asked again and again.
    if (failures.some(isTimeout)) return undefined;
    if (this.addresses.length === 1) return this.options.retryDelays[round];
    const wait = Math.min(100 * 2 ** round, 2000);
    return Date.now() + wait > deadline ? undefined : wait;
  }

  private noneAnswered(failures: unknown[]): unknown {
    if (failures.length === 1) return failures[0];
    const names = this.addresses.map(addressOf).join(', ');
    const reasons = failures.map(error => (error instanceof Error ? error.message : String(error)));
    return new MillraceError(
      'CONNECTION_FAILED',
      `None of the ${this.options.what}s ${names} is active: ${reasons.join(' ')}`,
      {
        retry: 'backoff',
        cause: failures[0],
        context: { address: names },
      },
    );
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'TIMEOUT';
}

const STANDBY: ReadonlySet<string> = new Set(['StandbyException', 'ObserverRetryOnActiveException']);
const RETRIABLE: ReadonlySet<string> = new Set(['RetriableException', 'NotReplicatedYetException']);

/** True if a server said that another one is active. */
export function isStandby(error: unknown): boolean {
  return error instanceof MillraceError && STANDBY.has(String(error.context['exception']));
}

/** True if the same call, repeated, may succeed: no answer, or one that refuses it for the moment. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof MillraceError)) return false;
  if (error.code === 'CONNECTION_FAILED') return true;
  if (RETRIABLE.has(String(error.context['exception']))) return true;
  return error.context['exception'] === '' && [502, 503, 504].includes(Number(error.context['status']));
}
