/** Lets a few of a kind be under way at a time, the others wait in order: what has a deadline should not wait within it. */
export class Limiter {
  private underWay = 0;
  private readonly waiting: Array<() => void> = [];

  constructor(private readonly atOnce: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.underWay >= this.atOnce) await new Promise<void>(resolve => this.waiting.push(resolve));
    else this.underWay++;
    try {
      return await work();
    } finally {
      // Whoever waits takes over the place.
      const next = this.waiting.shift();
      if (next) next();
      else this.underWay--;
    }
  }
}
