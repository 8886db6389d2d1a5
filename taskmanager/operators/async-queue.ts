import type { LatencyMarker } from '../../core/protocol/index.js';
import { Fifo } from './fifo.js';

/** A record under way. */
export interface AsyncEntry {
  readonly record: unknown;
  readonly timestamp: number;
  value: unknown;
  /** `asked`: its answer is awaited; `late`: that of the function's `timeout` is. */
  state: 'asked' | 'late' | 'done';
  /** Of an unordered queue. */
  segment: Segment | undefined;
}

/** What keeps its place between records. */
export type AsyncEvent = { watermark: number } | { idle: boolean } | { marker: LatencyMarker };

/** What waits behind records that are under way, and when it may go on. */
export interface AsyncQueue {
  readonly isEmpty: boolean;
  add(entry: AsyncEntry): void;
  /** Not before all that was added until now. A watermark right behind another one takes its place. */
  addEvent(event: AsyncEvent): void;
  /** Its state is `done` now. */
  complete(entry: AsyncEntry): void;
  /** The next that may go on. */
  poll(): AsyncEntry | AsyncEvent | undefined;
}

const isEntry = (item: AsyncEntry | AsyncEvent): item is AsyncEntry => 'state' in item;
const bothWatermarks = (a: AsyncEntry | AsyncEvent | undefined, b: AsyncEvent): boolean =>
  a !== undefined && 'watermark' in a && 'watermark' in b;

/** Everything in the order in which it came. */
export class OrderedQueue implements AsyncQueue {
  private readonly items = new Fifo<AsyncEntry | AsyncEvent>();

  get isEmpty(): boolean {
    return this.items.size === 0;
  }

  add(entry: AsyncEntry): void {
    this.items.push(entry);
  }

  addEvent(event: AsyncEvent): void {
    if (bothWatermarks(this.items.last, event)) this.items.replaceLast(event);
    else this.items.push(event);
  }

  complete(): void {}

  poll(): AsyncEntry | AsyncEvent | undefined {
    const { first } = this.items;
    if (first === undefined || (isEntry(first) && first.state !== 'done')) return undefined;
    return this.items.shift();
  }
}

/** The records between two events, and the event behind them. */
interface Segment {
  pending: number;
  readonly done: Fifo<AsyncEntry>;
  event: AsyncEvent | undefined;
}

/** Records as they are done, but none past an event. */
export class UnorderedQueue implements AsyncQueue {
  private readonly segments = new Fifo<Segment>();
  private open: Segment = { pending: 0, done: new Fifo(), event: undefined };
  /** The one before it. */
  private closed: Segment | undefined;

  constructor() {
    this.segments.push(this.open);
  }

  get isEmpty(): boolean {
    return this.segments.size === 1 && this.open.pending === 0 && this.open.done.size === 0;
  }

  add(entry: AsyncEntry): void {
    entry.segment = this.open;
    this.open.pending++;
  }

  addEvent(event: AsyncEvent): void {
    const { open, closed } = this;
    const isBehindEvent = this.segments.size > 1 && open.pending === 0 && open.done.size === 0;
    if (isBehindEvent && bothWatermarks(closed?.event, event)) {
      closed!.event = event;
      return;
    }
    open.event = event;
    this.closed = open;
    this.open = { pending: 0, done: new Fifo(), event: undefined };
    this.segments.push(this.open);
  }

  complete(entry: AsyncEntry): void {
    const segment = entry.segment!;
    segment.pending--;
    segment.done.push(entry);
  }

  poll(): AsyncEntry | AsyncEvent | undefined {
    const first = this.segments.first!;
    const entry = first.done.shift();
    if (entry !== undefined || first.pending > 0 || first.event === undefined) return entry;
    this.segments.shift();
    return first.event;
  }
}
