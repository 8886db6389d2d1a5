/** HOT PATH */
import { copyRecord } from '../../core/types/index.js';
import type { Output } from './operator.js';

/**
 * Several outputs of one operator. Each gets a record of its own, so that one that changes it does not change it for
 * the others; with object reuse they share it.
 */
export class FanOut implements Output {
  readonly takesCopies = false;
  private readonly last: Output;
  private readonly others: Output[];

  /** `outputs` as `inOrder` gives them. */
  constructor(
    outputs: Output[],
    private readonly objectReuse: boolean,
  ) {
    this.last = outputs.at(-1)!;
    this.others = outputs.slice(0, -1);
  }

  collect(record: unknown, timestamp: number): void {
    for (const output of this.others) {
      output.collect(this.objectReuse || output.takesCopies ? record : copyRecord(record), timestamp);
    }
    this.last.collect(record, timestamp);
  }

  emitWatermark(timestamp: number): void {
    for (const output of this.others) output.emitWatermark(timestamp);
    this.last.emitWatermark(timestamp);
  }

  emitStatus(idle: boolean): void {
    for (const output of this.others) output.emitStatus(idle);
    this.last.emitStatus(idle);
  }
}

/** Who takes copies himself comes first: the one that gets the original may do with it what it likes. */
export const inOrder = (outputs: Output[]): Output[] =>
  outputs.toSorted((a, b) => Number(b.takesCopies) - Number(a.takesCopies));

/** Where the records of an operator without outputs go. */
export const NOWHERE: Output = {
  takesCopies: true,
  collect: () => {},
  emitWatermark: () => {},
  emitStatus: () => {},
};
