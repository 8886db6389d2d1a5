import { MillraceError } from '../../core/errors.js';
import type { Closeable } from '../../core/lifecycle.js';
import type { HadoopConfiguration } from '../conf/index.js';
import { addressOf, type HttpAnswer, HttpClient, type Peer } from '../http/index.js';
import { parseJson } from './json.js';
import { restError } from './remote-error.js';
import { type ContainerLogFile, ContainerLogsAnswer } from './types.js';

export interface NodeManagerRestOptions {
  user: string;
  /** Nodes are addressed without a scheme: `https` where yarn.http.policy is HTTPS_ONLY. Default `http`. */
  scheme?: 'http' | 'https';
  /** Milliseconds for a call. Default 30,000. */
  callTimeout?: number;
}

export interface ContainerLog {
  content: Buffer;
  /** Bytes of the whole file on the node; `content` may be a part of it. */
  length: number;
}

const NODE_MANAGER: Peer = {
  what: 'the NodeManager',
  check: 'Check that the node runs and that this host can reach it.',
};

/**
 * Container logs from the node that has them, while the container runs and after. A log that is not there (any more) is
 * FILE_NOT_FOUND: with log aggregation it moves to HDFS when the application ends.
 */
export class NodeManagerRest implements Closeable {
  private readonly http = new HttpClient();

  constructor(private readonly options: NodeManagerRestOptions) {}

  static fromConfiguration(
    conf: HadoopConfiguration,
    user: string = conf.user,
    options: Partial<Omit<NodeManagerRestOptions, 'user'>> = {},
  ): NodeManagerRest {
    return new NodeManagerRest({ user, scheme: conf.isHttpsOnly('yarn') ? 'https' : 'http', ...options });
  }

  /** `node` is its HTTP address, as reports of applications, attempts and containers give it: `host:8042`. */
  async containerLogs(node: string, containerId: string): Promise<ContainerLogFile[]> {
    const url = this.url(node, `node/containers/${encodeURIComponent(containerId)}/logs`);
    const answer = await this.get(url, `list the logs of ${containerId}`, 'application/json');
    return parseJson(ContainerLogsAnswer, answer.body, `list the logs of ${containerId}`, url);
  }

  /** A log's content; `size` bytes of it: the first ones, or with a minus the last ones. */
  async containerLog(
    node: string,
    containerId: string,
    file: string,
    options: { size?: number } = {},
  ): Promise<ContainerLog> {
    const path = `node/containerlogs/${encodeURIComponent(containerId)}/${encodeURIComponent(file)}`;
    const { size } = options;
    const url = this.url(node, path, size === undefined ? '' : `&size=${Math.trunc(size)}`);
    const answer = await this.get(url, `give ${file} of ${containerId}`, 'text/plain');
    return unwrapLog(answer.body, size);
  }

  close(): void {
    this.http.close();
  }

  private url(node: string, path: string, query = ''): string {
    const base = /^https?:\/\//.test(node) ? node.replace(/\/+$/, '') : `${this.options.scheme ?? 'http'}://${node}`;
    return `${base}/ws/v1/${path}?user.name=${encodeURIComponent(this.options.user)}${query}`;
  }

  private async get(url: string, name: string, accept: string): Promise<HttpAnswer> {
    const answer = await this.http.send({
      method: 'GET',
      url,
      peer: NODE_MANAGER,
      timeout: this.options.callTimeout ?? 30_000,
      reuse: true,
      headers: { Accept: accept },
    });
    if (answer.status === 200) return answer;
    const error = restError(answer, { name, url });
    if (answer.status !== 404 && !/unknown container|cannot find this log/i.test(error.message)) throw error;
    const message = `${addressOf(url)} can't ${name}: the log is not on that node (any more).`;
    throw new MillraceError('FILE_NOT_FOUND', message, { cause: error, context: error.context });
  }
}

const CONTENTS = Buffer.from('LogContents:\n');

/** Takes the file out of the header and footer that a NodeManager wraps around it. */
export function unwrapLog(body: Buffer, size?: number): ContainerLog {
  const start = body.indexOf(CONTENTS);
  const length = start < 0 ? undefined : /^LogLength:\s*(\d+)\s*$/m.exec(body.toString('latin1', 0, start))?.[1];
  // No header: a server that gives the file as it is.
  if (length === undefined) return { content: body, length: body.length };
  const whole = Number(length);
  const part = size === undefined ? whole : Math.min(whole, Math.abs(size));
  const from = start + CONTENTS.length;
  return { content: body.subarray(from, from + part), length: whole };
}
