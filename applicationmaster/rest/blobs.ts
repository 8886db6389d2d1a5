import { createReadStream } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../core/errors.js';
import type { RestServerOptions } from './server.js';

/** GET /blobs/:sha256 for TaskManagers, with the cluster's secret as bearer. */
export function registerBlobs(app: FastifyInstance, { master }: RestServerOptions): void {
  app.get<{ Params: { sha256: string } }>('/blobs/:sha256', (request, reply) => {
    const file = master().blobs.file(request.params.sha256);
    if (file === undefined) throw new MillraceError('FILE_NOT_FOUND', 'There is no such bundle here.');
    return reply.type('application/octet-stream').send(createReadStream(file));
  });
}
