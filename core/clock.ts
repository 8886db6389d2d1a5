/** Time as the platform sees it; tests hand in one that they move by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const SystemClock: Clock = { now: () => Date.now() };
