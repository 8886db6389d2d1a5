import { timeOfWatermark } from './event-time.js';
import type { Output } from './operator.js';

/** Where a generator of the author's puts its watermarks: none goes back, idleness is told when it changes. */
export class WatermarkEmitter {
  private current = Number.MIN_SAFE_INTEGER;
  private idle = false;

  constructor(private readonly output: Output) {}

  readonly emitWatermark = (mark: { getTimestamp(): number }): void => {
    const timestamp = timeOfWatermark(mark);
    if (timestamp <= this.current) return;
    this.current = timestamp;
    this.markActive();
    this.output.emitWatermark(timestamp);
  };

  readonly markIdle = (): void => {
    if (this.idle) return;
    this.idle = true;
    this.output.emitStatus(true);
  };

  readonly markActive = (): void => {
    if (!this.idle) return;
    this.idle = false;
    this.output.emitStatus(false);
  };
}
