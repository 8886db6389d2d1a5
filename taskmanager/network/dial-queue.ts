/** Handshakes of one slot that are under way at a time. */
const AT_ONCE = 4;

/**
 * Lets a slot dial a few others at a time. A handshake has a deadline, and n slots that read from n others would begin
 * n² of them in one moment: none would be answered in time.
 */
export class DialQueue {
  private underWay = 0;
  private readonly waiting: Array<() => void> = [];

  async run<T>(dial: () => Promise<T>): Promise<T> {
    if (this.underWay >= AT_ONCE) await new Promise<void>(resolve => this.waiting.push(resolve));
    else this.underWay++;
    try {
      return await dial();
    } finally {
      // Whoever waits takes over the place.
      const next = this.waiting.shift();
      if (next) next();
      else this.underWay--;
    }
  }
}
