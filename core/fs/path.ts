import { MillraceError } from '../errors.js';

/** A path taken apart. `path` is absolute and normal: no `//`, no `.` or `..`, no slash at its end but for `/` itself. */
export interface FsPath {
  scheme: string;
  /** `host:port`, a logical nameservice, or empty. */
  authority: string;
  path: string;
}

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;

/**
 * Reads a path as Hadoop does: text, not a percent-encoded URI, so `hdfs:///a%20b` is a file whose name has a `%`.
 * `defaultScheme` is a scheme (`file`) or a whole root (`hdfs://host:8020/`), taken when the path names none.
 * A path that is relative needs `workingDirectory`; with a scheme it is an error.
 */
export function parsePath(text: string, defaultScheme = 'file', workingDirectory?: string): FsPath {
  if (text.length === 0) throw invalid(text, 'it is empty');
  if (text.includes('\0')) throw invalid(text, 'it holds a NUL character');
  const match = SCHEME.exec(text);
  if (!match) {
    const root = parseRoot(defaultScheme);
    if (text.startsWith('/')) return { ...root, path: normalize(text) };
    if (workingDirectory === undefined)
      throw invalid(text, 'it is relative; give an absolute path or one with a scheme');
    return { ...root, path: normalize(`${workingDirectory}/${text}`) };
  }
  const scheme = match[1]!.toLowerCase();
  let rest = text.slice(match[0].length);
  let authority = '';
  if (rest.startsWith('//')) {
    const end = rest.indexOf('/', 2);
    authority = end < 0 ? rest.slice(2) : rest.slice(2, end);
    rest = end < 0 ? '/' : rest.slice(end);
  }
  if (!rest.startsWith('/')) throw invalid(text, `after '${scheme}:' an absolute path must follow`);
  return { scheme, authority, path: normalize(rest) };
}

/** The text of a path: `file:/dir/f`, `hdfs://host:8020/dir/f`, `hdfs:///dir/f` without an authority. */
export function formatPath({ scheme, authority, path }: FsPath): string {
  return scheme === 'file' ? `file:${path}` : `${scheme}://${authority}${path}`;
}

/** Appends segments below a path, which keeps its scheme and authority. */
export function joinPath(parent: string, ...children: string[]): string {
  const tail = children.map(child => child.replace(/^\/+|\/+$/g, '')).filter(child => child.length > 0);
  return [parent.replace(/\/+$/, ''), ...tail].join('/') || '/';
}

/** The last segment; empty for a root. */
export function nameOfPath(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

/** The directory above an absolute path (no scheme); that of `/` is `/`. */
export function parentOfPath(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

function parseRoot(defaultScheme: string): { scheme: string; authority: string } {
  if (!SCHEME.test(defaultScheme)) return { scheme: defaultScheme.toLowerCase(), authority: '' };
  const colon = defaultScheme.indexOf(':');
  const rest = defaultScheme.slice(colon + 1);
  const { scheme, authority } = parsePath(rest.startsWith('/') ? defaultScheme : `${defaultScheme}/`);
  return { scheme, authority };
}

function normalize(path: string): string {
  const out: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') out.pop();
    else out.push(segment);
  }
  return `/${out.join('/')}`;
}

function invalid(text: string, why: string): MillraceError {
  return new MillraceError('ILLEGAL_ARGUMENT', `'${text.replaceAll('\0', '\\0')}' is no path: ${why}.`, {
    domain: 'user',
    context: { path: text },
  });
}
