import type { FastifyInstance } from 'fastify';
import { MillraceError, serializeError } from '../../core/errors.js';
import { COLLECTED_RECORDS, jobPlan } from '../../core/graph/index.js';
import { isHexId } from '../../core/ids.js';
import type { ExecutionResult, JobWaiting, SubmitResponse } from '../../core/protocol/index.js';
import type { JobMaster } from '../jobmaster/job-master.js';
import { exceptionsView } from './exceptions.js';
import { jobMetrics } from './job-metrics.js';
import { jobDetails, overviewEntry, vertexDetails } from './job-views.js';
import { physicalGraph } from './physical-graph.js';
import type { RestServerOptions } from './server.js';
import { readSubmission } from './submission.js';

interface JobPath {
  Params: { jobId: string };
}

/** Finds a job by the id of a path: 400 for what is no id, 404 for one that is not known. */
export function jobFinder({ master }: RestServerOptions): (id: string) => JobMaster {
  return id => {
    if (!isHexId(id)) {
      throw new MillraceError('ILLEGAL_ARGUMENT', `"${id}" is no job id: 32 hexadecimal digits are expected.`);
    }
    const job = master().dispatcher.job(id);
    if (!job) throw new MillraceError('JOB_NOT_FOUND', `Could not find Flink job (${id})`);
    return job;
  };
}

export function registerJobs(app: FastifyInstance, options: RestServerOptions): void {
  const { master, clock } = options;
  const jobOf = jobFinder(options);

  app.get('/jobs', () => ({ jobs: master().dispatcher.jobs.map(j => ({ id: j.job.jobId, status: j.status })) }));
  app.get('/jobs/overview', () => ({ jobs: master().dispatcher.jobs.map(j => overviewEntry(j, clock.now())) }));

  app.post('/jobs', async (request, reply) => {
    if (!Buffer.isBuffer(request.body)) {
      throw new MillraceError('ILLEGAL_ARGUMENT', 'Submit jobs with `flink run`: only its format is understood here.');
    }
    const { jobGraph, bundle } = readSubmission(request.body);
    const { jobId } = master().dispatcher.submit(jobGraph, bundle).job;
    const response: SubmitResponse = { jobId, jobUrl: `/jobs/${jobId}` };
    return reply.code(202).send(response);
  });

  app.get<JobPath>('/jobs/:jobId', r => jobDetails(jobOf(r.params.jobId), clock.now()));
  app.get<JobPath>('/jobs/:jobId/plan', r => ({ plan: jobPlan(jobOf(r.params.jobId).job) }));
  app.get<JobPath>('/jobs/:jobId/physical-graph', r => physicalGraph(jobOf(r.params.jobId)));
  app.get<JobPath & { Querystring: { get?: string } }>('/jobs/:jobId/metrics', r =>
    jobMetrics(jobOf(r.params.jobId), r.query.get),
  );
  app.get<JobPath>('/jobs/:jobId/exceptions', r => exceptionsView(jobOf(r.params.jobId)));

  app.get<JobPath & { Params: { vertexId: string } }>('/jobs/:jobId/vertices/:vertexId', r => {
    const { jobId, vertexId } = r.params;
    const details = vertexDetails(jobOf(jobId), vertexId, clock.now());
    if (!details) throw new MillraceError('JOB_NOT_FOUND', `Job ${jobId} has no vertex ${vertexId}.`);
    return details;
  });

  app.get<JobPath>('/jobs/:jobId/status', (r): JobWaiting & { status: string } => {
    const job = jobOf(r.params.jobId);
    job.resultWatch.asked(false);
    const waitingFor = job.waitingFor();
    return {
      status: job.status,
      id: job.job.jobId,
      state: job.status,
      ...(waitingFor !== undefined && { waitingFor }),
      ...(job.failure && { failure: serializeError(job.failure) }),
    };
  });

  app.get<JobPath>('/jobs/:jobId/execution-result', (r, reply) => {
    const job = jobOf(r.params.jobId);
    const result = executionResult(job);
    // Not before it is on its way: the application may end with its job.
    reply.raw.once('finish', () => job.resultWatch.asked(result.status.id === 'COMPLETED'));
    return result;
  });

  app.get<JobPath>('/jobs/:jobId/accumulators', r => ({
    'job-accumulators': [],
    'user-task-accumulators': Object.entries(jobOf(r.params.jobId).accumulators)
      .filter(([, { type }]) => type !== COLLECTED_RECORDS)
      .map(([name, { type, value }]) => ({ name, type, value: String(value) })),
    'serialized-user-task-accumulators': {},
  }));

  app.get<JobPath>('/jobs/:jobId/config', r => {
    const { jobId, jobName, config, vertices } = jobOf(r.params.jobId).job;
    return {
      jid: jobId,
      name: jobName,
      'execution-config': {
        'execution-mode': 'PIPELINED',
        'restart-strategy': config.restartStrategy?.type ?? 'Cluster level default restart strategy',
        'job-parallelism': Math.max(...vertices.map(v => v.parallelism)),
        'object-reuse-mode': config.objectReuse,
        'user-config': {},
      },
    };
  });
}

function executionResult(job: JobMaster): ExecutionResult {
  if (!job.state.isTerminal) return { status: { id: 'IN_PROGRESS' } };
  const { netRuntimeMs, accumulators } = job.result();
  const status = { FINISHED: 'SUCCEEDED', FAILED: 'FAILED', CANCELED: 'CANCELED' } as const;
  return {
    status: { id: 'COMPLETED' },
    'job-execution-result': {
      id: job.job.jobId,
      'application-status': status[job.status as keyof typeof status] ?? 'UNKNOWN',
      'net-runtime': netRuntimeMs,
      accumulators: Object.fromEntries(
        // JSON has no bigint; the client shows text anyway.
        Object.entries(accumulators).map(([name, { type, value }]) => [
          name,
          { type, value: typeof value === 'bigint' ? String(value) : value },
        ]),
      ),
      ...(job.failure && { 'failure-cause': serializeError(job.failure) }),
    },
  };
}
