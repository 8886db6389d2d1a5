import { open } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../core/errors.js';
import { type RestServerOptions, sendText } from './server.js';

/** What one answer shows of a log: its last bytes. */
export const MAX_LOG_BYTES = 1024 * 1024;

/** GET /jobmanager/log and /jobmanager/stdout. */
export function registerLogFiles(app: FastifyInstance, { logFiles }: RestServerOptions): void {
  for (const name of ['log', 'stdout'] as const) {
    app.get(`/jobmanager/${name}`, async (_request, reply) => {
      const file = logFiles[name];
      if (file === undefined) throw new MillraceError('FILE_NOT_FOUND', `This JobManager writes no ${name} file.`);
      return sendText(reply, await tailOf(file));
    });
  }
}

/** The last megabyte of a file. */
async function tailOf(path: string): Promise<string> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw new MillraceError('FILE_NOT_FOUND', `${path} can't be read.`, { cause: error });
  }
  try {
    const { size } = await file.stat();
    const length = Math.min(size, MAX_LOG_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
