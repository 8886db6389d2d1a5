import { inspect } from 'node:util';

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

  /** True for errors of any copy of this class (a bundle may carry its own); subclasses have only their own. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is the class that was asked, a subclass perhaps
    if (this !== MillraceError) return Function.prototype[Symbol.hasInstance].call(this, value);
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

/** Characters of a message or stack that travel: one error is kept and shown in several places. */
const LONGEST_TEXT = 32 * 1024;

export function serializeError(thrown: unknown, depth = 0): SerializedError {
  const error = toError(thrown);
  const out: SerializedError = { name: error.name, message: shortened(error.message) };
  if (error.stack !== undefined) out.stack = shortenedStack(error);
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
  // Its own stack would be of who reads it.
  error.stack = data.stack ?? `${error.name}: ${error.message}`;
  return error;
}

/** What was thrown as an Error that can be read; of what is none, its value and no stack: it would be of who caught it. */
export function toError(thrown: unknown): Error {
  if (isReadableError(thrown)) return thrown;
  const error = new Error(`thrown value: ${textOf(thrown)}`);
  error.stack = error.message;
  return error;
}

/** An author's class may have getters, which may throw. */
function isReadableError(thrown: unknown): thrown is Error {
  try {
    if (!(thrown instanceof Error)) return false;
    return [thrown.name, thrown.message, thrown.stack ?? ''].every(text => typeof text === 'string');
  } catch {
    return false;
  }
}

function textOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  try {
    return inspect(thrown, { depth: 2, breakLength: Number.POSITIVE_INFINITY });
  } catch {
    return `a ${typeof thrown} that can't be shown`;
  }
}

function shortened(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  return `${text.slice(0, LONGEST_TEXT)} … (${text.length - LONGEST_TEXT} more characters)`;
}

/** A stack begins with the message; where it happened comes after it. */
function shortenedStack({ stack = '', message }: Error): string {
  const at = message.length > LONGEST_TEXT ? stack.indexOf(message) : -1;
  if (at < 0) return shortened(stack);
  return stack.slice(0, at) + shortened(message) + shortened(stack.slice(at + message.length));
}

/** The innermost cause: what is printed first. */
export function rootCause(error: unknown): unknown {
  let current = error;
  for (let i = 0; i < 32 && current instanceof Error && current.cause !== undefined; i++) current = current.cause;
  return current;
}

/** The message of anything that was thrown, in one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : textOf(error);
}
