import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../core/errors.js';
import type { JobMaster } from '../jobmaster/job-master.js';
import { jobFinder } from './jobs.js';
import type { RestServerOptions } from './server.js';

interface JobPath {
  Params: { jobId: string };
}

/** PATCH /jobs/:jobId?mode=cancel, and the GET that stands for it behind YARN's proxy. Both only begin it: 202. */
export function registerCancel(app: FastifyInstance, options: RestServerOptions): void {
  const jobOf = jobFinder(options);
  app.patch<JobPath & { Querystring: { mode?: string } }>('/jobs/:jobId', async (r, reply) => {
    const mode = r.query.mode ?? 'cancel';
    if (mode === 'stop') {
      const message = 'Stopping goes with a savepoint: POST /jobs/:jobid/stop.';
      return reply.code(308).send({ errors: [message] });
    }
    if (mode !== 'cancel') throw new MillraceError('ILLEGAL_ARGUMENT', `"${mode}" is no mode: cancel is expected.`);
    cancel(jobOf(r.params.jobId));
    return reply.code(202).send({});
  });
  app.get<JobPath>('/jobs/:jobId/yarn-cancel', async (r, reply) => {
    cancel(jobOf(r.params.jobId));
    return reply.code(202).send({});
  });
}

function cancel(job: JobMaster): void {
  if (job.state.isTerminal && job.status !== 'CANCELED') {
    const { jobId } = job.job;
    throw new MillraceError('ILLEGAL_STATE', `Job ${jobId} can't be cancelled: it has already ended ${job.status}.`);
  }
  job.cancel();
}
