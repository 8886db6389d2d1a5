/** HOT PATH */
import { TimeWindow, type Window } from '../../api/index.js';
import { canonicalKey } from '../state/key-slots.js';

/**
 * Windows as numbers, the namespaces of state and timers: equal windows have one number, whatever the key. A number is
 * free again, and what is still kept in its namespace is dropped, when nothing holds it any more: no timer, no record that
 * is being worked on, no window that may still merge. 0 is the void namespace, never a window's.
 */
export class WindowNamespaces {
  /** By number; undefined if it is free, or state's only. */
  readonly windows: Array<Window | undefined> = [undefined];
  private readonly holders: number[] = [0];
  private readonly free: number[] = [];
  private readonly byStart = new Map<number, number>();
  /** Of time windows with one start, another one; 0: none. */
  private readonly others: number[] = [0];
  private readonly byText = new Map<string, number>();
  private last: Window | undefined;
  private lastNumber = 0;

  constructor(private readonly drop: (namespace: number) => void) {}

  /** Numbers that are in use. */
  get size(): number {
    return this.windows.length - 1 - this.free.length;
  }

  /** The number of a window, held once more: `release` it. */
  hold(window: Window): number {
    let number = this.find(window);
    if (number === 0) this.index(window, (number = this.take(window)));
    this.holders[number]!++;
    this.last = window;
    this.lastNumber = number;
    return number;
  }

  /** A number for state that is no window's, held once. */
  holdState(): number {
    const number = this.take(undefined);
    this.holders[number] = 1;
    return number;
  }

  retain(number: number): void {
    this.holders[number]!++;
  }

  /** For good: of a window that never ends. */
  pin(number: number): void {
    this.holders[number] = Number.POSITIVE_INFINITY;
  }

  release(number: number): void {
    if (--this.holders[number]! > 0) return;
    const window = this.windows[number];
    if (window !== undefined) this.forget(window, number);
    this.windows[number] = undefined;
    this.free.push(number);
    this.drop(number);
  }

  private take(window: Window | undefined): number {
    const number = this.free.pop() ?? this.windows.length;
    this.windows[number] = window;
    this.holders[number] = 0;
    this.others[number] = 0;
    return number;
  }

  private find(window: Window): number {
    if (window === this.last) return this.lastNumber;
    if (!isTimeWindow(window)) return this.byText.get(textOf(window)) ?? 0;
    let number = this.byStart.get(window.getStart()) ?? 0;
    while (number !== 0 && (this.windows[number] as TimeWindow).getEnd() !== window.getEnd())
      number = this.others[number]!;
    return number;
  }

  private index(window: Window, number: number): void {
    if (!isTimeWindow(window)) {
      this.byText.set(textOf(window), number);
      return;
    }
    this.others[number] = this.byStart.get(window.getStart()) ?? 0;
    this.byStart.set(window.getStart(), number);
  }

  private forget(window: Window, number: number): void {
    if (this.lastNumber === number) this.last = undefined;
    if (!isTimeWindow(window)) {
      this.byText.delete(textOf(window));
      return;
    }
    const start = window.getStart();
    const next = this.others[number]!;
    let at = this.byStart.get(start)!;
    if (at === number) {
      if (next === 0) this.byStart.delete(start);
      else this.byStart.set(start, next);
      return;
    }
    while (this.others[at] !== number) at = this.others[at]!;
    this.others[at] = next;
  }
}

/** Not one of an author's class below it, which may have more fields. */
const isTimeWindow = (window: Window): window is TimeWindow => window.constructor === TimeWindow;

/** Of windows of other classes: they are equal if their fields are. */
const textOf = (window: Window): string => `${window.constructor.name} ${canonicalKey({ ...window }, '')}`;
