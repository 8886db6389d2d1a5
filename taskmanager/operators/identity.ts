/** HOT PATH */
import type { LatencyMarker } from '../../core/protocol/index.js';
import type { OneInputOperator, OperatorCode, OperatorContext, Output } from './operator.js';

/** Hands everything on: what union or a bare `keyBy().print()` leaves behind. */
export class IdentityOperator implements OneInputOperator {
  readonly takesCopies: boolean;
  private readonly output: Output;

  constructor(private readonly context: OperatorContext) {
    this.output = context.output;
    this.takesCopies = context.output.takesCopies;
  }

  collect(record: unknown, timestamp: number): void {
    this.output.collect(record, timestamp);
  }

  compile({ next }: OperatorCode, record: string, timestamp: string): string {
    return next(record, timestamp);
  }

  emitWatermark(timestamp: number): void {
    this.output.emitWatermark(timestamp);
  }

  emitStatus(idle: boolean): void {
    this.output.emitStatus(idle);
  }

  emitLatencyMarker(marker: LatencyMarker): void {
    this.context.task.onLatencyMarker(this.context.index, marker);
    this.output.emitLatencyMarker(marker);
  }
}
