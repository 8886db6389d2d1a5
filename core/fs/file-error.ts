import { type ErrorCode, MillraceError } from '../errors.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'FILE_NOT_FOUND',
  EEXIST: 'FILE_ALREADY_EXISTS',
  ENOTDIR: 'NOT_A_DIRECTORY',
  EISDIR: 'IS_A_DIRECTORY',
  ENOTEMPTY: 'DIRECTORY_NOT_EMPTY',
  EACCES: 'ACCESS_DENIED',
  EPERM: 'ACCESS_DENIED',
};

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  FILE_NOT_FOUND: 'there is no such file or directory',
  FILE_ALREADY_EXISTS: 'something of that name exists already',
  NOT_A_DIRECTORY: 'it, or a part of it, is no directory',
  IS_A_DIRECTORY: 'it is a directory',
  DIRECTORY_NOT_EMPTY: 'the directory is not empty; delete it with its contents (recursive)',
  ACCESS_DENIED: 'this user may not do that',
  END_OF_FILE: 'the offset lies past its end',
};

/** An error of the FileSystem contract, with its code's own sentence or a given one. */
export function fileError(
  code: ErrorCode,
  action: string,
  path: string,
  { cause, detail }: { cause?: unknown; detail?: string } = {},
): MillraceError {
  const sentence = detail ?? SENTENCES[code] ?? 'it failed';
  return new MillraceError(code, `Could not ${action} ${path}: ${sentence}.`, {
    context: { path },
    ...(cause !== undefined && { cause }),
  });
}

/** The code that an errno stands for, or undefined. */
export function codeOfErrno(error: unknown): ErrorCode | undefined {
  return CODES[errnoOf(error) ?? ''];
}

export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Any failure of a node:fs call as an error of the contract. Errors of ours pass. */
export function fromErrno(error: unknown, action: string, path: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const code = codeOfErrno(error);
  if (code) return fileError(code, action, path, { cause: error });
  const detail = error instanceof Error ? error.message : String(error);
  return fileError('FILE_SYSTEM', action, path, { cause: error, detail });
}
