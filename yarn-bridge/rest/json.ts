import * as z from 'zod';
import { MillraceError } from '../../core/errors.js';
import { addressOf, excerpt } from '../http/index.js';

/*
 * What YARN's JSON does to a reader: one element of a list may come alone instead of in an array, a list without
 * elements as null, {} or not at all, numbers as strings, strings as null or "null".
 */

/** A number, also written as a string; 0 where there is none. */
export const number = z.preprocess(
  value => (value === null || value === undefined || value === '' ? 0 : value),
  z.coerce.number(),
);

/** Text; empty where there is none. */
export const text = z.preprocess(value => (value === null || value === undefined ? '' : value), z.coerce.string());

/** Text; undefined where there is none, or nothing in it. */
export const optionalText = z.preprocess(
  value => (value === null || value === '' || value === 'null' || value === 'N/A' ? undefined : value),
  z.string().optional(),
);

/** A list, whatever its length. */
export function listOf<T>(item: z.ZodType<T>): z.ZodType<T[]> {
  return z.preprocess(value => (Array.isArray(value) ? value : isAbsent(value) ? [] : [value]), z.array(item));
}

/** A list inside an element of its own: `{"apps": {"app": [...]}}`, `{"apps": {}}`, `{"apps": null}`. */
export function wrappedList<T>(name: string, item: z.ZodType<T>): z.ZodType<T[]> {
  const unwrap = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)[name]
      : value;
  return z.preprocess(unwrap, listOf(item));
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

/** Reads a JSON body by its schema; what does not fit is a REMOTE error that names the field. */
export function parseJson<T>(schema: z.ZodType<T>, body: Buffer, call: string, url: string): T {
  let json: unknown;
  try {
    json = JSON.parse(String(body));
  } catch (cause) {
    throw notUnderstood(call, url, `it is no JSON: '${excerpt(body)}'`, cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw notUnderstood(
    call,
    url,
    `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'unexpected'}`,
    parsed.error,
  );
}

function notUnderstood(call: string, url: string, why: string, cause: unknown): MillraceError {
  const address = addressOf(url);
  return new MillraceError('REMOTE', `The answer of ${address} to ${call} is not understood: ${why}.`, {
    cause,
    context: { address, call },
  });
}
