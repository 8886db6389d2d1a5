/** HOT PATH */
import { MillraceError } from '../../core/errors.js';
import type { KeyContext } from './key-context.js';

/** The namespace of what belongs to a key and to nothing else. */
export const VOID_NAMESPACE = 0;

/**
 * Whose state is meant: the current key's and, of an operator whose keys have several (windows), a namespace's. The states
 * that are made for a scope follow it; an operator may have one that stays in the void namespace beside one that moves.
 */
export class StateScope {
  namespace: number = VOID_NAMESPACE;

  constructor(readonly keys: Pick<KeyContext, 'slot'>) {}

  /** Throws ILLEGAL_STATE where there is no current key. */
  get slot(): number {
    const { slot } = this.keys;
    if (slot < 0) throw noKey();
    return slot;
  }
}

const noKey = (): MillraceError =>
  new MillraceError(
    'ILLEGAL_STATE',
    'No key set: keyed state belongs to the key of a record or a timer, so it can be used in processElement, onTimer, map and the like, ' +
      'not in open() or close(). Get the state in open(), and use it from there on.',
    { domain: 'user' },
  );
