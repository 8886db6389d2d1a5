/** HOT PATH */
import { copyRecord } from '../../core/types/index.js';
import type { Output } from './operator.js';

/**
 * The collector in the author's hands: `collect(record)` with the timestamp of the record that is being processed.
 * After the records went downstream, the running code is the author's again.
 */
export class RecordCollector {
  timestamp: number = Number.NaN;
  /** The author's function may keep what it collects: the next operator gets a copy. */
  copies = false;

  constructor(
    private readonly output: Output,
    private readonly position: { current: number },
    private readonly index: number,
  ) {}

  // Arrow functions, so that authors may pass `out.collect` around.
  readonly collect = (record: unknown): void => {
    this.output.collect(this.copies ? copyRecord(record) : record, this.timestamp);
    this.position.current = this.index;
  };

  close(): void {}
}
