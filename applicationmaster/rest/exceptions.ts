import { MillraceError, rootCause } from '../../core/errors.js';
import type { FailureEntry, JobMaster } from '../jobmaster/job-master.js';

/** GET /jobs/:jobId/exceptions: the root cause first, with the author's stack. */
export function exceptionsView({ failures, failure }: JobMaster): Record<string, unknown> {
  // What decided stands first, also where it was explained later by what it followed from.
  const deciding = failures.find(f => f.error === failure) ?? failures.at(-1);
  return {
    'root-exception': deciding ? stackOf(deciding.error) : null,
    timestamp: deciding?.timestamp ?? null,
    'all-exceptions': failures.map(f => ({
      exception: stackOf(f.error),
      task: f.task ?? '',
      location: f.endpoint ?? '(unassigned)',
      endpoint: f.endpoint ?? '(unassigned)',
      timestamp: f.timestamp,
      taskManagerId: f.taskManagerId ?? '(unassigned)',
    })),
    truncated: false,
    exceptionHistory: { entries: [...failures].reverse().map(historyEntry), truncated: false },
  };
}

function historyEntry(f: FailureEntry): Record<string, unknown> {
  const root = rootCause(f.error);
  return {
    exceptionName: root instanceof MillraceError ? root.code : root instanceof Error ? root.name : 'Error',
    stacktrace: stackOf(f.error),
    timestamp: f.timestamp,
    ...(f.task !== undefined && { taskName: f.task }),
    ...(f.endpoint !== undefined && { location: f.endpoint, endpoint: f.endpoint }),
    ...(f.taskManagerId !== undefined && { taskManagerId: f.taskManagerId }),
    failureLabels: {},
    concurrentExceptions: [],
  };
}

function stackOf(error: Error): string {
  const root = rootCause(error);
  if (!(root instanceof Error)) return String(root);
  return root.stack ?? `${root.name}: ${root.message}`;
}
