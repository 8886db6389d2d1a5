import { MillraceError, toError } from '../../core/errors.js';
import type { ChainedOperator, JobVertex } from '../../core/graph/index.js';

export interface FailurePlace {
  vertex: JobVertex;
  subtaskIndex: number;
  operator: ChainedOperator | undefined;
}

/**
 * The error of a task: what user code threw becomes TASK_FAILED that names operator and subtask, with the author's own
 * error (and its stack) as the cause. Errors of ours keep their code and learn where they happened.
 */
export function taskError(error: unknown, { vertex, subtaskIndex, operator }: FailurePlace): MillraceError {
  const place = `'${operator?.name ?? vertex.name}' (${subtaskIndex + 1}/${vertex.parallelism})`;
  const context = {
    ...(error instanceof MillraceError && error.context),
    vertex: vertex.name,
    ...(operator && { operator: operator.name }),
    subtask: subtaskIndex,
  };
  if (error instanceof MillraceError) {
    return new MillraceError(error.code, `${place}: ${error.message}`, {
      domain: error.domain,
      retry: error.retry,
      context,
      ...(error.cause !== undefined && { cause: error.cause }),
    });
  }
  const cause = toError(error);
  const name = cause.name !== 'Error' ? `${cause.name}: ` : '';
  return new MillraceError('TASK_FAILED', `${place} failed: ${name}${cause.message}`, { cause, context });
}
