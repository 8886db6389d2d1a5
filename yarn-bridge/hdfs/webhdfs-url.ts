/** `/webhdfs/v1` of a NameNode or DataNode. */
export const WEBHDFS_ROOT = '/webhdfs/v1';

/** A path as it must stand in a URL: each segment percent-encoded, `%` and `+` too. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

export type QueryValues = Readonly<Record<string, string | number | boolean | undefined>>;

/** The URL of an operation: `http://nn:9870/webhdfs/v1/dir/f?op=OPEN&user.name=alice`. */
export function webHdfsUrl(address: string, path: string, op: string, user: string, query: QueryValues = {}): string {
  const parts = Object.entries({ op, 'user.name': user, ...query }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  );
  return `${address}${WEBHDFS_ROOT}${encodePath(path)}?${parts.join('&')}`;
}
