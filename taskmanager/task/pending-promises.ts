export interface PendingPromisesOptions {
  /** Index in the chain of whose code runs. */
  position: { current: number };
  mode: { interpreted: boolean };
  /** What `mode` is without promises. */
  interpreted: boolean;
  /** The task has ended: nothing goes on. */
  isEnded(): boolean;
  /** A promise was rejected, or what followed it threw. */
  onFailed(error: unknown): void;
  /** The last one has settled: input may be taken again. */
  onSettled(): void;
}

/** Promises of authors' functions and of sinks that have to settle before a task takes further input. */
export class PendingPromises {
  private count = 0;
  private onQuiet: (() => void) | undefined;

  constructor(private readonly options: PendingPromisesOptions) {}

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Operator `index` goes on with `resume` when it has settled. */
  add<T>(index: number, thenable: PromiseLike<T>, resume: (value: T) => void): void {
    this.count++;
    this.options.mode.interpreted = true;
    thenable.then(
      value => this.settled(index, () => resume(value)),
      (error: unknown) =>
        this.settled(index, () => {
          throw error;
        }),
    );
  }

  /** Resolves when all have settled. */
  quiet(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise(resolve => {
      this.onQuiet = resolve;
    });
  }

  private settled(index: number, action: () => void): void {
    const { position, mode, interpreted, isEnded, onFailed, onSettled } = this.options;
    this.count--;
    if (isEnded()) return;
    position.current = index;
    try {
      action();
    } catch (error) {
      onFailed(error);
      return;
    }
    if (this.count > 0) return;
    mode.interpreted = interpreted;
    this.onQuiet?.();
    this.onQuiet = undefined;
    onSettled();
  }
}
