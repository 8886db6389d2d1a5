import { Watermark } from './watermark.js';
import type { RelativeClock, WatermarkGenerator, WatermarkOutput } from './watermark-generator.js';

/** False for generators of ours that look at timestamps only: a record need not be kept as it was for them. */
const readsEvents = (generator: object): boolean => (generator as { readsEvents?: boolean }).readsEvents !== false;

/** Stays `delay` and a millisecond behind the highest timestamp: a record of that timestamp may still come. */
export class BoundedOutOfOrdernessWatermarks<T> implements WatermarkGenerator<T> {
  readonly readsEvents = false;
  private highest: number;

  /** Milliseconds. */
  constructor(private readonly delay: number) {
    this.highest = Number.MIN_SAFE_INTEGER + delay + 1;
  }

  onEvent(_event: T, eventTimestamp: number, _output: WatermarkOutput): void {
    if (eventTimestamp > this.highest) this.highest = eventTimestamp;
  }

  onPeriodicEmit(output: WatermarkOutput): void {
    output.emitWatermark(new Watermark(this.highest - this.delay - 1));
  }
}

/** Says nothing. */
export class NoWatermarksGenerator<T> implements WatermarkGenerator<T> {
  readonly readsEvents = false;
  onEvent(): void {}
  onPeriodicEmit(): void {}
}

/** Another generator, and idleness when there was no record for a while. */
export class WatermarksWithIdleness<T> implements WatermarkGenerator<T> {
  readonly readsEvents: boolean;
  private hasSeenRecord = false;
  private isIdle = false;
  /** When a look first found that nothing had come since the last. */
  private quietSince: number | undefined;

  /** `timeout` in milliseconds. */
  constructor(
    private readonly generator: WatermarkGenerator<T>,
    private readonly timeout: number,
    private readonly clock: RelativeClock,
  ) {
    this.readsEvents = readsEvents(generator);
  }

  onEvent(event: T, eventTimestamp: number, output: WatermarkOutput): void {
    this.generator.onEvent(event, eventTimestamp, output);
    this.hasSeenRecord = true;
    this.isIdle = false;
  }

  onPeriodicEmit(output: WatermarkOutput): void {
    if (!this.isQuiet()) this.generator.onPeriodicEmit(output);
    else if (!this.isIdle) {
      this.isIdle = true;
      output.markIdle();
    }
  }

  private isQuiet(): boolean {
    const now = this.clock.relativeTimeMillis();
    if (this.hasSeenRecord) {
      this.hasSeenRecord = false;
      this.quietSince = undefined;
      return false;
    }
    this.quietSince ??= now;
    return now - this.quietSince > this.timeout;
  }
}
