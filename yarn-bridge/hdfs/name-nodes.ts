import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '../../core/errors.js';
import { addressOf, neverSent } from '../http/index.js';
import { isPassing, isStandby } from './remote-error.js';

export interface NameNodesOptions {
  /** Milliseconds that a list of NameNodes may be without an active one. */
  failoverTimeout: number;
  /** Milliseconds before each repetition of a call to a single NameNode. */
  retryDelays: readonly number[];
  /** Ends all waiting. */
  signal: AbortSignal;
}

/**
 * The NameNodes of a file system, and which of them is the active one. A call goes to the one that answered last; it
 * moves on where it can't have been carried out (standby, nobody listens), and is repeated after other passing failures
 * only if it is safe to carry out twice.
 */
export class NameNodes {
  private active = 0;

  constructor(
    private readonly addresses: readonly string[],
    private readonly options: NameNodesOptions,
  ) {
    if (addresses.length === 0) throw new MillraceError('ILLEGAL_ARGUMENT', 'A file system needs a NameNode.');
  }

  get all(): readonly string[] {
    return this.addresses;
  }

  async call<T>(safe: boolean, attempt: (address: string) => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.options.failoverTimeout;
    for (let round = 0; ; round++) {
      const failures: unknown[] = [];
      for (let i = 0; i < this.addresses.length; i++) {
        const index = (this.active + i) % this.addresses.length;
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
    return new MillraceError('CONNECTION_FAILED', `None of the NameNodes ${names} is active: ${reasons.join(' ')}`, {
      retry: 'backoff',
      cause: failures[0],
      context: { address: names },
    });
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'TIMEOUT';
}
