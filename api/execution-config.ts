import { MillraceError } from '../core/errors.js';
import type { JobConfig, RestartStrategySpec } from '../core/graph/index.js';
import { type Duration, millisOf } from './duration.js';

/** Settings of a program that are not about one operator. */
export class ExecutionConfig {
  constructor(private readonly config: JobConfig) {}

  /** Hands a record to several consumers without a copy. Safe only if no function changes or keeps its input. */
  enableObjectReuse(): this {
    this.config.objectReuse = true;
    return this;
  }
  /** A record for several consumers is copied for each: the default. */
  disableObjectReuse(): this {
    this.config.objectReuse = false;
    return this;
  }
  isObjectReuseEnabled(): boolean {
    return this.config.objectReuse ?? false;
  }
  /** Milliseconds between two latency markers of each source; 0 emits none. Stronger than metrics.latency.interval. */
  setLatencyTrackingInterval(interval: Duration | number): this {
    const ms = millisOf(interval);
    if (!Number.isInteger(ms) || ms < 0) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        `setLatencyTrackingInterval(${ms}): whole milliseconds are needed, 0 for no latency markers.`,
      );
    }
    this.config.latencyTrackingInterval = ms;
    return this;
  }
  /** Milliseconds; 0 unless the program has set it. */
  getLatencyTrackingInterval(): number {
    return this.config.latencyTrackingInterval ?? 0;
  }
  /** Milliseconds between two periodic watermarks, 200 by default; 0 emits none. Stronger than pipeline.auto-watermark-interval. */
  setAutoWatermarkInterval(interval: Duration | number): this {
    const ms = millisOf(interval);
    if (!Number.isInteger(ms) || ms < 0) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        `setAutoWatermarkInterval(${ms}): whole milliseconds are needed, 0 for no periodic watermarks.`,
      );
    }
    this.config.autoWatermarkInterval = ms;
    return this;
  }
  /** Milliseconds; 200 unless the program has set it. */
  getAutoWatermarkInterval(): number {
    return this.config.autoWatermarkInterval ?? 200;
  }
  /** As the environment's method of that name. */
  setRestartStrategy(strategy: RestartStrategy): this {
    this.config.restartStrategy = strategy;
    return this;
  }
}

/** Made by `RestartStrategies`. */
export type RestartStrategy = RestartStrategySpec;

/** What happens after a failure; without one, a job without checkpoints is not restarted. */
export class RestartStrategies {
  /** The first failure fails the job. */
  static noRestart(): RestartStrategy {
    return { type: 'none' };
  }
  /** At most `attempts` restarts, each after `delay`. */
  static fixedDelayRestart(attempts: number, delay: Duration | number): RestartStrategy {
    return { type: 'fixed-delay', attempts, delayMs: millisOf(delay) };
  }
  /** Restarts after `delay` while there are at most `maxFailures` failures in `interval`. */
  static failureRateRestart(maxFailures: number, interval: Duration, delay: Duration): RestartStrategy {
    const [intervalMs, delayMs] = [interval.toMillis(), delay.toMillis()];
    return { type: 'failure-rate', maxFailuresPerInterval: maxFailures, intervalMs, delayMs };
  }
  /** Waits grow by `multiplier` from `initial` to `max`; after `reset` without failure they start anew. */
  static exponentialDelayRestart(
    initial: Duration,
    max: Duration,
    multiplier: number,
    reset: Duration,
    jitter: number,
  ): RestartStrategy {
    return {
      type: 'exponential-delay',
      initialBackoffMs: initial.toMillis(),
      maxBackoffMs: max.toMillis(),
      multiplier,
      resetThresholdMs: reset.toMillis(),
      jitter,
    };
  }
}
