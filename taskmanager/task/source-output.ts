/** HOT PATH */
import type { LatencyMarker } from '../../core/protocol/index.js';
import { NO_TIMESTAMP } from '../../core/types/index.js';
import type { Output, TaskContext } from '../operators/operator.js';
import type { Code } from './code.js';

export type SourceTime = Pick<
  TaskContext,
  'position' | 'now' | 'processingTime' | 'timeCharacteristic' | 'autoWatermarkInterval' | 'batch'
>;

/**
 * What a source writes to: counts its records, and gives them the time that the program goes by: their own, none
 * (processing time), or that of their emission, with watermarks that follow it (ingestion time). `collect` is replaced by
 * the compiled chain's.
 */
export class SourceOutput implements Output {
  readonly takesCopies: boolean;
  collect: Output['collect'];
  private idle = false;

  constructor(
    private readonly output: Output,
    private readonly task: SourceTime,
  ) {
    const { position, now, timeCharacteristic } = task;
    this.takesCopies = output.takesCopies;
    if (timeCharacteristic === 'event') {
      this.collect = (record, timestamp) => {
        position.cursor++;
        output.collect(record, timestamp);
      };
    } else {
      const isTimed = timeCharacteristic === 'ingestion';
      this.collect = record => {
        position.cursor++;
        output.collect(record, isTimed ? now() : NO_TIMESTAMP);
      };
    }
    if (timeCharacteristic === 'ingestion' && task.autoWatermarkInterval > 0) this.emitIngestionTime();
  }

  /** An expression for the timestamp of a record to which its source gave `own`. */
  timestampText(code: Code, own: string): string {
    const { timeCharacteristic, now } = this.task;
    if (timeCharacteristic === 'event') return own;
    return timeCharacteristic === 'ingestion' ? `${code.use(now, 'now')}()` : 'NaN';
  }

  /** A source's own watermarks are of event time. */
  emitWatermark(timestamp: number): void {
    if (this.task.timeCharacteristic === 'event' && !this.task.batch) this.output.emitWatermark(timestamp);
  }

  emitStatus(idle: boolean): void {
    this.idle = idle;
    this.output.emitStatus(idle);
  }

  emitLatencyMarker(marker: LatencyMarker): void {
    this.output.emitLatencyMarker(marker);
  }

  private emitIngestionTime(): void {
    const { now, processingTime, autoWatermarkInterval: interval } = this.task;
    let last = Number.NEGATIVE_INFINITY;
    const timer = processingTime.timer(0, () => {
      // What is emitted in this millisecond is not behind its watermark.
      const watermark = Math.floor((now() - 1) / interval) * interval;
      if (!this.idle && watermark > last) this.output.emitWatermark((last = watermark));
      timer.at(watermark + interval);
    });
    timer.at(Math.floor(now() / interval) * interval + interval);
  }
}
