import { randomBytes } from 'node:crypto';

export interface MasterKey {
  id: number;
  key: Buffer;
}

export interface KeyPair {
  current: MasterKey;
  /** About to be the only one. */
  next: MasterKey | undefined;
}

/** Milliseconds. */
export interface RollTimes {
  /** A new key each time. */
  interval: number;
  /** From the new key to the end of the old one: meanwhile both are good. */
  activation: number;
}

const KEY_BYTES = 20;
/** A timer for longer goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The key behind one kind of token. It rolls, and an old key is good until all who hold its tokens have had new ones. */
export class RollingKey {
  private readonly rollTimer: NodeJS.Timeout;
  private activationTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly times: RollTimes,
    private pair: KeyPair = { current: { id: randomBytes(4).readInt32BE(), key: newKey() }, next: undefined },
    private readonly changed: () => void = () => {},
    private readonly activated: () => void = () => {},
  ) {
    this.rollTimer = setInterval(() => this.roll(), Math.min(times.interval, LONGEST_TIMER_MS));
    this.rollTimer.unref();
    if (pair.next) this.activateLater();
  }

  get stored(): KeyPair {
    return this.pair;
  }

  get current(): MasterKey {
    return this.pair.current;
  }

  get next(): MasterKey | undefined {
    return this.pair.next;
  }

  get newest(): MasterKey {
    return this.pair.next ?? this.pair.current;
  }

  /** Undefined: no longer good, or never was. */
  find(id: number): MasterKey | undefined {
    return [this.pair.next, this.pair.current].find(key => key?.id === id);
  }

  close(): void {
    clearInterval(this.rollTimer);
    clearTimeout(this.activationTimer);
  }

  private roll(): void {
    this.pair = { current: this.pair.current, next: { id: (this.newest.id + 1) | 0, key: newKey() } };
    this.changed();
    this.activateLater();
  }

  private activateLater(): void {
    clearTimeout(this.activationTimer);
    this.activationTimer = setTimeout(
      () => {
        this.pair = { current: this.newest, next: undefined };
        this.changed();
        this.activated();
      },
      Math.min(this.times.activation, LONGEST_TIMER_MS),
    );
    this.activationTimer.unref();
  }
}

export const newKey = (): Buffer => randomBytes(KEY_BYTES);
