import { MillraceError, toError } from '../../core/errors.js';
import { type ChainedOperator, isSource, type JobVertex } from '../../core/graph/index.js';

export interface FailurePlace {
  vertex: JobVertex;
  subtaskIndex: number;
  operator: ChainedOperator | undefined;
  /** Which record of the task's input was worked off, or how many its source had emitted, if any. */
  record: number | undefined;
}

/**
 * The error of a task: what user code threw becomes TASK_FAILED that names operator, subtask and record, with the author's own
 * error (and its stack) as the cause. Errors of ours keep their code and learn where they happened.
 */
export function taskError(error: unknown, at: FailurePlace): MillraceError {
  const { vertex, subtaskIndex, operator, record } = at;
  const where = recordText(at);
  const place = `'${operator?.name ?? vertex.name}' (${subtaskIndex + 1}/${vertex.parallelism})`;
  const context = {
    ...(error instanceof MillraceError && error.context),
    vertex: vertex.name,
    ...(operator && { operator: operator.name }),
    subtask: subtaskIndex,
    ...(record !== undefined && { record }),
  };
  if (error instanceof MillraceError) {
    return new MillraceError(error.code, `${place}${where && `, ${where}`}: ${error.message}`, {
      domain: error.domain,
      retry: error.retry,
      context,
      ...(error.cause !== undefined && { cause: error.cause }),
    });
  }
  const cause = toError(error);
  const name = cause.name !== 'Error' ? `${cause.name}: ` : '';
  return new MillraceError('TASK_FAILED', `${place} failed${where && ` ${where}`}: ${name}${cause.message}`, {
    cause,
    context,
  });
}

function recordText({ vertex, operator, record }: FailurePlace): string {
  if (record === undefined) return '';
  const head = vertex.operators[0]!;
  const number = record.toLocaleString('en-US');
  if (!isSource(head.spec)) return `at record ${number} of its input`;
  if (operator === head) return `after ${number} ${record === 1 ? 'record' : 'records'}`;
  return `at record ${number} of its source`;
}
