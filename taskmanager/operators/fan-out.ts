/** HOT PATH */
import type { LatencyMarker } from '../../core/protocol/index.js';
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
  private readonly copies: boolean[];
  private markers = 0;

  /** `outputs` as `inOrder` gives them. */
  constructor(outputs: Output[], objectReuse: boolean) {
    this.last = outputs.at(-1)!;
    this.others = outputs.slice(0, -1);
    this.copies = outputs.map((_, i) => getsCopy(outputs, i, objectReuse));
  }

  collect(record: unknown, timestamp: number): void {
    const { others, copies } = this;
    for (let i = 0; i < others.length; i++) others[i]!.collect(copies[i] ? copyRecord(record) : record, timestamp);
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

  /** One way each time: where ways meet again markers would double. */
  emitLatencyMarker(marker: LatencyMarker): void {
    const way = this.markers++ % (this.others.length + 1);
    (this.others[way] ?? this.last).emitLatencyMarker(marker);
  }
}

/** The outputs of an operator of which some are side outputs: records go to the main one, event time goes to all. */
export class WithSideOutputs implements Output {
  readonly takesCopies: boolean;
  private markers = 0;

  constructor(
    private readonly main: Output,
    private readonly sides: readonly Output[],
  ) {
    this.takesCopies = main.takesCopies;
  }

  collect(record: unknown, timestamp: number): void {
    this.main.collect(record, timestamp);
  }

  emitWatermark(timestamp: number): void {
    this.main.emitWatermark(timestamp);
    for (const side of this.sides) side.emitWatermark(timestamp);
  }

  emitStatus(idle: boolean): void {
    this.main.emitStatus(idle);
    for (const side of this.sides) side.emitStatus(idle);
  }

  /** One way each time, as FanOut does. */
  emitLatencyMarker(marker: LatencyMarker): void {
    const way = this.markers++ % (this.sides.length + 1);
    (this.sides[way] ?? this.main).emitLatencyMarker(marker);
  }
}

/** Who takes copies himself comes first: the one that gets the original may do with it what it likes. */
export const inOrder = (outputs: Output[]): Output[] =>
  outputs.toSorted((a, b) => Number(b.takesCopies) - Number(a.takesCopies));

/** Whether an output, in the order that `inOrder` gives, needs a copy made for it: the last one may have the original. */
export const getsCopy = (outputs: readonly Output[], index: number, objectReuse: boolean): boolean =>
  index < outputs.length - 1 && !objectReuse && !outputs[index]!.takesCopies;

/** Where the records of an operator without outputs go. */
export const NOWHERE: Output = {
  takesCopies: true,
  collect: () => {},
  emitWatermark: () => {},
  emitStatus: () => {},
  emitLatencyMarker: () => {},
};
