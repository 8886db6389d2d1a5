/**
 * The one error class of the platform. What callers decide on stands in fields, never in the message:
 * `domain` says whose fault it is, `retry` whether trying again can help, `code` which situation it is.
 */

/** Whose fault an error is: the program's author or the caller, this cluster's state, a system outside, or a bug of ours. */
export type ErrorDomain = 'user' | 'cluster' | 'external' | 'internal';

export type ErrorCode =
  | 'ILLEGAL_ARGUMENT' // wrong use: option, argument, value
  | 'ILLEGAL_CONFIGURATION' // bad value in a configuration file or -D
  | 'ILLEGAL_STATE'
  | 'HADOOP_NOT_CONFIGURED'
  | 'KERBEROS_UNSUPPORTED'
  | 'FILE_NOT_FOUND'
  | 'FILE_ALREADY_EXISTS'
  | 'NOT_A_DIRECTORY'
  | 'IS_A_DIRECTORY'
  | 'DIRECTORY_NOT_EMPTY'
  | 'ACCESS_DENIED'
  | 'END_OF_FILE'
  | 'FILE_SYSTEM' // any other failure of a file system
  | 'CONNECTION_FAILED' // nobody answers, name not known, reset
  | 'TIMEOUT'
  | 'REMOTE' // a typed answer of a remote system that has no code of its own here
  | 'AUTHENTICATION_FAILED'
  | 'APPLICATION_NOT_FOUND'
  | 'APPLICATION_FAILED'
  | 'INVALID_RESOURCE_REQUEST'
  | 'INVALID_PROGRAM' // a bundle that can't be loaded, has no such entry, or whose graph can't be bound
  | 'VERSION_MISMATCH'
  | 'JOB_NOT_FOUND'
  | 'JOB_FAILED'
  | 'JOB_CANCELED'
  | 'NO_RESOURCE_AVAILABLE'
  | 'TASK_FAILED' // user code threw
  | 'UNSERIALIZABLE_RECORD'
  | 'OUT_OF_MEMORY'
  | 'TASK_MANAGER_LOST'
  | 'RPC' // control plane
  | 'FENCED' // a message of an older leader or attempt
  | 'CANCELED'
  | 'INTERNAL';

export interface ErrorOptionsOfOurs {
  domain?: ErrorDomain;
  /** 'backoff': the same call may succeed later. */
  retry?: 'no' | 'backoff';
  cause?: unknown;
  /** Where it happened: jobId, vertex, subtask, containerId, path, option … */
  context?: Record<string, string | number | boolean>;
}

const BRAND = Symbol.for('millrace.error');

export class MillraceError extends Error {
  readonly code: ErrorCode;
  readonly domain: ErrorDomain;
  readonly retry: 'no' | 'backoff';
  readonly context: Record<string, string | number | boolean>;

  constructor(code: ErrorCode, message: string, options: ErrorOptionsOfOurs = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MillraceError';
    this.code = code;
    this.domain = options.domain ?? defaultDomain(code);
    this.retry = options.retry ?? 'no';
    this.context = options.context ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** True for errors of any copy of this class (a bundle may carry its own). */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

const USER_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ILLEGAL_ARGUMENT',
  'ILLEGAL_CONFIGURATION',
  'HADOOP_NOT_CONFIGURED',
  'KERBEROS_UNSUPPORTED',
  'INVALID_PROGRAM',
  'VERSION_MISMATCH',
  'TASK_FAILED',
  'UNSERIALIZABLE_RECORD',
  'JOB_NOT_FOUND',
]);
const EXTERNAL_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CONNECTION_FAILED',
  'REMOTE',
  'FILE_SYSTEM',
  'FILE_NOT_FOUND',
  'ACCESS_DENIED',
  'TIMEOUT',
]);

function defaultDomain(code: ErrorCode): ErrorDomain {
  if (USER_CODES.has(code)) return 'user';
  if (EXTERNAL_CODES.has(code)) return 'external';
  return code === 'INTERNAL' || code === 'ILLEGAL_STATE' ? 'internal' : 'cluster';
}

/** An error as plain data, for control messages and REST. The stack is the author's (source-mapped) one. */
export interface SerializedError {
  name: string;
  message: string;
  stack?: string;
  code?: ErrorCode;
  domain?: ErrorDomain;
  retry?: 'no' | 'backoff';
  context?: Record<string, string | number | boolean>;
  cause?: SerializedError;
}

export function serializeError(error: unknown, depth = 0): SerializedError {
  if (!(error instanceof Error)) return { name: 'Error', message: `thrown value: ${String(error)}` };
  const out: SerializedError = { name: error.name, message: error.message };
  if (error.stack !== undefined) out.stack = error.stack;
  if (error instanceof MillraceError) {
    out.code = error.code;
    out.domain = error.domain;
    out.retry = error.retry;
    out.context = error.context;
  }
  if (error.cause !== undefined && depth < 8) out.cause = serializeError(error.cause, depth + 1);
  return out;
}

export function deserializeError(data: SerializedError): Error {
  const cause = data.cause === undefined ? undefined : deserializeError(data.cause);
  let error: Error;
  if (data.code !== undefined) {
    const { code, message, domain, retry, context } = data;
    error = new MillraceError(code, message, {
      ...(domain && { domain }),
      ...(retry && { retry }),
      ...(context && { context }),
      ...(cause && { cause }),
    });
  } else {
    error = new Error(data.message, cause && { cause });
    error.name = data.name;
  }
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}

/** The innermost cause: what is printed first. */
export function rootCause(error: unknown): unknown {
  let current = error;
  for (let i = 0; i < 32 && current instanceof Error && current.cause !== undefined; i++) current = current.cause;
  return current;
}

/** The message of anything that was thrown, in one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
