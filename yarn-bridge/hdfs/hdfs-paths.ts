import { MillraceError } from '../../core/errors.js';
import { formatPath, parsePath } from '../../core/fs/index.js';
import { addressOf } from '../http/index.js';

const SCHEMES: ReadonlySet<string> = new Set(['hdfs', 'webhdfs', 'swebhdfs']);
const DEFAULT_PORT: Readonly<Record<string, string>> = { hdfs: '8020', webhdfs: '9870', swebhdfs: '9871' };

/** The paths of one HDFS: which are its own, and how they are written out in full. */
export class HdfsPaths {
  /** `hdfs://host:8020`, no slash at its end. */
  readonly root: string;
  readonly scheme: string;
  private readonly authorities: ReadonlySet<string>;

  constructor(uri: string, nameNodes: readonly string[]) {
    const { scheme, authority } = parsePath(uri.includes('/') ? uri : `hdfs://${uri}`, 'hdfs');
    this.scheme = scheme;
    this.root = formatPath({ scheme, authority, path: '' });
    this.authorities = new Set(
      [authority, withPort(scheme, authority), ...nameNodes.map(addressOf)].map(one => one.toLowerCase()),
    );
  }

  /** The absolute path within this HDFS. A path of another one is an error. */
  local(path: string): string {
    const parsed = parsePath(path, this.scheme);
    const own =
      parsed.authority === '' ||
      this.authorities.has(parsed.authority.toLowerCase()) ||
      this.authorities.has(withPort(parsed.scheme, parsed.authority).toLowerCase());
    if (SCHEMES.has(parsed.scheme) && own) return parsed.path;
    throw new MillraceError('ILLEGAL_ARGUMENT', `'${path}' does not lie in ${this.root}.`, { context: { path } });
  }

  full(local: string): string {
    return this.root + local;
  }
}

function withPort(scheme: string, authority: string): string {
  return /:\d+$/.test(authority) ? authority : `${authority}:${DEFAULT_PORT[scheme] ?? ''}`;
}
