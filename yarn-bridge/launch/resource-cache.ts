import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { MillraceError } from '../../core/errors.js';
import { type FileStatus, type FileSystem, type FileWriter, joinPath } from '../../core/fs/index.js';
import type { ShippedResource } from '../../core/protocol/index.js';
import { shippedResource } from './local-resource.js';

export interface CachedFile {
  /** Path on this host. */
  file: string;
  /** Known already: spares reading the file. */
  sha256?: string;
  /** Name in the container, and of the file in HDFS: an archive is unpacked by its ending. */
  key: string;
  name: string;
  type: ShippedResource['type'];
}

export type HashedFile = CachedFile & { sha256: string };

export interface UploadProgress {
  /** Called as bytes go out; once with `sent` 0 when an upload begins. */
  onProgress?: (name: string, sent: number, total: number) => void;
  signal?: AbortSignal;
}

const CHUNK = 1024 * 1024;
/** Milliseconds after which a temporary file in the cache can't belong to an upload that still runs. */
const ABANDONED = 3_600_000;

/**
 * Files that every application of a user needs, in `<home>/.flink/cache/<sha256>/<name>`: uploaded once, and kept by the
 * NodeManagers too, since their visibility is PRIVATE and their name and time stay.
 */
export class ResourceCache {
  constructor(
    private readonly fileSystem: FileSystem,
    /** `hdfs://host:8020/user/me/.flink/cache` */
    private readonly directory: string,
  ) {}

  /** The file as a resource; uploads it first if it is not there yet. */
  async ensure(file: HashedFile, progress: UploadProgress = {}): Promise<ShippedResource> {
    const { size } = await stat(file.file);
    const folder = joinPath(this.directory, file.sha256);
    const target = joinPath(folder, file.name);
    const there = await this.statOrNothing(target);
    const status = there?.length === size ? there : await this.upload(file, folder, target, size, progress);
    return shippedResource(status, { key: file.key, type: file.type, visibility: 'PRIVATE' });
  }

  /** Removes what uploads that broke off hard have left. */
  async sweep(now = Date.now()): Promise<void> {
    for (const folder of await this.fileSystem.list(this.directory).catch(() => [])) {
      if (folder.type !== 'directory' || now - folder.modificationTime < ABANDONED) continue;
      const entries = await this.fileSystem.list(folder.path).catch(() => []);
      for (const { name, path, modificationTime } of entries) {
        if (name.startsWith('.') && now - modificationTime > ABANDONED) await this.fileSystem.delete(path);
      }
    }
  }

  private async upload(
    { file, name }: CachedFile,
    folder: string,
    target: string,
    size: number,
    { onProgress, signal }: UploadProgress,
  ): Promise<FileStatus> {
    signal?.throwIfAborted();
    await this.fileSystem.mkdirs(folder, '700');
    const wrong = await this.statOrNothing(target);
    if (wrong) await this.fileSystem.delete(target);
    onProgress?.(name, 0, size);
    let writer: FileWriter | undefined;
    try {
      writer = await this.fileSystem.create(target, { permission: '600' });
      let sent = 0;
      for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) {
        signal?.throwIfAborted();
        await writer.write(chunk as Buffer);
        sent += (chunk as Buffer).length;
        onProgress?.(name, sent, size);
      }
      await writer.close();
    } catch (error) {
      await writer?.abort();
      // Another client was quicker: its file has the same content, and applications may already refer to it.
      if (!(error instanceof MillraceError && error.code === 'FILE_ALREADY_EXISTS')) throw error;
    }
    return this.fileSystem.stat(target);
  }

  private async statOrNothing(path: string): Promise<FileStatus | undefined> {
    try {
      return await this.fileSystem.stat(path);
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'FILE_NOT_FOUND') return undefined;
      throw error;
    }
  }
}

/** Reads the files whose hash is not known yet. */
export function withHashes(files: readonly CachedFile[]): Promise<HashedFile[]> {
  return Promise.all(files.map(async file => ({ ...file, sha256: file.sha256 ?? (await sha256OfFile(file.file)) })));
}

/** Hex. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
