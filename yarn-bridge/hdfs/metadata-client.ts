import type { WebHdfsClient, WebHdfsRequest, WebHdfsResponse } from 'webhdfs';
import type { HttpClient } from '../http/index.js';
import { connectionError, type Peer, timeoutError } from '../http/index.js';
import { remoteError } from './remote-error.js';
import { encodePath, WEBHDFS_ROOT } from './webhdfs-url.js';

export const NAME_NODE: Peer = {
  what: 'the NameNode',
  check: 'Check that HDFS runs, and fs.defaultFS and dfs.namenode.http-address in HADOOP_CONF_DIR.',
};

/**
 * Calls that npm `webhdfs` does well, with what it leaves out: a time limit, encoded paths, and errors that keep status
 * and exception (the library passes on the bare message, so the answer itself is looked at).
 */
export class MetadataClient {
  private readonly clients = new Map<string, Promise<WebHdfsClient>>();

  constructor(
    private readonly http: HttpClient,
    private readonly user: string,
    private readonly timeout: number,
  ) {}

  stat(address: string, path: string): Promise<unknown> {
    return this.call(address, 'GETFILESTATUS', path, (client, encoded, done) => client.stat(encoded, done));
  }

  list(address: string, path: string): Promise<unknown> {
    return this.call(address, 'LISTSTATUS', path, (client, encoded, done) => client.readdir(encoded, done));
  }

  mkdirs(address: string, path: string, permission: string): Promise<unknown> {
    return this.call(address, 'MKDIRS', path, (client, encoded, done) => client.mkdir(encoded, permission, done));
  }

  setPermission(address: string, path: string, permission: string): Promise<unknown> {
    return this.call(address, 'SETPERMISSION', path, (client, encoded, done) =>
      client.chmod(encoded, permission, done),
    );
  }

  private async call(
    address: string,
    op: string,
    path: string,
    invoke: (client: WebHdfsClient, path: string, done: (error: Error | null) => void) => WebHdfsRequest,
  ): Promise<unknown> {
    this.http.signal.throwIfAborted();
    const client = await this.clientOf(address);
    const { status, body } = await this.exchange(address, done => invoke(client, encodePath(path), done));
    if (status !== 200) throw remoteError(status, asBody(body), { op, path, url: address });
    return body;
  }

  private exchange(
    address: string,
    invoke: (done: (error: Error | null) => void) => WebHdfsRequest,
  ): Promise<{ status: number; body: unknown }> {
    return new Promise((resolve, reject) => {
      let answer: WebHdfsResponse | undefined;
      let whole = false;
      const end = (error: Error): void => {
        cleanUp();
        request.abort();
        reject(error);
      };
      const timer = setTimeout(() => end(timeoutError(address, NAME_NODE, this.timeout)), this.timeout);
      const onClose = (): void => end(this.http.signal.reason as Error);
      const cleanUp = (): void => {
        clearTimeout(timer);
        this.http.signal.removeEventListener('abort', onClose);
      };
      this.http.signal.addEventListener('abort', onClose, { once: true });
      const request = invoke(error => {
        cleanUp();
        if (answer && whole) resolve({ status: answer.statusCode ?? 0, body: answer.body });
        else reject(connectionError(error ?? new Error('the answer broke off'), address, NAME_NODE));
      });
      request.on('response', (response: WebHdfsResponse) => {
        answer = response;
      });
      // The library's own listener comes first and calls back at once: be there before it.
      request.prependListener('complete', (response: WebHdfsResponse) => {
        whole = response.complete;
      });
    });
  }

  private clientOf(address: string): Promise<WebHdfsClient> {
    let client = this.clients.get(address);
    if (!client) {
      client = this.makeClient(address);
      this.clients.set(address, client);
    }
    return client;
  }

  private async makeClient(address: string): Promise<WebHdfsClient> {
    // Loaded late: it and its dependencies cost 0.17 s.
    const { default: webhdfs } = await import('webhdfs');
    const url = new URL(address);
    const secure = url.protocol === 'https:';
    return webhdfs.createClient(
      {
        user: this.user,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port || (secure ? '443' : '80'),
        protocol: secure ? 'https' : 'http',
        path: WEBHDFS_ROOT,
      },
      // `proxy: null` keeps the library from http_proxy in the environment.
      { timeout: this.timeout, proxy: null, followRedirect: false, agent: this.http.agentFor(address) },
    );
  }
}

function asBody(body: unknown): string | object {
  return typeof body === 'string' || (typeof body === 'object' && body !== null) ? body : '';
}
