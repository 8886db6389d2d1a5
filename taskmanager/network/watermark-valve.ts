/** What one input hears of all its channels together: the least watermark, and whether all are idle. */
export interface ValveOutput {
  emitWatermark(timestamp: number): void;
  emitStatus(idle: boolean): void;
}

/**
 * Combines watermarks and idleness of an input's channels. An idle channel does not hold the others back, nor does one
 * that has woken up until its own watermark has caught up. An ended channel counts as far as it got (its source said
 * MAX_WATERMARK).
 */
export class WatermarkValve {
  private readonly watermarks: number[];
  private readonly idle: boolean[];
  private last = Number.NEGATIVE_INFINITY;
  private allIdle = false;

  constructor(
    channels: number,
    private readonly output: ValveOutput,
  ) {
    this.watermarks = new Array<number>(channels).fill(Number.NEGATIVE_INFINITY);
    this.idle = new Array<boolean>(channels).fill(false);
  }

  watermark(channel: number, timestamp: number): void {
    if (timestamp <= this.watermarks[channel]!) return;
    this.watermarks[channel] = timestamp;
    if (!this.idle[channel]) this.advance();
  }

  status(channel: number, idle: boolean): void {
    if (this.idle[channel] === idle) return;
    this.idle[channel] = idle;
    const all = this.idle.every(Boolean);
    if (all) this.flushAllIdle();
    if (all !== this.allIdle) {
      this.allIdle = all;
      this.output.emitStatus(all);
    }
    if (!all) this.advance();
  }

  private advance(): void {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.watermarks.length; i++) {
      const watermark = this.watermarks[i]!;
      // Only a channel that woke up can be behind what was emitted already.
      if (!this.idle[i] && watermark >= this.last && watermark < least) least = watermark;
    }
    this.emit(least);
  }

  /** When the last one goes idle nothing is held back any more: the highest watermark seen counts. */
  private flushAllIdle(): void {
    this.emit(Math.max(...this.watermarks));
  }

  private emit(timestamp: number): void {
    if (timestamp <= this.last || !Number.isFinite(timestamp)) return;
    this.last = timestamp;
    this.output.emitWatermark(timestamp);
  }
}
