import type { FastifyInstance } from 'fastify';
import { unpack } from 'msgpackr';
import { z } from 'zod';
import { MillraceError, messageOf, rootCause, serializeError } from '../../core/errors.js';
import { type JobGraph, jobPlan } from '../../core/graph/index.js';
import { isHexId } from '../../core/ids.js';
import type { ExecutionResult, JobOverviewEntry, JobWaiting, SubmitResponse } from '../../core/protocol/index.js';
import type { JobMaster } from '../jobmaster/job-master.js';
import { jobDetails, overviewEntry } from './job-views.js';
import type { RestServerOptions } from './server.js';

const Submission = z.object({
  jobGraph: z
    .object({
      jobId: z.string().refine(isHexId),
      jobName: z.string(),
      vertices: z.array(z.object({ id: z.string(), parallelism: z.number().int().min(1) }).loose()).min(1),
      edges: z.array(z.object({}).loose()),
      config: z.object({}).loose(),
    })
    .loose(),
  bundle: z.instanceof(Uint8Array).optional(),
});

interface JobPath {
  Params: { jobId: string };
}

export function registerJobs(app: FastifyInstance, { master }: RestServerOptions): void {
  const jobOf = (id: string): JobMaster => {
    if (!isHexId(id))
      throw new MillraceError('ILLEGAL_ARGUMENT', `"${id}" is no job id: 32 hexadecimal digits are expected.`);
    const job = master().dispatcher.job(id);
    if (!job) throw new MillraceError('JOB_NOT_FOUND', `Could not find Flink job (${id})`);
    return job;
  };

  app.get('/jobs', () => ({ jobs: master().dispatcher.jobs.map(j => ({ id: j.job.jobId, status: j.status })) }));
  app.get('/jobs/overview', (): { jobs: JobOverviewEntry[] } => ({
    jobs: master().dispatcher.jobs.map(overviewEntry),
  }));

  app.post('/jobs', async (request, reply) => {
    const submission = readSubmission(request.body);
    const job = master().dispatcher.submit(submission.jobGraph, submission.bundle);
    const response: SubmitResponse = { jobId: job.job.jobId, jobUrl: `/jobs/${job.job.jobId}` };
    return reply.code(202).send(response);
  });

  app.get<JobPath>('/jobs/:jobId', r => jobDetails(jobOf(r.params.jobId)));
  app.get<JobPath>('/jobs/:jobId/plan', r => ({ plan: jobPlan(jobOf(r.params.jobId).job) }));

  app.get<JobPath>('/jobs/:jobId/status', (r): JobWaiting => {
    const job = jobOf(r.params.jobId);
    const waitingFor = job.waitingFor();
    return {
      id: job.job.jobId,
      state: job.status,
      ...(waitingFor !== undefined && { waitingFor }),
      ...(job.failure && { failure: serializeError(job.failure) }),
    };
  });

  app.get<JobPath>('/jobs/:jobId/execution-result', (r): ExecutionResult => {
    const job = jobOf(r.params.jobId);
    if (!job.state.isTerminal) return { status: { id: 'IN_PROGRESS' } };
    const { netRuntimeMs, accumulators } = job.result();
    const status = { FINISHED: 'SUCCEEDED', FAILED: 'FAILED', CANCELED: 'CANCELED' } as const;
    return {
      status: { id: 'COMPLETED' },
      'job-execution-result': {
        id: job.job.jobId,
        'application-status': status[job.status as keyof typeof status],
        'net-runtime': netRuntimeMs,
        accumulators,
        ...(job.failure && { 'failure-cause': serializeError(job.failure) }),
      },
    };
  });

  app.get<JobPath>('/jobs/:jobId/exceptions', r => {
    const { failures } = jobOf(r.params.jobId);
    const last = failures[failures.length - 1];
    const text = (e: Error): string => {
      const root = rootCause(e);
      return root instanceof Error ? (root.stack ?? root.message) : String(root);
    };
    return {
      'root-exception': last ? text(last.error) : null,
      timestamp: last?.timestamp ?? null,
      'all-exceptions': failures.map(f => ({
        exception: text(f.error),
        task: f.task ?? '',
        location: f.taskManagerId ?? '(unassigned)',
        timestamp: f.timestamp,
        taskManagerId: f.taskManagerId ?? null,
      })),
      truncated: false,
    };
  });

  app.get<JobPath>('/jobs/:jobId/accumulators', r => ({
    'job-accumulators': [],
    'user-task-accumulators': Object.entries(jobOf(r.params.jobId).accumulators).map(([name, { type, value }]) => ({
      name,
      type,
      value: String(value),
    })),
    'serialized-user-task-accumulators': {},
  }));

  app.get<JobPath>('/jobs/:jobId/config', r => {
    const { job } = jobOf(r.params.jobId);
    return {
      jid: job.jobId,
      name: job.jobName,
      'execution-config': {
        'restart-strategy': job.config.restartStrategy?.type ?? 'cluster level default restart strategy',
        'job-parallelism': Math.max(...job.vertices.map(v => v.parallelism)),
        'object-reuse-mode': job.config.objectReuse,
        'user-config': {},
      },
    };
  });

  app.patch<JobPath & { Querystring: { mode?: string } }>('/jobs/:jobId', async (r, reply) => {
    const mode = r.query.mode ?? 'cancel';
    if (mode !== 'cancel') throw new MillraceError('ILLEGAL_ARGUMENT', `mode "${mode}" is not one of cancel`);
    const job = jobOf(r.params.jobId);
    cancel(job);
    return reply.code(202).send({});
  });
  app.get<JobPath>('/jobs/:jobId/yarn-cancel', async (r, reply) => {
    cancel(jobOf(r.params.jobId));
    return reply.code(202).send({});
  });
}

function cancel(job: JobMaster): void {
  if (job.state.isTerminal && job.status !== 'CANCELED') {
    throw new MillraceError(
      'ILLEGAL_STATE',
      `Job ${job.job.jobId} can't be cancelled: it has already ended ${job.status}.`,
    );
  }
  job.cancel();
}

function readSubmission(body: unknown): { jobGraph: JobGraph; bundle?: Uint8Array } {
  let data: unknown;
  try {
    data = unpack(body as Buffer);
  } catch (error) {
    throw new MillraceError('ILLEGAL_ARGUMENT', `the submission can't be read: ${messageOf(error)}`);
  }
  const parsed = Submission.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new MillraceError(
      'ILLEGAL_ARGUMENT',
      `the submission is no job: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  const { jobGraph, bundle } = parsed.data;
  return { jobGraph: jobGraph as unknown as JobGraph, ...(bundle && { bundle }) };
}
