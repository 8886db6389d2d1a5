import { MillraceError } from '../../core/errors.js';
import { formatHostPort, type HostPort, isWildcard, parseHostPort } from './addresses.js';
import type { HadoopConfiguration } from './hadoop-configuration.js';
import { DEFAULT_PORTS } from './hadoop-defaults.js';

const WEB_SCHEMES: ReadonlySet<string> = new Set(['webhdfs', 'swebhdfs']);

interface Root {
  scheme: string;
  authority: string;
}

export function defaultFs(conf: HadoopConfiguration): string {
  const value = conf.getString('fs.defaultFS', 'file:///').replace(/\/+$/, '');
  if (/^file:$/i.test(value)) return 'file:///';
  // Hadoop takes a bare `host:port` as hdfs.
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(value) ? value : `hdfs://${value}`;
}

export function nameNodeHttpAddresses(conf: HadoopConfiguration, uriOrAuthority?: string): string[] {
  let root = parseRoot(uriOrAuthority ?? defaultFs(conf));
  if (root.authority === '') {
    // `hdfs:///path` is fs.defaultFS's NameNode, whatever scheme stands there.
    const standard = parseRoot(defaultFs(conf));
    if (standard.authority === '') throw noNameNode(conf);
    const webOnly = WEB_SCHEMES.has(root.scheme) && standard.scheme === 'hdfs';
    root = webOnly ? { ...standard, scheme: 'hdfs' } : standard;
  }
  if (isNameservice(conf, root.authority)) return addressesOfNameservice(conf, root);
  if (WEB_SCHEMES.has(root.scheme)) return [webAddress(root)];
  return [addressOfNameNode(conf, root.authority)];
}

function parseRoot(text: string): Root {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]*)/.exec(text);
  if (match) return { scheme: match[1]!.toLowerCase(), authority: match[2]! };
  const bare = /^([A-Za-z][A-Za-z0-9+.-]*):\//.exec(text);
  if (bare) return { scheme: bare[1]!.toLowerCase(), authority: '' };
  return { scheme: 'hdfs', authority: text };
}

function isNameservice(conf: HadoopConfiguration, authority: string): boolean {
  return (
    conf.getStrings('dfs.nameservices').includes(authority) ||
    conf.getStrings(`dfs.ha.namenodes.${authority}`).length > 0
  );
}

function addressesOfNameservice(conf: HadoopConfiguration, { scheme, authority }: Root): string[] {
  const secure = scheme === 'swebhdfs' || (scheme === 'hdfs' && conf.isHttpsOnly('dfs'));
  const ids = conf.getStrings(`dfs.ha.namenodes.${authority}`);
  const suffixes = ids.length > 0 ? ids.map(id => `${authority}.${id}`) : [authority];
  return suffixes.map(suffix => {
    const key = `${webKey(secure)}.${suffix}`;
    const rpc = conf.get(`dfs.namenode.rpc-address.${suffix}`);
    const rpcHost = rpc === undefined ? undefined : parseHostPort(rpc, DEFAULT_PORTS.nameNodeRpc)?.host;
    const text = conf.get(key) ?? rpcHost;
    if (text === undefined) {
      throw conf.bad(
        key,
        `it is not set, nor dfs.namenode.rpc-address.${suffix}, so NameNode '${suffix}' has no address`,
      );
    }
    return urlOf(conf, key, text, secure, rpcHost);
  });
}

/** For `hdfs://host:8020`: the web address that the configuration gives to this NameNode, else its default port. */
function addressOfNameNode(conf: HadoopConfiguration, authority: string): string {
  const secure = conf.isHttpsOnly('dfs');
  const wanted = parseHostPort(authority, DEFAULT_PORTS.nameNodeRpc);
  if (!wanted) throw badAuthority(authority);
  for (const suffix of ['', ...knownSuffixes(conf)]) {
    const key = `${webKey(secure)}${suffix}`;
    const web = conf.get(key);
    if (web === undefined) continue;
    const rpc =
      conf.get(`dfs.namenode.rpc-address${suffix}`) ?? (suffix === '' ? authorityOfDefaultFs(conf) : undefined);
    if (rpc !== undefined && isSame(parseHostPort(rpc, DEFAULT_PORTS.nameNodeRpc), wanted)) {
      return urlOf(conf, key, web, secure, wanted.host);
    }
  }
  return formatUrl(secure, { host: wanted.host, port: webPort(secure) });
}

function knownSuffixes(conf: HadoopConfiguration): string[] {
  return conf.getStrings('dfs.nameservices').flatMap(service => {
    const ids = conf.getStrings(`dfs.ha.namenodes.${service}`);
    return ids.length > 0 ? ids.map(id => `.${service}.${id}`) : [`.${service}`];
  });
}

function authorityOfDefaultFs(conf: HadoopConfiguration): string | undefined {
  return parseRoot(defaultFs(conf)).authority || undefined;
}

function isSame(a: HostPort | undefined, b: HostPort): boolean {
  return a !== undefined && a.host.toLowerCase() === b.host.toLowerCase() && a.port === b.port;
}

function webAddress({ scheme, authority }: Root): string {
  const secure = scheme === 'swebhdfs';
  const address = parseHostPort(authority, webPort(secure));
  if (!address) throw badAuthority(authority);
  return formatUrl(secure, address);
}

function urlOf(
  conf: HadoopConfiguration,
  key: string,
  text: string,
  secure: boolean,
  host: string | undefined,
): string {
  const address = parseHostPort(text, webPort(secure));
  if (!address) throw conf.bad(key, `'${text}' is no host:port`);
  return formatUrl(secure, isWildcard(address.host) && host !== undefined ? { ...address, host } : address);
}

function formatUrl(secure: boolean, address: HostPort): string {
  return `${secure ? 'https' : 'http'}://${formatHostPort(address)}`;
}

function webKey(secure: boolean): string {
  return secure ? 'dfs.namenode.https-address' : 'dfs.namenode.http-address';
}

function webPort(secure: boolean): number {
  return secure ? DEFAULT_PORTS.nameNodeHttps : DEFAULT_PORTS.nameNodeHttp;
}

function badAuthority(authority: string): MillraceError {
  return new MillraceError(
    'ILLEGAL_ARGUMENT',
    `'${authority}' is no host:port of a NameNode and no known nameservice.`,
    {
      domain: 'user',
    },
  );
}

function noNameNode(conf: HadoopConfiguration): MillraceError {
  const value = defaultFs(conf);
  const message =
    `fs.defaultFS is ${value} (${conf.sourceOf('fs.defaultFS') ?? `Hadoop's default; ${conf.source} does not set it`}), ` +
    `so hdfs:/// has no NameNode. Set fs.defaultFS in core-site.xml, or write hdfs://<host>:<port>/….`;
  return new MillraceError('ILLEGAL_CONFIGURATION', message, { domain: 'user', context: { key: 'fs.defaultFS' } });
}
