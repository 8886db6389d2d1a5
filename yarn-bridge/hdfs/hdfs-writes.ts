import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '../../core/errors.js';
import { joinPath, parentOfPath } from '../../core/fs/index.js';
import { type HttpClient, isPassing, isUnresolved, type ServerList } from '../http/index.js';
import { type DataNodes, explainUnresolved, type Location } from './data-nodes.js';
import type { CompiledHdfsOptions } from './hdfs-options.js';
import type { NameNodeClient } from './name-node-client.js';
import { Upload } from './upload.js';

const UPLOAD_ATTEMPTS = 3;
/** Milliseconds in which a file whose upload was cut off may still turn up at the NameNode. */
const LATE_ARRIVAL = 1000;

/** How files come to stand in HDFS: under a temporary name beside their place, then renamed. */
export class HdfsWrites {
  constructor(
    private readonly http: HttpClient,
    private readonly nameNodes: ServerList,
    private readonly client: NameNodeClient,
    private readonly dataNodes: DataNodes,
    private readonly options: CompiledHdfsOptions,
  ) {}

  /** Starts the upload of a temporary file for `target`. */
  async start(target: string, permission: string): Promise<{ upload: Upload; temporary: string }> {
    const temporary = temporaryOf(target);
    const location = await this.locate(temporary, permission, []);
    return { upload: this.upload('CREATE', temporary, location), temporary };
  }

  /** Stores bytes under a temporary name. Each attempt has a name of its own, so that a late one can't get in the way. */
  async storeWhole(target: string, permission: string, data: Uint8Array): Promise<string> {
    const exclude: string[] = [];
    for (let attempt = 1; ; attempt++) {
      const temporary = temporaryOf(target);
      const location = await this.locate(temporary, permission, exclude);
      const upload = this.upload('CREATE', temporary, location);
      try {
        await this.send(upload, data);
        return temporary;
      } catch (error) {
        await this.discard(temporary, upload.mayArriveLate);
        if (attempt >= UPLOAD_ATTEMPTS || !isPassing(error) || isUnresolved(error)) {
          throw error;
        }
        exclude.push(location.dataNode);
        await delay(50 * attempt);
      }
    }
  }

  async append(path: string, data: Uint8Array): Promise<void> {
    const location = await this.dataNodes.locate('POST', 'APPEND', path, {});
    await this.send(this.upload('APPEND', path, location), data);
  }

  /** Gives a temporary file its name, or removes it and throws. */
  async publish(temporary: string, target: string, overwrite: boolean, length: number): Promise<void> {
    try {
      await this.renameSurely(temporary, target, overwrite, length);
    } catch (error) {
      await this.discard(temporary, false);
      throw error;
    }
  }

  /**
   * Removes a temporary file. One that may arrive late (its upload was cut off while the DataNode was about to create
   * it) is waited for.
   */
  async discard(temporary: string, mayArriveLate: boolean): Promise<void> {
    const deadline = mayArriveLate ? Date.now() + LATE_ARRIVAL : 0;
    for (let wait = 10; ; wait = Math.min(2 * wait, 50)) {
      const gone = await this.client.delete(temporary, false).catch(() => true);
      if (gone || Date.now() + wait > deadline || this.http.signal.aborted) return;
      await delay(wait);
    }
  }

  /**
   * A rename whose answer was lost may have been carried out. Nobody else knows the temporary name, so if that is gone
   * and the target has the right length, it was.
   */
  private async renameSurely(temporary: string, target: string, overwrite: boolean, length: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.client.rename(temporary, target, overwrite);
      } catch (error) {
        const lost = error instanceof MillraceError && (error.code === 'CONNECTION_FAILED' || error.code === 'TIMEOUT');
        if (!lost || attempt >= UPLOAD_ATTEMPTS) throw error;
        if (await this.isThere(temporary)) continue;
        const status = await this.client.stat(target);
        if (status.length === length) return;
        throw error;
      }
    }
  }

  private async isThere(path: string): Promise<boolean> {
    try {
      await this.client.stat(path);
      return true;
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'FILE_NOT_FOUND') return false;
      throw error;
    }
  }

  private locate(temporary: string, permission: string, exclude: readonly string[]): Promise<Location> {
    const { replication, blockSize } = this.options;
    const query = { overwrite: false, createparent: true, permission, replication, blocksize: blockSize };
    return this.dataNodes.locate('PUT', 'CREATE', temporary, query, exclude);
  }

  private upload(op: 'CREATE' | 'APPEND', path: string, { url, dataNode }: Location): Upload {
    const step =
      op === 'CREATE' ? ({ method: 'PUT', success: 201 } as const) : ({ method: 'POST', success: 200 } as const);
    return new Upload(
      this.http,
      { op, path, url },
      {
        ...step,
        stallTimeout: this.options.stallTimeout,
        explain: error => explainUnresolved(error, dataNode, this.nameNodes.all),
      },
    );
  }

  private async send(upload: Upload, data: Uint8Array): Promise<void> {
    try {
      // In pieces, so that a slow transfer shows progress.
      for (let i = 0; i < data.length; i += PIECE) await upload.write(data.subarray(i, i + PIECE));
      await upload.finish();
    } catch (error) {
      upload.cancel();
      throw error;
    }
  }
}

const PIECE = 128 * 1024;

function temporaryOf(target: string): string {
  return joinPath(parentOfPath(target), `.${randomBytes(8).toString('hex')}._COPYING_`);
}
