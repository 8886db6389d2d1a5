/**
 * JSON of the JobManager's REST API that the client uses, in Flink's shapes (docs/flink-rest in Flink's words), and the
 * few endpoints that are ours: all under `/v1`, also without it.
 *   POST /v1/jobs            multipart/form-data: `jobGraph` (msgpack of JobGraph), `bundle` (the file); 202 SubmitResponse
 *   GET  /v1/jobs/overview   JobsOverview          GET /v1/jobs/:id  JobDetails
 *   GET  /v1/jobs/:id/status ours: JobWaiting      GET /v1/jobs/:id/execution-result  ExecutionResult
 *   GET  /v1/jobs/:id/exceptions, /accumulators    PATCH /v1/jobs/:id?mode=cancel
 *   GET  /v1/overview, /v1/config, /v1/taskmanagers, DELETE /v1/cluster
 * On YARN every request but those through the RM's proxy carries `Authorization: Bearer <rest token>`.
 */
import type { SerializedError } from '../errors.js';
import type { AccumulatorValue } from '../graph/job-graph.js';
import type { HexId } from '../ids.js';
import type { JobStatus } from './job-status.js';

export interface SubmitResponse {
  jobId: HexId;
  jobUrl: string;
}

export interface JobOverviewEntry {
  jid: HexId;
  name: string;
  state: JobStatus;
  'start-time': number;
  /** -1 while it runs */
  'end-time': number;
  duration: number;
  'last-modification': number;
  tasks: Record<string, number>;
}

export interface ClusterOverview {
  taskmanagers: number;
  'slots-total': number;
  'slots-available': number;
  'jobs-running': number;
  'jobs-finished': number;
  'jobs-cancelled': number;
  'jobs-failed': number;
  'flink-version': string;
  'flink-commit': string;
}

/** What a job waits for, in words ("waiting for 2 slots since 3 s, …"); absent when it waits for nothing. */
export interface JobWaiting {
  id: HexId;
  state: JobStatus;
  waitingFor?: string;
  /** Root cause first. */
  failure?: SerializedError;
}

/** Flink's shape, with our own fields beside: `job-execution-result` only when COMPLETED. */
export interface ExecutionResult {
  status: { id: 'IN_PROGRESS' | 'COMPLETED' };
  'job-execution-result'?: {
    id: HexId;
    'application-status': 'SUCCEEDED' | 'FAILED' | 'CANCELED' | 'UNKNOWN';
    'net-runtime': number;
    accumulators: Record<string, AccumulatorValue>;
    'failure-cause'?: SerializedError;
  };
}

export interface RestError {
  errors: string[];
}
