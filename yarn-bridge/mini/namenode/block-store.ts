import {
  appendFileSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  type ReadStream,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  type WriteStream,
} from 'node:fs';
import { join } from 'node:path';
import { type FileChecksum, fileChecksum } from './file-checksum.js';
import { DEFAULT_BLOCK_SIZE, type Inode } from './namespace.js';
import type { Storage } from './operations.js';

/** Files' bytes on local disk, one local file each. */
export class BlockStore implements Storage {
  constructor(private readonly dir: string) {
    mkdirSync(dir, { recursive: true });
  }

  write(node: Inode, flags: 'w' | 'a'): WriteStream {
    return createWriteStream(this.file(node), { flags });
  }

  /** `length` bytes from `offset`. */
  read(node: Inode, offset: number, length: number): ReadStream {
    return createReadStream(this.file(node), { start: offset, end: offset + length - 1, highWaterMark: 256 * 1024 });
  }

  size(node: Inode): number {
    try {
      return statSync(this.file(node)).size;
    } catch {
      return 0;
    }
  }

  drop(node: Inode): void {
    rmSync(this.file(node), { force: true });
  }

  checksum(node: Inode): Promise<FileChecksum> {
    const content = this.size(node) > 0 ? createReadStream(this.file(node), { highWaterMark: 256 * 1024 }) : [];
    return fileChecksum(content, node.blockSize ?? DEFAULT_BLOCK_SIZE);
  }

  /** Of the disk that holds the files: bytes. */
  space(): { capacity: number; remaining: number } {
    const { blocks, bavail, bsize } = statfsSync(this.dir);
    return { capacity: blocks * bsize, remaining: bavail * bsize };
  }

  truncate(node: Inode, length: number): void {
    truncateSync(this.file(node), length);
  }

  concat(target: Inode, sources: Inode[]): void {
    for (const s of sources) if (this.size(s) > 0) appendFileSync(this.file(target), readFileSync(this.file(s)));
  }

  private file(node: Inode): string {
    return join(this.dir, `blk_${node.block}`);
  }
}
