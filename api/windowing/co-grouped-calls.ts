import { AbstractRichFunction, type Collector, type RuntimeContext } from '../functions.js';
import type { Tagged } from './tagged-union.js';
import type { WindowFunction } from './window-functions.js';
import type { Window } from './windows.js';

type Call = (...args: unknown[]) => unknown;

/** The window function of two streams that share windows: gives the author's function what each of them has. */
abstract class TaggedCall extends AbstractRichFunction implements WindowFunction<Tagged, unknown, unknown, Window> {
  constructor(
    private readonly given: unknown,
    private readonly method: string,
  ) {
    super();
  }

  override setRuntimeContext(context: RuntimeContext): void {
    (this.given as Partial<AbstractRichFunction>).setRuntimeContext?.(context);
  }
  override open(context: RuntimeContext): void | Promise<void> {
    return (this.given as Partial<AbstractRichFunction>).open?.(context);
  }
  override close(): void | Promise<void> {
    return (this.given as Partial<AbstractRichFunction>).close?.();
  }

  apply(_key: unknown, _window: Window, elements: Iterable<Tagged>, out: Collector<unknown>): void | Promise<void> {
    const sides: [unknown[], unknown[]] = [[], []];
    for (const [side, record] of elements) sides[side].push(record);
    return this.call(sides[0], sides[1], out);
  }

  /** In the operator's name, as Flink has it. */
  override toString(): string {
    return 'CoGroupWindowFunction';
  }

  protected abstract call(first: unknown[], second: unknown[], out: Collector<unknown>): void | Promise<void>;

  /** The author's function: a lambda, or the method of an object. */
  protected invoke(...args: unknown[]): unknown {
    const { given, method } = this;
    if (typeof given === 'function') return (given as Call)(...args);
    return (given as Record<string, Call>)[method]!(...args);
  }
}

/** coGroup: all records of both at once. */
export class CoGroupCall extends TaggedCall {
  constructor(given: unknown) {
    super(given, 'coGroup');
  }

  protected call(first: unknown[], second: unknown[], out: Collector<unknown>): void | Promise<void> {
    return this.invoke(first, second, out) as void | Promise<void>;
  }
}

/** join: each pair, one after the other; a promise is waited for before the next. What is returned is a result. */
export class JoinCall extends TaggedCall {
  constructor(given: unknown) {
    super(given, 'join');
  }

  protected call(first: unknown[], second: unknown[], out: Collector<unknown>): void | Promise<void> {
    return this.pairs(first, second, 0, out);
  }

  private pairs(first: unknown[], second: unknown[], from: number, out: Collector<unknown>): void | Promise<void> {
    const width = second.length;
    for (let i = from; i < first.length * width; i++) {
      const result = this.invoke(first[Math.floor(i / width)], second[i % width], out);
      if (result === undefined) continue;
      if (typeof (result as PromiseLike<unknown> | null)?.then === 'function') {
        return (result as Promise<unknown>).then(value => {
          if (value !== undefined) out.collect(value);
          return this.pairs(first, second, i + 1, out);
        });
      }
      out.collect(result);
    }
  }
}
