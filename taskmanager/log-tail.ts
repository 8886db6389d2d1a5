import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../core/fs/index.js';

/** The last bytes of a log file of this process; nothing where there is none. */
export async function readLogTail(
  logDir: string | undefined,
  file: 'log' | 'out' | 'err',
  maxBytes: number,
): Promise<{ content: string; size: number }> {
  if (logDir === undefined) return { content: '', size: 0 };
  try {
    const handle = await open(join(logDir, `taskmanager.${file}`));
    try {
      const { size } = await handle.stat();
      const length = Math.max(0, Math.min(size, maxBytes));
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      return { content: buffer.toString('utf8', 0, bytesRead), size };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { content: '', size: 0 };
    throw error;
  }
}
