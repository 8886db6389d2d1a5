import { type ErrorCode, MillraceError } from '../../core/errors.js';
import type { HexId } from '../../core/ids.js';
import { excerpt, type HttpAnswer } from '../../yarn-bridge/http/index.js';

/** A refusal of the JobManager: `{"errors":[…]}` unpacked. */
export function restFailure(answer: HttpAnswer, address: string, jobId?: HexId): MillraceError {
  const { status } = answer;
  const said = errorsOf(answer.body);
  // Without the name of an exception: what isPassing() judges by the status.
  const context = { address, status, exception: '', ...(jobId !== undefined && { jobId }) };
  if (said === undefined && status === 404) {
    const message = `What answers at ${address} is no JobManager (404). Check rest.address and rest.port.`;
    return new MillraceError('REMOTE', message, { context });
  }
  return new MillraceError(codeOf(status, jobId), said ?? `${address} answered ${status}: ${excerpt(answer.body)}`, {
    context,
    ...(status === 503 && { retry: 'backoff' }),
  });
}

function codeOf(status: number, jobId: HexId | undefined): ErrorCode {
  if (status === 401 || status === 403) return 'AUTHENTICATION_FAILED';
  if (status === 404 && jobId !== undefined) return 'JOB_NOT_FOUND';
  if (status === 400) return 'ILLEGAL_ARGUMENT';
  if (status === 409) return 'ILLEGAL_STATE';
  return 'REMOTE';
}

/** Flink puts a class name before a message and a stack behind it; ours has neither. */
function errorsOf(body: Buffer): string | undefined {
  try {
    const { errors } = JSON.parse(String(body)) as { errors?: unknown };
    if (!Array.isArray(errors) || errors.length === 0) return undefined;
    return errors.map(text => String(text).split('\n\tat ')[0]).join('\n');
  } catch {
    return undefined;
  }
}
