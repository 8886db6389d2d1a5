/**
 * Ownership of things that must be closed. An owner registers each child as it opens it; `close()` closes them in
 * reverse order, once, whatever happens, and reports the first failure after all were tried.
 */
export interface Closeable {
  close(): void | Promise<void>;
}

export class Lifecycle implements Closeable {
  private readonly children = new Set<() => void | Promise<void>>();
  private closing: Promise<void> | undefined;

  get isClosing(): boolean {
    return this.closing !== undefined;
  }

  /** How many things it would close, for tests. */
  get size(): number {
    return this.children.size;
  }

  /** Registers a child and hands it back: `const s = lifecycle.own(await Server.start())`. */
  own<T extends Closeable>(child: T): T {
    this.defer(() => child.close());
    return child;
  }

  /** Registers a clean-up. After `close()` has begun it runs at once. */
  defer(cleanUp: () => void | Promise<void>): void {
    if (this.closing) void Promise.resolve().then(cleanUp);
    else this.children.add(cleanUp);
  }

  /** A timer that ends with its owner; once it has fired nothing of it is kept. */
  setTimeout(callback: () => void, ms: number): NodeJS.Timeout {
    const cleanUp = (): void => clearTimeout(timer);
    const timer = setTimeout(() => {
      this.children.delete(cleanUp);
      callback();
    }, ms);
    this.defer(cleanUp);
    return timer;
  }

  setInterval(callback: () => void, ms: number): NodeJS.Timeout {
    const timer = setInterval(callback, ms);
    this.defer(() => clearInterval(timer));
    return timer;
  }

  /** Idempotent; every caller gets the same promise. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    let first: { error: unknown } | undefined;
    const cleanUps = [...this.children].reverse();
    this.children.clear();
    for (const cleanUp of cleanUps) {
      try {
        await cleanUp();
      } catch (error) {
        first ??= { error };
      }
    }
    if (first) throw first.error;
  }
}
