import { type ErrorCode, MillraceError } from '../../core/errors.js';
import { addressOf, excerpt, parseRemoteException } from '../http/index.js';

/** The call that an error belongs to. */
export interface HdfsCall {
  op: string;
  path: string;
  /** URL of the server that was asked. */
  url: string;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  FileNotFoundException: 'FILE_NOT_FOUND',
  PathNotFoundException: 'FILE_NOT_FOUND',
  FileAlreadyExistsException: 'FILE_ALREADY_EXISTS',
  PathExistsException: 'FILE_ALREADY_EXISTS',
  ParentNotDirectoryException: 'NOT_A_DIRECTORY',
  PathIsNotDirectoryException: 'NOT_A_DIRECTORY',
  PathIsDirectoryException: 'IS_A_DIRECTORY',
  PathIsNotEmptyDirectoryException: 'DIRECTORY_NOT_EMPTY',
  AccessControlException: 'ACCESS_DENIED',
  AuthorizationException: 'ACCESS_DENIED',
  SecurityException: 'ACCESS_DENIED',
  PathAccessDeniedException: 'ACCESS_DENIED',
  InvalidToken: 'AUTHENTICATION_FAILED',
  AuthenticationException: 'AUTHENTICATION_FAILED',
  EOFException: 'END_OF_FILE',
  IllegalArgumentException: 'ILLEGAL_ARGUMENT',
  InvalidPathException: 'ILLEGAL_ARGUMENT',
};

/** The same call may succeed a little later. */
const PASSING: ReadonlySet<string> = new Set([
  'RetriableException',
  'SafeModeException',
  'AlreadyBeingCreatedException',
  'RecoveryInProgressException',
  'NotReplicatedYetException',
]);

/** A NameNode's or DataNode's refusal as an error of the FileSystem contract; `context.exception` has Java's name for it. */
export function remoteError(status: number, body: Buffer | string | object, call: HdfsCall): MillraceError {
  const address = addressOf(call.url);
  const remote = parseRemoteException(body);
  const context = { path: call.path, op: call.op, address, status, exception: remote?.exception ?? '' };
  const subject = `HDFS ${call.op} ${call.path}`;
  if (!remote) return withoutException(status, body, subject, context);
  const { exception, message } = remote;
  // HDFS says "permission denied" where a part of the path is a file.
  const code = /\(is not a directory\)$/.test(message) ? 'NOT_A_DIRECTORY' : (CODES[exception] ?? 'FILE_SYSTEM');
  return new MillraceError(code, `${subject} failed: ${message || exception} (${exception}, ${address}).`, {
    context,
    ...(PASSING.has(exception) && { retry: 'backoff' }),
  });
}

function withoutException(
  status: number,
  body: Buffer | string | object,
  subject: string,
  context: Record<string, string | number>,
): MillraceError {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? excerpt(body) : '';
  const said = text === '' ? '' : ` '${text}'`;
  if (status === 401) {
    const message = `${subject} failed: ${context['address']} asks for authentication (401); Kerberos is not supported yet.`;
    return new MillraceError('AUTHENTICATION_FAILED', message, { domain: 'external', context });
  }
  const hint = status === 404 ? ' Is WebHDFS on there (dfs.webhdfs.enabled), and is it the NameNode?' : '';
  const message = `${subject} failed: ${context['address']} answered ${status}${said}.${hint}`;
  return new MillraceError('FILE_SYSTEM', message, { context, ...(status >= 500 && { retry: 'backoff' }) });
}
