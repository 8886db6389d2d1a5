import { MillraceError } from '../core/errors.js';
import { type Duration, millisOf } from './duration.js';

/**
 * How long state lives, in processing time.
 *
 *     const ttl = StateTtlConfig.newBuilder(Duration.ofHours(1)).setUpdateType(StateTtlConfig.UpdateType.OnReadAndWrite).build();
 *     descriptor.enableTimeToLive(ttl);
 */
export class StateTtlConfig {
  /** @internal */
  constructor(
    private readonly ttl: Duration,
    private readonly updateType: StateTtlConfig.UpdateType,
    private readonly visibility: StateTtlConfig.StateVisibility,
    private readonly cleanupInBackground: boolean,
  ) {}

  /** Lives for `ttl` since it was written. Throws ILLEGAL_ARGUMENT unless it is more than 0. */
  static newBuilder(ttl: Duration): StateTtlConfig.Builder {
    if (!(millisOf(ttl) > 0)) {
      throw new MillraceError('ILLEGAL_ARGUMENT', 'TTL is expected to be positive.', { domain: 'user' });
    }
    return new TtlBuilder(ttl);
  }

  getTimeToLive(): Duration {
    return this.ttl;
  }
  getUpdateType(): StateTtlConfig.UpdateType {
    return this.updateType;
  }
  getStateVisibility(): StateTtlConfig.StateVisibility {
    return this.visibility;
  }
  isEnabled(): boolean {
    return this.updateType !== StateTtlConfig.UpdateType.Disabled;
  }
  isCleanupInBackground(): boolean {
    return this.cleanupInBackground;
  }
}

export namespace StateTtlConfig {
  export enum UpdateType {
    /** It lives for ever. */
    Disabled = 'Disabled',
    /** Its life begins anew when it is written. The default. */
    OnCreateAndWrite = 'OnCreateAndWrite',
    /** Its life begins anew when it is read, too. */
    OnReadAndWrite = 'OnReadAndWrite',
  }

  export enum StateVisibility {
    /** What has expired is given while it happens to be there still. */
    ReturnExpiredIfNotCleanedUp = 'ReturnExpiredIfNotCleanedUp',
    /** What has expired is never given. The default. */
    NeverReturnExpired = 'NeverReturnExpired',
  }

  export interface Builder {
    setUpdateType(updateType: UpdateType): Builder;
    updateTtlOnCreateAndWrite(): Builder;
    updateTtlOnReadAndWrite(): Builder;
    setStateVisibility(visibility: StateVisibility): Builder;
    returnExpiredIfNotCleanedUp(): Builder;
    neverReturnExpired(): Builder;
    /** What has expired is removed only when it is accessed. */
    disableCleanupInBackground(): Builder;
    build(): StateTtlConfig;
  }
}

class TtlBuilder implements StateTtlConfig.Builder {
  private updateType: StateTtlConfig.UpdateType = StateTtlConfig.UpdateType.OnCreateAndWrite;
  private visibility: StateTtlConfig.StateVisibility = StateTtlConfig.StateVisibility.NeverReturnExpired;
  private cleanup = true;

  constructor(private readonly ttl: Duration) {}

  setUpdateType(updateType: StateTtlConfig.UpdateType): this {
    this.updateType = updateType;
    return this;
  }
  updateTtlOnCreateAndWrite(): this {
    return this.setUpdateType(StateTtlConfig.UpdateType.OnCreateAndWrite);
  }
  updateTtlOnReadAndWrite(): this {
    return this.setUpdateType(StateTtlConfig.UpdateType.OnReadAndWrite);
  }
  setStateVisibility(visibility: StateTtlConfig.StateVisibility): this {
    this.visibility = visibility;
    return this;
  }
  returnExpiredIfNotCleanedUp(): this {
    return this.setStateVisibility(StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp);
  }
  neverReturnExpired(): this {
    return this.setStateVisibility(StateTtlConfig.StateVisibility.NeverReturnExpired);
  }
  disableCleanupInBackground(): this {
    this.cleanup = false;
    return this;
  }
  build(): StateTtlConfig {
    return new StateTtlConfig(this.ttl, this.updateType, this.visibility, this.cleanup);
  }
}
