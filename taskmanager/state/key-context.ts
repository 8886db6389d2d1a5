/** HOT PATH */
import { KeySlots } from './key-slots.js';
import { grown } from './string-slots.js';

/** In place of a slot: no record of a key is being worked on. */
export const NO_KEY = -1;

/** Slots that nothing may be kept by are looked at when there are so many. */
const SWEEP_AFTER = 4096;

/**
 * The current key of a keyed operator: its state and timers belong to it. Both inputs of an operator share one. A key by
 * which nothing is kept any more, no state and no timer, is forgotten.
 */
export class KeyContext {
  slot = NO_KEY;
  private slots: KeySlots | undefined;
  /** By slot, how many states and timers there are. */
  private uses = new Int32Array(64);
  /** Slots that had nothing when they came here; some may be here twice. */
  private unused: number[] = [];
  private mayForget = true;

  /** Of all keys that were asked for; made when the first is. */
  get keySlots(): KeySlots {
    return (this.slots ??= new KeySlots(this.mayForget ? slot => void this.unused.push(slot) : undefined));
  }

  /** No key was seen. */
  clear(): void {
    this.slot = NO_KEY;
    this.slots?.clear();
    this.uses.fill(0);
    this.unused = [];
  }

  /** By value what the author's selector gave; undefined if there is none. */
  get key(): unknown {
    return this.keySlots.keys[this.slot];
  }

  /** Before the first key: something is kept by slot that is not counted here. */
  forgetNone(): void {
    this.mayForget = false;
  }

  /** Something is kept by this slot, a state or a timer. */
  retain(slot: number): void {
    if (slot >= this.uses.length) this.uses = grown(this.uses, Math.max(slot + 1, this.uses.length * 2));
    this.uses[slot]!++;
  }

  /** It is not any more. */
  release(slot: number): void {
    if (--this.uses[slot]! === 0) this.unused.push(slot);
  }

  /** Between two slices: forgets keys by which nothing is kept. The current one stays, a promise may be pending. */
  sweep(): void {
    const { unused } = this;
    if (!this.mayForget || unused.length < SWEEP_AFTER || unused.length * 2 < this.keySlots.size) return;
    this.unused = [];
    for (const slot of unused) {
      if (slot === this.slot) this.unused.push(slot);
      else if ((this.uses[slot] ?? 0) === 0 && this.keySlots.keys[slot] !== undefined) this.keySlots.forget(slot);
    }
  }
}
