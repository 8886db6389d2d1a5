import { MillraceError } from '../../core/errors.js';

/** DataNode hosts (`dn1` or `dn1:9864`) and what to call instead (`127.0.0.1` or `localhost:19864`). */
export type HostMap = Readonly<Record<string, string>>;

/** Reads `hdfs.host-map` (a key of Hadoop's configuration for us: `flink.hadoop.hdfs.host-map`): `dn1=127.0.0.1, dn2:9864=localhost:19864`. */
export function parseHostMap(text: string): HostMap {
  const map: Record<string, string> = {};
  for (const part of text.split(/[,;]/).map(one => one.trim())) {
    if (part === '') continue;
    const match = /^([^\s=]+)\s*=\s*([^\s=]+)$/.exec(part);
    if (!match) {
      const message = `hdfs.host-map holds '${part}', which is no host=host (dn1=127.0.0.1 or dn1:9864=localhost:19864).`;
      throw new MillraceError('ILLEGAL_CONFIGURATION', message, { domain: 'user', context: { key: 'hdfs.host-map' } });
    }
    map[match[1]!.toLowerCase()] = match[2]!;
  }
  return map;
}

/** The URL with its host replaced as the map says. */
export function mapHost(url: string, map: HostMap): string {
  const parts = /^(https?:\/\/)([^/?#]+)(.*)$/s.exec(url);
  if (!parts) return url;
  const [, scheme, authority, rest] = parts as unknown as [string, string, string, string];
  const [, host = authority, port = ''] = /^(.*?)(:\d+)?$/.exec(authority) ?? [];
  const target = map[authority.toLowerCase()] ?? map[host.toLowerCase()];
  if (target === undefined) return url;
  return `${scheme}${/:\d+$/.test(target) ? target : target + port}${rest}`;
}
