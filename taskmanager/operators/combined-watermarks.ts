interface WatermarkOutput {
  emitWatermark(timestamp: number): void;
  emitStatus(idle: boolean): void;
}

/**
 * Event time of an operator with two inputs: the lesser of their watermarks. An idle input does not hold the other back;
 * the operator is idle when both are. As Flink's: what an input had before it went idle is not made up for, and the result
 * never goes back.
 */
export class CombinedWatermarks {
  private readonly watermarks = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  private readonly idle = [false, false];
  private last = Number.NEGATIVE_INFINITY;
  private bothIdle = false;

  constructor(private readonly output: WatermarkOutput) {}

  watermark(input: number, timestamp: number): void {
    this.watermarks[input] = timestamp;
    this.advance();
  }

  status(input: number, idle: boolean): void {
    this.idle[input] = idle;
    this.advance();
    const both = this.idle[0]! && this.idle[1]!;
    if (both === this.bothIdle) return;
    this.bothIdle = both;
    this.output.emitStatus(both);
  }

  private advance(): void {
    let least = Number.POSITIVE_INFINITY;
    for (const [i, watermark] of this.watermarks.entries()) if (!this.idle[i]) least = Math.min(least, watermark);
    if (!Number.isFinite(least) || least <= this.last) return;
    this.last = least;
    this.output.emitWatermark(least);
  }
}
