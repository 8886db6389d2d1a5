import { type HexId, isHexId } from '../../core/ids.js';
import { UsageError } from './io.js';

/** The job that an action is about; `missing` is said where there is none. Upper case is taken, as in Flink. */
export function parseJobId(text: string | undefined, missing: string): HexId {
  if (text === undefined) throw new UsageError(missing);
  const id = text.toLowerCase();
  if (isHexId(id)) return id;
  throw new UsageError(`Cannot parse JobID from "${text}". A JobID has 32 hexadecimal digits.`);
}
