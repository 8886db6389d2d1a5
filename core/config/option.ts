import { MillraceError, messageOf } from '../errors.js';
import { parseDuration, parseMemorySize } from './values.js';

/**
 * A configuration key: Flink's name, the synonyms it had or has in other versions, its type and default. What parses
 * a value throws an error about the value alone; Configuration adds key, file and line.
 */
export interface ConfigOption<T> {
  readonly key: string;
  /** Other names, strongest first; `key` itself is stronger than all. */
  readonly synonyms: readonly string[];
  readonly defaultValue: T;
  readonly type: string;
  readonly description: string;
  parse(text: string): T;
}

interface OptionText {
  synonyms?: readonly string[];
  description: string;
}

function option<T, D extends T | undefined>(
  type: string,
  parse: (text: string) => T,
): (key: string, defaultValue: D, text: OptionText) => ConfigOption<T | D> {
  return (key, defaultValue, { synonyms = [], description }) => ({
    key,
    synonyms,
    defaultValue,
    type,
    description,
    parse,
  });
}

function bad(text: string, expected: string): never {
  throw new MillraceError('ILLEGAL_CONFIGURATION', `"${text}" is not ${expected}`);
}

function parseInteger(text: string): number {
  return /^[+-]?\d+$/.test(text.trim()) ? Number(text) : bad(text, 'a whole number');
}

function parseBoolean(text: string): boolean {
  const value = text.trim().toLowerCase();
  return value === 'true' ? true : value === 'false' ? false : bad(text, 'true or false');
}

function parseFloating(text: string): number {
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? bad(text, 'a number') : value;
}

/** A port, a range `50100-50200`, or a list of both; `0` is any free port. */
export function parsePortRange(text: string): string {
  for (const part of text.split(',')) {
    const [from, to = from] = part.trim().split('-').map(Number);
    const ok = from !== undefined && to !== undefined && Number.isInteger(from) && Number.isInteger(to);
    if (!ok || from < 0 || to > 65535 || from > to)
      bad(text, 'a port (0 to 65535), a range like 50100-50200, or a list');
  }
  return text.trim();
}

function parsePort(text: string): number {
  const value = parseInteger(text);
  return value >= 0 && value <= 65535 ? value : bad(text, 'a port (0 to 65535)');
}

export function oneOf<T extends string>(...allowed: T[]): (text: string) => T {
  return text => {
    const found = allowed.find(a => a.toLowerCase() === text.trim().toLowerCase());
    return found ?? bad(text, `one of ${allowed.join(', ')}`);
  };
}

export function atLeast(min: number, parse: (text: string) => number = parseInteger): (text: string) => number {
  return text => {
    const value = parse(text);
    return value >= min ? value : bad(text, `at least ${min}`);
  };
}

/** A folder in some file system: with a scheme, or an absolute path. */
function parseFolder(text: string): string {
  const path = text.trim();
  return /^([a-z][a-z\d+.-]*:)?\//i.test(path)
    ? path
    : bad(text, 'an absolute path or URI such as hdfs:///flink/savepoints');
}

export const string = option<string, string | undefined>('string', t => t);
export const folder = option<string, string | undefined>('path', parseFolder);
export const integer = option<number, number>('integer', parseInteger);
export const boolean = option<boolean, boolean>('boolean', parseBoolean);
export const floating = option<number, number>('float', parseFloating);
/** Milliseconds. */
export const duration = option<number, number>('duration', parseDuration);
/** Bytes. */
export const memory = option<number, number | undefined>('memory size', t => parseMemorySize(t));
export const port = option<number, number>('port', parsePort);
export const portRange = option<string, string>('port range', parsePortRange);
export const custom = <T, D extends T | undefined = T>(
  type: string,
  parse: (text: string) => T,
): ((key: string, defaultValue: D, text: OptionText) => ConfigOption<T | D>) => option<T, D>(type, parse);

export function parseOption<T>(o: ConfigOption<T>, text: string, where: string): T {
  try {
    return o.parse(text);
  } catch (error) {
    throw new MillraceError('ILLEGAL_CONFIGURATION', `${o.key}: ${messageOf(error)} (${where})`, {
      cause: error,
      context: { key: o.key, value: text },
    });
  }
}
