import { createReadStream, existsSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../core/errors.js';
import type { RestServerOptions } from './server.js';

/** GET /blobs/:sha256 for TaskManagers, with the cluster's secret as bearer. */
export function registerBlobs(app: FastifyInstance, { master }: RestServerOptions): void {
  app.get<{ Params: { sha256: string } }>('/blobs/:sha256', (request, reply) => {
    const { sha256 } = request.params;
    const file = /^[0-9a-f]{64}$/.test(sha256) ? master().dispatcher.blobFile(sha256) : '';
    if (!existsSync(file)) throw new MillraceError('FILE_NOT_FOUND', `no bundle ${sha256.slice(0, 64)} here`);
    return reply.type('application/octet-stream').send(createReadStream(file));
  });
}
