/** HOT PATH */
import { KeySlots } from './key-slots.js';

/** In place of a slot: no record of a key is being worked on. */
export const NO_KEY = -1;

/** The current key of a keyed operator: its state and timers belong to it. Both inputs of an operator share one. */
export class KeyContext {
  slot = NO_KEY;
  private slots: KeySlots | undefined;

  /** Of all keys that were asked for; made when the first is. */
  get keySlots(): KeySlots {
    return (this.slots ??= new KeySlots());
  }

  /** By value what the author's selector gave; undefined if there is none. */
  get key(): unknown {
    return this.keySlots.keys[this.slot];
  }
}
