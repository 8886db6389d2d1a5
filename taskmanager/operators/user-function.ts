import { MillraceError } from '../../core/errors.js';
import type { OperatorContext } from './operator.js';

/** The methods of a rich function, as far as it has them. */
interface RichFunction {
  setRuntimeContext?: (context: unknown) => void;
  open?: (context: unknown) => void | Promise<void>;
  close?: () => void | Promise<void>;
}

/**
 * The author's function of an operator: a lambda, or an object with the method `name` of Flink's interface.
 * `open` and `close` of a rich function are called around its life.
 */
export class UserFunction<F extends (...args: never[]) => unknown> {
  readonly call: F;
  private readonly rich: RichFunction;

  constructor(
    private readonly context: OperatorContext,
    name: string,
    given: unknown = context.functions.function,
  ) {
    const method = callableOf(given, name);
    if (!method) {
      throw new MillraceError(
        'INVALID_PROGRAM',
        `'${context.operator.name}' has no function: a lambda or an object with '${name}' is needed, got ${describe(given)}.`,
      );
    }
    this.call = method as F;
    this.rich = typeof given === 'object' && given !== null ? (given as RichFunction) : {};
  }

  open(): void | Promise<void> {
    this.rich.setRuntimeContext?.(this.context.runtimeContext);
    return this.rich.open?.(this.context.runtimeContext);
  }

  close(): void | Promise<void> {
    return this.rich.close?.();
  }

  /** A method that not every function of its kind has, bound to its object. */
  method<M extends (...args: never[]) => unknown>(name: string): M | undefined {
    const method = (this.rich as Record<string, unknown>)[name];
    return typeof method === 'function' ? (method.bind(this.rich) as M) : undefined;
  }
}

function callableOf(given: unknown, name: string): unknown {
  if (typeof given === 'function') return given;
  if (typeof given !== 'object' || given === null) return undefined;
  const method = (given as Record<string, unknown>)[name];
  return typeof method === 'function' ? method.bind(given) : undefined;
}

function describe(given: unknown): string {
  if (given === undefined) return 'nothing';
  return typeof given === 'object' ? `an object without it` : `a ${typeof given}`;
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}
