import { type State, StateTtlConfig } from '../../api/index.js';

/** A value and when it was last touched, in epoch milliseconds. */
export interface Stamped<V> {
  value: V;
  at: number;
}

export interface Expiring extends State {
  /** Of the scope's key: what has expired is there no more. */
  dropExpired(): void;
}

/** The rules of one configuration. */
export class Lifetime {
  private readonly ttl: number;
  readonly touchesOnRead: boolean;
  readonly showsExpired: boolean;

  constructor(
    config: StateTtlConfig,
    readonly now: () => number,
  ) {
    this.ttl = config.getTimeToLive().toMillis();
    this.touchesOnRead = config.getUpdateType() === StateTtlConfig.UpdateType.OnReadAndWrite;
    this.showsExpired = config.getStateVisibility() === StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp;
  }

  stamp<V>(value: V): Stamped<V> {
    return { value, at: this.now() };
  }

  hasExpired(stamped: Stamped<unknown>): boolean {
    return stamped.at + this.ttl <= this.now();
  }
}
