import { MillraceError } from '../errors.js';

const MEMORY_UNITS: Record<string, number> = {
  b: 1,
  bytes: 1,
  k: 1024,
  kb: 1024,
  kibibytes: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mebibytes: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gibibytes: 1024 ** 3,
  t: 1024 ** 4,
  tb: 1024 ** 4,
  tebibytes: 1024 ** 4,
};

/**
 * A size in bytes, as Flink reads it: whole numbers with b, k, m, g, t (and their long forms), upper or lower case,
 * all binary. A bare number is bytes in a configuration file and MB for -jm, -tm, -yjm, -ytm.
 */
export function parseMemorySize(text: string, bareUnit: 'b' | 'm' = 'b'): number {
  const match = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(text);
  const factor = match && MEMORY_UNITS[(match[2] || bareUnit).toLowerCase()];
  if (!match || !factor) {
    throw new MillraceError(
      'ILLEGAL_ARGUMENT',
      `"${text}" is not a memory size: expected a whole number with one of b, k, m, g, t, such as 1024m or 2g`,
    );
  }
  return Number(match[1]) * factor;
}

/** `1gb`, `512mb`, `1000b`: the largest unit that gives a whole number. */
export function formatMemorySize(bytes: number): string {
  for (const [unit, factor] of [
    ['gb', 1024 ** 3],
    ['mb', 1024 ** 2],
    ['kb', 1024],
  ] as const) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes}b`;
}

const DURATION_UNITS: Record<string, number> = {
  ns: 1e-6,
  nano: 1e-6,
  nanos: 1e-6,
  nanosecond: 1e-6,
  nanoseconds: 1e-6,
  us: 1e-3,
  micro: 1e-3,
  micros: 1e-3,
  microsecond: 1e-3,
  microseconds: 1e-3,
  ms: 1,
  milli: 1,
  millis: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

const ISO_DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;

/** Milliseconds of `10 s`, `500 ms`, `1 min`, `PT10S`, or a bare number of milliseconds. */
export function parseDuration(text: string): number {
  const iso = ISO_DURATION.exec(text.trim());
  if (iso && text.trim().length > 2) {
    const [, d = 0, h = 0, m = 0, s = 0] = iso;
    return Number(d) * 86_400_000 + Number(h) * 3_600_000 + Number(m) * 60_000 + Number(s) * 1000;
  }
  const match = /^\s*(\d+)\s*([a-zµ]*)\s*$/i.exec(text);
  const factor = match && DURATION_UNITS[(match[2] || 'ms').toLowerCase()];
  if (!match || !factor) {
    throw new MillraceError(
      'ILLEGAL_ARGUMENT',
      `"${text}" is not a duration: expected a whole number with a unit, such as 10 s, 500 ms or 1 min`,
    );
  }
  return Number(match[1]) * factor;
}
