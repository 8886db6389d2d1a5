import { MillraceError } from '../../core/errors.js';
import {
  addressOf,
  type HttpClient,
  type HttpStream,
  isPassing,
  isUnresolved,
  type Peer,
  type ServerList,
} from '../http/index.js';
import { type HostMap, mapHost } from './host-map.js';
import { NAME_NODE } from './metadata-client.js';
import { type HdfsCall, remoteError } from './remote-error.js';
import { encodePath, type QueryValues, WEBHDFS_ROOT, webHdfsUrl } from './webhdfs-url.js';

export const DATA_NODE: Peer = {
  what: 'the DataNode',
  check: 'Check that it runs and that this host can reach it.',
};

export interface DataNodesOptions {
  user: string;
  hostMap: HostMap;
  /** Milliseconds for an answer that carries no file data, and for the head of one that does. */
  callTimeout: number;
}

/** Where the bytes of a call go to or come from. */
export interface Location {
  url: string;
  /** The DataNode as the NameNode calls it, to ask for another one. */
  dataNode: string;
}

const ATTEMPTS = 3;

/** Step one of every call that carries bytes: the NameNode says which DataNode to go to. The step is followed by hand. */
export class DataNodes {
  constructor(
    private readonly http: HttpClient,
    private readonly nameNodes: ServerList,
    private readonly options: DataNodesOptions,
  ) {}

  /** For CREATE and APPEND. Changes nothing yet, so it is safe to repeat. */
  async locate(
    method: 'PUT' | 'POST',
    op: string,
    path: string,
    query: QueryValues,
    exclude: readonly string[] = [],
  ): Promise<Location> {
    try {
      return await this.ask(method, op, path, { ...query, excludedatanodes: exclude.join(',') || undefined });
    } catch (error) {
      // Perhaps there is no other DataNode.
      if (exclude.length === 0 || !(error instanceof MillraceError) || error.code !== 'FILE_SYSTEM') throw error;
      return this.ask(method, op, path, query);
    }
  }

  /** Bytes of a file, from the first DataNode that gives them. */
  async open(path: string, query: QueryValues): Promise<HttpStream> {
    const exclude: string[] = [];
    let first: unknown;
    for (let attempt = 1; ; attempt++) {
      let dataNode = '';
      try {
        const step = await this.openAtNameNode(path, { ...query, excludedatanodes: exclude.join(',') || undefined });
        // HttpFS and other gateways send the bytes themselves.
        if ('body' in step) return step;
        dataNode = step.dataNode;
        return await this.openAtDataNode(path, step);
      } catch (error) {
        const failure = explainUnresolved(error, dataNode, this.nameNodes.all);
        first ??= failure;
        const again =
          dataNode === '' ? exclude.length > 0 && isFileSystem(error) : isPassing(error) && !isUnresolved(error);
        if (!again || attempt >= ATTEMPTS) throw dataNode === '' && exclude.length > 0 ? first : failure;
        if (dataNode === '') exclude.length = 0;
        else if (!exclude.includes(dataNode)) exclude.push(dataNode);
      }
    }
  }

  private ask(method: 'PUT' | 'POST', op: string, path: string, query: QueryValues): Promise<Location> {
    return this.nameNodes.call(true, async address => {
      const url = webHdfsUrl(address, path, op, this.options.user, query);
      const answer = await this.http.send({
        method,
        url,
        peer: NAME_NODE,
        timeout: this.options.callTimeout,
        reuse: true,
      });
      const call = { op, path, url };
      return this.locationOf(answer, call) ?? fail(remoteError(answer.status, answer.body, call));
    });
  }

  private openAtNameNode(path: string, query: QueryValues): Promise<Location | HttpStream> {
    return this.nameNodes.call(true, async address => {
      const url = webHdfsUrl(address, path, 'OPEN', this.options.user, query);
      const answer = await this.http.open({
        method: 'GET',
        url,
        peer: NAME_NODE,
        timeout: this.options.callTimeout,
        reuse: true,
      });
      if (answer.status === 200) return answer;
      const call = { op: 'OPEN', path, url };
      const location = this.locationOf(answer, call);
      const body = await this.rest(answer);
      return location ?? fail(remoteError(answer.status, body, call));
    });
  }

  private async openAtDataNode(path: string, location: Location): Promise<HttpStream> {
    const answer = await this.http.open({
      method: 'GET',
      url: location.url,
      peer: DATA_NODE,
      timeout: this.options.callTimeout,
    });
    if (answer.status === 200) return answer;
    throw remoteError(answer.status, await this.rest(answer), { op: 'OPEN', path, url: location.url });
  }

  private locationOf(
    answer: { status: number; headers: Readonly<Record<string, string>> },
    call: HdfsCall,
  ): Location | undefined {
    const target = answer.headers['location'];
    if (![301, 302, 303, 307, 308].includes(answer.status) || target === undefined) return undefined;
    const absolute = /^https?:\/\//.test(target) ? target : new URL(target, call.url).href;
    const exact = keepPath(absolute, call.path);
    return { url: mapHost(exact, this.options.hostMap), dataNode: addressOf(absolute) };
  }

  /** The short body of an answer that carries no file data. What breaks off is taken as far as it came. */
  private async rest(answer: HttpStream): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => answer.body.destroy(), this.options.callTimeout);
    try {
      for await (const chunk of answer.body) chunks.push(chunk as Buffer);
    } catch {
      // The status alone says that it failed.
    } finally {
      clearTimeout(timer);
    }
    return Buffer.concat(chunks);
  }
}

/** A DataNode's name that means nothing outside its cluster is what users of containers meet first. */
export function explainUnresolved(error: unknown, dataNode: string, nameNodes: readonly string[]): unknown {
  if (dataNode === '' || !isUnresolved(error) || !(error instanceof MillraceError)) return error;
  const host = dataNode.replace(/:\d+$/, '');
  const message =
    `The NameNode ${nameNodes.map(addressOf).join(', ')} sends to the DataNode '${dataNode}', but the host name '${host}' ` +
    `can't be resolved here. Map it to an address that can be reached: flink.hadoop.hdfs.host-map: ${host}=<address> ` +
    `in flink-conf.yaml (or -D flink.hadoop.hdfs.host-map=${host}=<address>), or an entry in /etc/hosts.`;
  return new MillraceError('CONNECTION_FAILED', message, { cause: error, context: { ...error.context, host } });
}

/**
 * A NameNode composes letters and accents (NFC) when it writes the Location, and so sends to another file than the one
 * that was asked for. The path is put back as it was; otherwise the URL stays as the NameNode made it.
 */
export function keepPath(url: string, path: string): string {
  const parts = /^(https?:\/\/[^/]+)([^?#]*)(.*)$/s.exec(url);
  if (!parts) return url;
  const [, server, encoded, rest] = parts as unknown as [string, string, string, string];
  let decoded: string;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    return url;
  }
  const asked = WEBHDFS_ROOT + path;
  if (decoded === asked || decoded.normalize() !== asked.normalize()) return url;
  return server + WEBHDFS_ROOT + encodePath(path) + rest;
}

function isFileSystem(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'FILE_SYSTEM';
}

function fail(error: MillraceError): never {
  throw error;
}
