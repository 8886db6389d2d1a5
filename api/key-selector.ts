import { MillraceError } from '../core/errors.js';
import type { KeySelector } from './functions.js';

/** A field of an object, or a position of a tuple that has it. */
export type Field<T> = T extends readonly unknown[]
  ? number extends T['length']
    ? number
    : PositionsOf<T>
  : keyof T & (string | number);
type PositionsOf<T> = Extract<keyof T, `${number}`> extends `${infer N extends number}` ? N : never;
/** The type of that field. */
export type FieldValue<T, F> = F extends keyof T ? T[F] : never;

/** What was given where a function, or an object with a function's method, is needed. Throws INVALID_PROGRAM for anything else. */
export function required<F>(f: F, method: string): F {
  if (typeof f === 'function' || (typeof f === 'object' && f !== null)) return f;
  throw new MillraceError('INVALID_PROGRAM', `${method} needs a function, it got ${f === null ? 'null' : typeof f}.`);
}

/** The function of a key that was given as a field, a position, or a selector. */
export function selectorOf(
  key: string | number | KeySelector<unknown, unknown>,
  method: string,
): (record: unknown) => unknown {
  if (typeof key === 'string' || typeof key === 'number') {
    return record => (record as Record<string | number, unknown>)[key];
  }
  const given = required(key, method);
  return typeof given === 'function' ? given : record => given.getKey(record);
}

/** An object with all these methods, which no function can stand for. Throws INVALID_PROGRAM that names what is missing. */
export function withMethods<F extends object>(f: F, method: string, ...names: string[]): F {
  const missing =
    typeof f === 'object' && f !== null
      ? names.filter(name => typeof (f as Record<string, unknown>)[name] !== 'function')
      : names;
  if (missing.length === 0) return f;
  throw new MillraceError(
    'INVALID_PROGRAM',
    `${method} needs an object with ${names.join(' and ')}; what it got has no ${missing.join(' and no ')}.`,
  );
}
