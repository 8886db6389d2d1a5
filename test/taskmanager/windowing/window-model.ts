import type { Rec, Step } from './testing-windows.js';

interface Kept {
  k: string;
  start: number;
  end: number;
  values: number[];
}

export interface ModelOptions {
  /** Windows of a time, as [start, end]. */
  windowsOf(ts: number): Array<[number, number]>;
  merges?: boolean;
  lateness: number;
}

/** What windows of event time give, the plain way: all that is kept is looked through at each step. */
export function modelOf(steps: readonly Step[], { windowsOf, merges = false, lateness }: ModelOptions): string[] {
  const out: string[] = [];
  let kept: Kept[] = [];
  let watermark = Number.NEGATIVE_INFINITY;
  const fire = (w: Kept): void => {
    out.push(shown(w.k, w.start, w.end, w.values));
  };
  const take = (r: Rec): void => {
    let taken = false;
    for (const [start, end] of windowsOf(r.ts)) {
      let window: Kept = { k: r.k, start, end, values: [r.v] };
      const joined = kept.filter(
        w =>
          w.k === r.k && (merges ? w.start <= window.end && w.end >= window.start : w.start === start && w.end === end),
      );
      window = {
        k: r.k,
        start: Math.min(start, ...joined.map(w => w.start)),
        end: Math.max(end, ...joined.map(w => w.end)),
        values: [...joined.flatMap(w => w.values), r.v],
      };
      if (window.end - 1 + lateness <= watermark) continue;
      taken = true;
      kept = [...kept.filter(w => !joined.includes(w)), window];
      if (window.end - 1 <= watermark) fire(window);
    }
    if (!taken && r.ts + lateness <= watermark) out.push(`late ${r.v}`);
  };
  for (const step of [...steps, Number.MAX_SAFE_INTEGER]) {
    if (typeof step !== 'number') {
      take(step);
      continue;
    }
    for (const w of kept) if (w.end - 1 > watermark && w.end - 1 <= step) fire(w);
    kept = kept.filter(w => w.end - 1 + lateness > step);
    watermark = step;
  }
  return out.sort();
}

export const shown = (k: string, start: number, end: number, values: readonly number[]): string =>
  `${k} ${start}-${end}: ${[...values].sort((a, b) => a - b).join(' ')}`;
