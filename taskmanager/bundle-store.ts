import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream, rmSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MillraceError, messageOf } from '../core/errors.js';
import type { Closeable } from '../core/lifecycle.js';

export interface BundleStoreOptions {
  /** A folder of its own below it is made and removed with the store. */
  tmpDir: string;
  secret: string;
  /** Milliseconds without a byte. Default 30,000. */
  timeoutMs?: number;
}

/** Bundles that are kept although no slot has a job with them: a program that is run again is not fetched again. */
const KEPT_UNUSED = 8;

/** The bundles that this process has fetched from the ApplicationMaster, by content hash. */
export class BundleStore implements Closeable {
  /** In the order in which they were last asked for. */
  private readonly files = new Map<string, Promise<string>>();
  /** Those that are there, with their paths. */
  private readonly ready = new Map<string, string>();
  private readonly folder: string;

  constructor(private readonly options: BundleStoreOptions) {
    this.folder = join(options.tmpDir, `millrace-bundles-${process.pid}-${randomBytes(4).toString('hex')}`);
  }

  /** The file of a bundle. Throws CONNECTION_FAILED, or INVALID_PROGRAM where the content is not what the hash says. */
  file(blobUrl: string, sha256: string): Promise<string> {
    let file = this.files.get(sha256);
    if (file) this.files.delete(sha256);
    else {
      file = this.fetch(blobUrl, sha256);
      file.then(
        path => this.ready.set(sha256, path),
        // The next task tries again.
        () => this.files.delete(sha256),
      );
    }
    this.files.set(sha256, file);
    return file;
  }

  /** Removes what no slot has a job with, but for those that were asked for last. */
  prune(inUse: ReadonlySet<string>): void {
    const unused = [...this.files.keys()].filter(sha256 => this.ready.has(sha256) && !inUse.has(sha256));
    for (const sha256 of unused.slice(0, -KEPT_UNUSED)) {
      rmSync(this.ready.get(sha256)!, { force: true });
      this.ready.delete(sha256);
      this.files.delete(sha256);
    }
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async fetch(blobUrl: string, sha256: string): Promise<string> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new MillraceError('INTERNAL', `'${sha256}' is no SHA-256.`);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const target = join(this.folder, `${sha256}.mjs`);
    const partial = `${target}.part`;
    const url = `${blobUrl.replace(/\/$/, '')}/${sha256}`;
    try {
      const hash = createHash('sha256');
      const hashing = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          done(null, chunk);
        },
      });
      await pipeline(await this.request(url), hashing, createWriteStream(partial, { mode: 0o600 }));
      const got = hash.digest('hex');
      if (got !== sha256) {
        const { size } = await stat(partial);
        throw new MillraceError(
          'INVALID_PROGRAM',
          `The bundle from ${url} is not what was submitted: ${size} bytes with SHA-256 ${got}.`,
        );
      }
      await rename(partial, target);
      return target;
    } catch (error) {
      await rm(partial, { force: true });
      if (error instanceof MillraceError) throw error;
      throw new MillraceError('CONNECTION_FAILED', `The bundle can't be fetched from ${url}: ${messageOf(error)}`, {
        cause: error,
        retry: 'backoff',
      });
    }
  }

  private request(url: string): Promise<IncomingMessage> {
    const { secret, timeoutMs = 30_000 } = this.options;
    return new Promise((resolve, reject) => {
      const request = get(url, { headers: { authorization: `Bearer ${secret}` }, agent: false }, response => {
        if (response.statusCode === 200) resolve(response);
        else {
          response.resume();
          reject(
            new MillraceError(
              'CONNECTION_FAILED',
              `The ApplicationMaster answers ${response.statusCode} to GET ${url}.`,
            ),
          );
        }
      });
      request.setTimeout(timeoutMs, () => request.destroy(new Error(`no byte in ${timeoutMs} ms`)));
      request.on('error', reject);
    });
  }
}
