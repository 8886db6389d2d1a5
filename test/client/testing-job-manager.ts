import type { IncomingMessage, ServerResponse } from 'node:http';
import { unpack } from 'msgpackr';
import { type SerializedError, serializeError } from '../../core/errors.js';
import type { AccumulatorValue, JobGraph } from '../../core/graph/index.js';
import type { JobStatus } from '../../core/protocol/index.js';
import { json, TestingServer } from '../yarn-bridge/http/testing-server.js';

export interface TestingJob {
  jobGraph: JobGraph;
  bundle?: Uint8Array;
  state: JobStatus;
  startTime: number;
  waitingFor?: string;
  failure?: SerializedError;
  accumulators: Record<string, AccumulatorValue>;
}

/** The JobManager's REST API, whose jobs live as a test says. */
export class TestingJobManager {
  readonly jobs = new Map<string, TestingJob>();
  /** Called when a job was taken; by default it finishes at once. */
  onJob: (job: TestingJob) => void = job => {
    job.state = 'FINISHED';
  };
  onCancel: (job: TestingJob) => void = job => {
    job.state = 'CANCELED';
  };
  /** Called when a client has asked for a result. */
  onResult: (job: TestingJob) => void = () => {};
  onShutDown: () => void = () => {};
  /** Asked for by `Authorization: Bearer`. */
  token: string | undefined;
  private server!: TestingServer;

  static async start(): Promise<TestingJobManager> {
    const manager = new TestingJobManager();
    manager.server = await TestingServer.start((request, response) => manager.answer(request, response), {
      early: true,
    });
    return manager;
  }

  get address(): string {
    return `127.0.0.1:${this.server.port}`;
  }

  get port(): number {
    return this.server.port;
  }

  add(jobId: string, jobName: string, state: JobStatus, startTime = 0): TestingJob {
    const jobGraph: JobGraph = {
      jobId,
      jobName,
      vertices: [],
      edges: [],
      config: { objectReuse: false, properties: {} },
    };
    const job: TestingJob = { jobGraph, state, startTime, accumulators: {} };
    this.jobs.set(jobId, job);
    return job;
  }

  fail(job: TestingJob, error: Error): void {
    job.state = 'FAILED';
    job.failure = serializeError(error);
  }

  close(): Promise<void> {
    return this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const refuse = (status: number, text: string): void => json(response, status, { errors: [text] });
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`)
      return refuse(401, 'token');
    const url = new URL(request.url ?? '/', 'http://x');
    const [, version, kind, id, what] = url.pathname.split('/');
    if (version !== 'v1') return refuse(404, 'no version');
    if (kind === 'cluster' && request.method === 'DELETE') {
      json(response, 200, {});
      this.onShutDown();
      return;
    }
    if (kind === 'overview') return json(response, 200, { taskmanagers: 1, 'slots-total': 2 });
    if (request.method === 'POST' && id === undefined) return this.submit(Buffer.concat(chunks), response);
    if (id === 'overview') return json(response, 200, { jobs: [...this.jobs.values()].map(overviewOf) });
    const job = this.jobs.get(id ?? '');
    if (!job) return refuse(404, `Could not find Flink job (${id})`);
    if (request.method === 'PATCH') {
      if (job.state === 'FINISHED' || job.state === 'FAILED') return refuse(409, `it has already ended ${job.state}.`);
      this.onCancel(job);
      return json(response, 202, {});
    }
    const { state, waitingFor, failure } = job;
    if (what === 'status') return json(response, 200, { id, state, waitingFor, failure });
    json(response, 200, resultOf(job));
    this.onResult(job);
  }

  private submit(body: Buffer, response: ServerResponse): void {
    const { jobGraph, bundle } = unpack(body) as { jobGraph: JobGraph; bundle?: Uint8Array };
    const job: TestingJob = {
      jobGraph,
      ...(bundle && { bundle }),
      state: 'CREATED',
      startTime: Date.now(),
      accumulators: {},
    };
    this.jobs.set(jobGraph.jobId, job);
    this.onJob(job);
    json(response, 202, { jobId: jobGraph.jobId, jobUrl: '' });
  }
}

function overviewOf({ jobGraph, state, startTime }: TestingJob): Record<string, unknown> {
  return { jid: jobGraph.jobId, name: jobGraph.jobName, state, 'start-time': startTime };
}

function resultOf({ jobGraph, state, accumulators, failure }: TestingJob): Record<string, unknown> {
  const status = { FINISHED: 'SUCCEEDED', FAILED: 'FAILED', CANCELED: 'CANCELED' }[state as string];
  if (status === undefined) return { status: { id: 'IN_PROGRESS' } };
  return {
    status: { id: 'COMPLETED' },
    'job-execution-result': {
      id: jobGraph.jobId,
      'application-status': status,
      'net-runtime': 42,
      accumulators,
      'failure-cause': failure,
    },
  };
}
