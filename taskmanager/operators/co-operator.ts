/** HOT PATH */
import type { LatencyMarker } from '../../core/protocol/index.js';
import type { KeySlots } from '../state/key-slots.js';
import { CombinedWatermarks } from './combined-watermarks.js';
import type { OneInputOperator, OperatorInput, TaskEnd, TwoInputOperator } from './operator.js';

/**
 * Two inputs around one object of the author's: each side works as an operator with one input does, for a method of its own.
 * What they share is the object's life, the output, and event time. It stands at the head of its chain: while a promise of
 * either side is pending the task takes nothing from any input.
 */
export class CoOperator implements TwoInputOperator {
  readonly inputs: readonly [OperatorInput, OperatorInput];

  constructor(
    private readonly first: OneInputOperator,
    second: OneInputOperator,
  ) {
    // The first one's timers are those of both, and what comes while one of them is waited for is queued there.
    const watermarks = new CombinedWatermarks(first);
    this.inputs = [new SideInput(first, 0, watermarks), new SideInput(second, 1, watermarks)];
  }

  open(): void | Promise<void> {
    return this.first.open?.();
  }

  endOfSlice(): void {
    this.first.endOfSlice?.();
  }

  endKeys(): void {
    this.first.endKeys?.();
  }

  close(end: TaskEnd): void | Promise<void> {
    return this.first.close?.(end);
  }
}

class SideInput implements OperatorInput {
  readonly takesCopies = false;
  readonly compile?: NonNullable<OperatorInput['compile']>;

  constructor(
    private readonly side: OneInputOperator,
    private readonly index: number,
    private readonly watermarks: CombinedWatermarks,
  ) {
    if (side.compile) this.compile = (c, record, timestamp, slot) => side.compile!(c, record, timestamp, slot);
  }

  collect(record: unknown, timestamp: number): void {
    this.side.collect(record, timestamp);
  }

  get keySlots(): KeySlots | undefined {
    return this.side.keySlots;
  }

  emitWatermark(timestamp: number): void {
    this.watermarks.watermark(this.index, timestamp);
  }

  emitStatus(idle: boolean): void {
    this.watermarks.status(this.index, idle);
  }

  emitLatencyMarker(marker: LatencyMarker): void {
    this.side.emitLatencyMarker(marker);
  }
}
