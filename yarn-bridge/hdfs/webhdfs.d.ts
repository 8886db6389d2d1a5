/** The part of npm `webhdfs` that is used here; it brings no types of its own. */
declare module 'webhdfs' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage } from 'node:http';

  export type Callback = (error: Error | null) => void;

  /** A `request` of npm; `response` comes with the head, and its `body` is there when the callback is called. */
  export interface WebHdfsRequest extends EventEmitter {
    abort(): void;
  }

  export interface WebHdfsResponse extends IncomingMessage {
    body?: unknown;
  }

  export interface WebHdfsClient {
    stat(path: string, callback: Callback): WebHdfsRequest;
    readdir(path: string, callback: Callback): WebHdfsRequest;
    mkdir(path: string, mode: string | null, callback: Callback): WebHdfsRequest;
    chmod(path: string, mode: string, callback: Callback): WebHdfsRequest;
    chown(path: string, owner: string, group: string, callback: Callback): WebHdfsRequest;
  }

  const webhdfs: {
    createClient(
      options: { user: string; host: string; port: string; protocol: string; path: string },
      requestParams: Record<string, unknown>,
    ): WebHdfsClient;
  };
  export default webhdfs;
}
