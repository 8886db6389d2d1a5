import { MillraceError } from '../core/errors.js';
import { UPPER_BOUND_MAX_PARALLELISM } from '../core/graph/index.js';
import type { RecordedNode } from './graph-recorder.js';

/** An operator's own parallelism; refused for what runs in one subtask only. */
export function setParallelismOf(node: RecordedNode, parallelism: number): void {
  validParallelism(parallelism);
  const { spec } = node;
  const single =
    spec.kind === 'source.collection' ||
    spec.kind === 'source.socket' ||
    (spec.kind === 'source.function' && !spec.parallel) ||
    (spec.kind === 'window' && spec.all);
  if (parallelism > 1 && single) {
    throw new MillraceError(
      'INVALID_PROGRAM',
      `The parallelism of non parallel operator must be 1: '${node.name}' can't have ${parallelism}.`,
    );
  }
  node.parallelism = parallelism;
}

export function validParallelism(parallelism: number): number {
  if (Number.isInteger(parallelism) && parallelism >= 1) return parallelism;
  throw new MillraceError('INVALID_PROGRAM', `The parallelism must be at least one: ${String(parallelism)}.`);
}

export function validMaxParallelism(max: number): number {
  if (Number.isInteger(max) && max >= 1 && max <= UPPER_BOUND_MAX_PARALLELISM) return max;
  throw new MillraceError(
    'INVALID_PROGRAM',
    `Maximum parallelism must be between 1 and ${UPPER_BOUND_MAX_PARALLELISM}: ${String(max)}.`,
  );
}

export function validBufferTimeout(timeoutMs: number): number {
  if (Number.isFinite(timeoutMs) && (timeoutMs >= 0 || timeoutMs === -1)) return timeoutMs;
  throw new MillraceError(
    'INVALID_PROGRAM',
    `The buffer timeout must be at least 0 ms, or -1 for full batches only: ${String(timeoutMs)}.`,
  );
}

/** An operator id as text: 32 hexadecimal digits. */
export function validUidHash(hash: string): string {
  if (typeof hash === 'string' && /^[0-9a-f]{32}$/i.test(hash)) return hash.toLowerCase();
  throw new MillraceError(
    'INVALID_PROGRAM',
    `Node hash must be a 32 character String that describes a hex code. Found: ${String(hash)}`,
  );
}

export function nonEmpty(text: string, method: string): string {
  if (typeof text === 'string' && text !== '') return text;
  throw new MillraceError(
    'INVALID_PROGRAM',
    `${method} needs a text that is not empty, it got ${JSON.stringify(text)}.`,
  );
}

export function validPort(port: number): number {
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new MillraceError('ILLEGAL_ARGUMENT', `${String(port)} is no port: 1 to 65535.`);
}
