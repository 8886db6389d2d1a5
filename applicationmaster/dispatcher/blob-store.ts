import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../../core/errors.js';
import type { HexId } from '../../core/ids.js';
import type { Closeable } from '../../core/lifecycle.js';

const SHA256 = /^[0-9a-f]{64}$/;

/** The bundles of jobs that have not ended, by content hash, in a folder of its own that is made when first needed. */
export class BlobStore implements Closeable {
  private folder: string | undefined;
  private readonly users = new Map<string, Set<HexId>>();

  /** `parent`: where the folder is made. */
  constructor(private readonly parent: string) {}

  /** Keeps a job's bundle until `release`. Throws ILLEGAL_ARGUMENT for bytes that have another hash. */
  put(jobId: HexId, sha256: string, bytes: Uint8Array): void {
    const actual = createHash('sha256').update(bytes).digest('hex');
    if (actual !== sha256) {
      throw new MillraceError(
        'ILLEGAL_ARGUMENT',
        `The bundle of job ${jobId} is damaged: its hash is ${actual}, not ${sha256}.`,
      );
    }
    this.folder ??= this.makeFolder();
    const users = this.users.get(sha256) ?? new Set();
    if (users.size === 0) writeFileSync(this.path(sha256)!, bytes, { mode: 0o600 });
    this.users.set(sha256, users.add(jobId));
  }

  release(jobId: HexId): void {
    for (const [sha256, users] of this.users) {
      if (!users.delete(jobId) || users.size > 0) continue;
      this.users.delete(sha256);
      rmSync(this.path(sha256)!, { force: true });
    }
  }

  /** The file of a bundle; undefined if there is none. */
  file(sha256: string): string | undefined {
    const path = this.path(sha256);
    return path !== undefined && existsSync(path) ? path : undefined;
  }

  close(): void {
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
    this.folder = undefined;
    this.users.clear();
  }

  private makeFolder(): string {
    mkdirSync(this.parent, { recursive: true });
    return mkdtempSync(join(this.parent, 'millrace-blobs-'));
  }

  private path(sha256: string): string | undefined {
    return this.folder !== undefined && SHA256.test(sha256) ? join(this.folder, `${sha256}.mjs`) : undefined;
  }
}
