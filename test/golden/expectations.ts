import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const CASES = join(import.meta.dirname, 'cases');
/** Differences that a failure shows of each kind. */
const SHOWN = 8;

export const caseNames = (): string[] => readdirSync(CASES).sort();

export const inputOf = (name: string): string => join(CASES, name, 'input.jsonl');

/** Where the output names subtasks there is an expectation by parallelism; else 1 and 2 have it, and 4 must give the same. */
export function parallelismsOf(name: string): number[] {
  const named = readdirSync(join(CASES, name)).flatMap(file => /^expected-p(\d+)\.jsonl$/.exec(file)?.[1] ?? []);
  return named.length > 0 ? named.map(Number).sort((a, b) => a - b) : [1, 2, 4];
}

export function expectedOf(name: string, parallelism: number): string[] {
  const named = join(CASES, name, `expected-p${parallelism}.jsonl`);
  return linesOf(existsSync(named) ? named : join(CASES, name, 'expected.jsonl'));
}

/** The lines of a file, or of all files of a folder, each in the one spelling that its JSON value has here, sorted. */
export function linesOf(path: string): string[] {
  return read(path).map(canonical).sort();
}

function read(path: string): string[] {
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return readdirSync(path).flatMap(name => read(join(path, name)));
}

/** Java writes 1.0 where JavaScript writes 1; its extreme longs stand for any number beyond the safe integers. */
function canonical(line: string): string {
  const isExtreme = (value: unknown): value is number =>
    typeof value === 'number' && Math.abs(value) >= Number.MAX_SAFE_INTEGER;
  const value: unknown = JSON.parse(line, (_, v: unknown) => (isExtreme(v) ? Math.sign(v) * Number.MAX_VALUE : v));
  return JSON.stringify(value);
}

/** What only one of two sorted lists has: `-` is missing, `+` should not be there. */
export function difference(expected: readonly string[], actual: readonly string[]): string[] {
  const surplus = new Map<string, number>();
  for (const line of actual) surplus.set(line, (surplus.get(line) ?? 0) + 1);
  for (const line of expected) surplus.set(line, (surplus.get(line) ?? 0) - 1);
  const times = (sign: string, count: (n: number) => number): string[] =>
    [...surplus].flatMap(([line, n]) => new Array<string>(Math.max(0, count(n))).fill(`${sign} ${line}`));
  const cut = (list: string[]): string[] =>
    list.length > SHOWN ? [...list.slice(0, SHOWN), `${list[0]![0]} … ${list.length - SHOWN} more`] : list;
  return [...cut(times('-', n => -n)), ...cut(times('+', n => n))];
}
