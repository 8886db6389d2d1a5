import { MillraceError } from '../../../core/errors.js';
import { type FileStatus, type FileSystem, joinPath } from '../../../core/fs/index.js';

/** Bytes `start` to `end` (excluded) of a file. A line belongs to the split in which its first byte lies. */
export interface TextSplit {
  path: string;
  start: number;
  end: number;
}

/**
 * The files of a path: the file itself, or those right in a directory, without hidden ones (`.x`, `_x`), as Flink's
 * file input takes them.
 */
export async function inputFiles(fs: FileSystem, path: string): Promise<FileStatus[]> {
  const status = await statOf(fs, path);
  if (status.type === 'file') return [status];
  const entries = await fs.list(path);
  return entries
    .filter(e => e.type === 'file' && !e.name.startsWith('.') && !e.name.startsWith('_'))
    .map(e => ({ ...e, path: joinPath(path, e.name) }));
}

async function statOf(fs: FileSystem, path: string): Promise<FileStatus> {
  try {
    return { ...(await fs.stat(path)), path };
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'FILE_NOT_FOUND') throw error;
    throw new MillraceError('FILE_NOT_FOUND', `Input path ${path} does not exist.`, {
      domain: 'user',
      context: { path },
    });
  }
}

/**
 * What one subtask of `parallelism` reads: all files in a row, cut into equal parts by bytes. Every subtask computes
 * the same cuts from the same listing.
 */
export function splitsOf(
  files: Array<{ path: string; length: number }>,
  subtask: number,
  parallelism: number,
): TextSplit[] {
  const total = files.reduce((sum, f) => sum + f.length, 0);
  const from = Math.floor((total * subtask) / parallelism);
  const to = Math.floor((total * (subtask + 1)) / parallelism);
  const splits: TextSplit[] = [];
  let offset = 0;
  for (const { path, length } of files) {
    const start = Math.max(0, from - offset);
    const end = Math.min(length, to - offset);
    if (start < end) splits.push({ path, start, end });
    offset += length;
  }
  return splits;
}
