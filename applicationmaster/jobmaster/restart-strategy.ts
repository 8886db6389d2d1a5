import type { Clock } from '../../core/clock.js';
import { type Configuration, Options } from '../../core/config/index.js';
import type { RestartStrategySpec } from '../../core/graph/index.js';

/** Decides after each failure: milliseconds until the next attempt, or undefined for none. */
export interface RestartStrategy {
  onFailure(): number | undefined;
}

/** The program's own strategy, else the configured one, else none: as Flink without checkpoints. */
export function restartStrategyOf(
  spec: RestartStrategySpec | undefined,
  configuration: Configuration,
): RestartStrategySpec {
  if (spec) return spec;
  switch (configuration.get(Options.restartStrategy)) {
    case 'fixed-delay':
      return {
        type: 'fixed-delay',
        attempts: configuration.get(Options.fixedDelayAttempts),
        delayMs: configuration.get(Options.fixedDelayDelay),
      };
    case 'failure-rate':
      return {
        type: 'failure-rate',
        maxFailuresPerInterval: configuration.get(Options.failureRateMax),
        intervalMs: configuration.get(Options.failureRateInterval),
        delayMs: configuration.get(Options.failureRateDelay),
      };
    case 'exponential-delay':
      return {
        type: 'exponential-delay',
        initialBackoffMs: configuration.get(Options.exponentialInitial),
        maxBackoffMs: configuration.get(Options.exponentialMax),
        multiplier: configuration.get(Options.exponentialMultiplier),
        resetThresholdMs: configuration.get(Options.exponentialReset),
        jitter: configuration.get(Options.exponentialJitter),
      };
    default:
      return { type: 'none' };
  }
}

export function createRestartStrategy(
  spec: RestartStrategySpec,
  clock: Clock,
  random: () => number = Math.random,
): RestartStrategy {
  switch (spec.type) {
    case 'none':
      return { onFailure: () => undefined };
    case 'fixed-delay': {
      let left = spec.attempts;
      return { onFailure: () => (left-- > 0 ? spec.delayMs : undefined) };
    }
    case 'failure-rate': {
      let failures: number[] = [];
      return {
        onFailure: () => {
          const now = clock.now();
          failures = [...failures.filter(t => t > now - spec.intervalMs), now];
          return failures.length > spec.maxFailuresPerInterval ? undefined : spec.delayMs;
        },
      };
    }
    case 'exponential-delay': {
      let backoff = spec.initialBackoffMs;
      let last = Number.NEGATIVE_INFINITY;
      return {
        onFailure: () => {
          const now = clock.now();
          // Healthy time begins when the wait before the last attempt was over.
          if (now - last > backoff + spec.resetThresholdMs) backoff = spec.initialBackoffMs;
          else if (last > 0) backoff = Math.min(spec.maxBackoffMs, backoff * spec.multiplier);
          last = now;
          return Math.round(backoff * (1 + (random() * 2 - 1) * spec.jitter));
        },
      };
    }
  }
}
