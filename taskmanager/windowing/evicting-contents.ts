import {
  type AggregateFunction,
  type EvictableElements,
  type Evictor,
  type ListState,
  ListStateDescriptor,
  type TimestampedValue,
  type Window,
} from '../../api/index.js';
import { isThenable } from '../operators/user-function.js';
import type { MergingState } from '../state/keyed-state-backend.js';
import type { ScopedStateStore } from '../state/keyed-states.js';
import type { WindowContents } from './window-contents.js';

type Entry = [value: unknown, timestamp: number];

/** Keeps all records of a window with their timestamps, since an evictor chooses among them when it fires. */
export class EvictingContents implements WindowContents {
  private readonly state: ListState<Entry>;

  constructor(
    private readonly evictor: Evictor<unknown, Window>,
    private readonly context: Evictor.EvictorContext,
    /** Combines the records that are left, if the window function is given one value. */
    private readonly aggregate: AggregateFunction<unknown, unknown, unknown> | undefined,
    store: ScopedStateStore,
  ) {
    this.state = store.get(new ListStateDescriptor<Entry>('window-contents'));
  }

  add(record: unknown, timestamp: number): void {
    this.state.add([record, timestamp]);
  }

  get(): Iterable<unknown> | undefined {
    for (const _ of this.state.get()) return this.state.get();
    return undefined;
  }

  clear(): void {
    this.state.clear();
  }

  merge(target: number, sources: readonly number[]): void {
    (this.state as unknown as MergingState).mergeNamespaces(target, sources);
  }

  /** Calls the window function with what the evictor leaves, and keeps what it leaves after that; a promise is waited for. */
  fire(window: Window, call: (window: Window, elements: Iterable<unknown>) => unknown): unknown {
    const elements = new Elements(this.state.get());
    this.evictor.evictBefore(elements, elements.size, window, this.context);
    const result = call(window, this.combined(elements.values()));
    const keep = (): void => {
      this.evictor.evictAfter(elements, elements.size, window, this.context);
      this.state.update(elements.entries());
    };
    if (isThenable(result)) return result.then(keep);
    keep();
    return undefined;
  }

  private combined(values: unknown[]): unknown[] {
    const { aggregate } = this;
    if (aggregate === undefined) return values;
    const result = aggregate.getResult(
      values.reduce((accumulator, value) => aggregate.add(value, accumulator), aggregate.createAccumulator()),
    );
    // Nothing is left for a function that combines records: there is no result.
    return result === undefined ? [] : [result];
  }
}

class Element implements TimestampedValue<unknown> {
  isRemoved = false;

  constructor(readonly entry: Entry) {}

  getValue(): unknown {
    return this.entry[0];
  }
  getTimestamp(): number {
    return this.entry[1];
  }
  hasTimestamp(): boolean {
    return this.entry[1] !== Number.MIN_SAFE_INTEGER;
  }
}

class Elements implements EvictableElements<unknown> {
  private readonly all: Element[];
  size: number;

  constructor(entries: Iterable<Entry>) {
    this.all = Array.from(entries, entry => new Element(entry));
    this.size = this.all.length;
  }

  *[Symbol.iterator](): Iterator<TimestampedValue<unknown>> {
    for (const element of this.all) if (!element.isRemoved) yield element;
  }

  remove(element: TimestampedValue<unknown>): void {
    const given = element as Element;
    if (!given.isRemoved) this.size--;
    given.isRemoved = true;
  }

  values(): unknown[] {
    return this.entries().map(entry => entry[0]);
  }

  entries(): Entry[] {
    return this.all.filter(element => !element.isRemoved).map(element => element.entry);
  }
}
