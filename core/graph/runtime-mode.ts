import { MillraceError } from '../errors.js';
import { isSource, type OperatorSpec } from './operators.js';
import type { RuntimeModeName, StreamGraph } from './stream-graph.js';

/** A source that ends by itself, whatever happens outside. As in Flink nobody knows that of an author's function. */
const isBounded = ({ kind }: OperatorSpec): boolean =>
  kind === 'source.collection' || kind === 'source.sequence' || kind === 'source.text-file';

/**
 * Whether a program runs in batch mode: what it has set is stronger than `configured`. Throws INVALID_PROGRAM if it is
 * to, and has a source without an end, or an iteration: what comes back would wait for its own end.
 */
export function runsAsBatch({ config, nodes, edges }: StreamGraph, configured: RuntimeModeName = 'STREAMING'): boolean {
  const mode = config.runtimeMode ?? configured;
  if (mode === 'STREAMING') return false;
  const unbounded = nodes.find(({ spec }) => isSource(spec) && !isBounded(spec));
  const iterates = edges.some(edge => edge.feedback);
  if (mode === 'AUTOMATIC') return unbounded === undefined && !iterates;
  if (iterates) {
    throw new MillraceError(
      'INVALID_PROGRAM',
      "Iterations are not supported with the 'execution.runtime-mode' set to 'BATCH'. Set it to STREAMING or AUTOMATIC.",
    );
  }
  if (unbounded === undefined) return true;
  throw new MillraceError(
    'INVALID_PROGRAM',
    `Detected an UNBOUNDED source with the 'execution.runtime-mode' set to 'BATCH': '${unbounded.name}' has no known end. ` +
      "Set the 'execution.runtime-mode' to STREAMING or AUTOMATIC, or read a bounded source.",
  );
}
