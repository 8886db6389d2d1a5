import { MillraceError } from '../../core/errors.js';

/** Of a watermark that the author's code gave. */
export function timeOfWatermark(mark: { getTimestamp(): number } | undefined): number {
  const timestamp: unknown = mark?.getTimestamp?.();
  if (typeof timestamp === 'number' && !Number.isNaN(timestamp)) return timestamp;
  throw new MillraceError(
    'TASK_FAILED',
    `emitWatermark needs a Watermark, as new Watermark(timestamp), not ${described(mark)}.`,
    {
      domain: 'user',
    },
  );
}

/** True for what may be an event timestamp. */
export const isEventTime = (timestamp: unknown): timestamp is number =>
  typeof timestamp === 'number' && !Number.isNaN(timestamp);

/** `source` names who gave it: "the timestamp assigner gave". */
export const noEventTime = (source: string, timestamp: unknown): MillraceError =>
  new MillraceError(
    'TASK_FAILED',
    `${source} ${described(timestamp)}; an event timestamp is a number of milliseconds since the epoch.`,
    { domain: 'user' },
  );

function described(value: unknown): string {
  if (value instanceof Date) return 'a Date';
  if (typeof value === 'bigint') return 'a bigint';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
