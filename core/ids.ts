import { createHash, randomBytes } from 'node:crypto';

/** Job, vertex, execution and allocation ids: 32 lower-case hex digits, as Flink prints them. */
export type HexId = string;

const HEX_ID = /^[0-9a-f]{32}$/;

export function randomId(): HexId {
  return randomBytes(16).toString('hex');
}

/** An id that depends on its parts only: the same program gives the same operator and vertex ids. */
export function stableId(...parts: Array<string | number>): HexId {
  return createHash('md5').update(JSON.stringify(parts)).digest('hex');
}

export function isHexId(text: string): boolean {
  return HEX_ID.test(text);
}
