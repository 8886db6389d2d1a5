import { jobPlan } from '../../core/graph/index.js';
import type { ExecutionState, JobOverviewEntry, JobStatus } from '../../core/protocol/index.js';
import type { Execution } from '../jobmaster/execution-graph.js';
import type { JobMaster } from '../jobmaster/job-master.js';

const STATES: ExecutionState[] = [
  'CREATED',
  'SCHEDULED',
  'DEPLOYING',
  'INITIALIZING',
  'RUNNING',
  'FINISHED',
  'CANCELING',
  'CANCELED',
  'FAILED',
  'RECONCILING',
];
const JOB_STATES: JobStatus[] = [
  'INITIALIZING',
  'CREATED',
  'RUNNING',
  'FAILING',
  'FAILED',
  'CANCELLING',
  'CANCELED',
  'FINISHED',
  'RESTARTING',
  'SUSPENDED',
  'RECONCILING',
];

function counts(executions: Execution[], name: (s: ExecutionState) => string): Record<string, number> {
  const out: Record<string, number> = {};
  for (const s of STATES) out[name(s)] = 0;
  for (const e of executions) out[name(e.state)]!++;
  return out;
}

function times(job: JobMaster): { 'start-time': number; 'end-time': number; duration: number } {
  const { timestamps, isTerminal } = job.state;
  const start = timestamps.INITIALIZING ?? -1;
  const end = isTerminal ? Math.max(...Object.values(timestamps)) : -1;
  return { 'start-time': start, 'end-time': end, duration: (isTerminal ? end : Date.now()) - start };
}

export function overviewEntry(job: JobMaster): JobOverviewEntry {
  const { executions } = job.graph;
  return {
    jid: job.job.jobId,
    name: job.job.jobName,
    state: job.status,
    ...times(job),
    'last-modification': Math.max(...Object.values(job.state.timestamps)),
    tasks: { total: executions.length, ...counts(executions, s => s.toLowerCase()) },
  };
}

export function jobDetails(job: JobMaster): unknown {
  const { jobId, jobName, vertices } = job.job;
  const timestamps = Object.fromEntries(JOB_STATES.map(s => [s, job.state.timestamps[s] ?? 0]));
  return {
    jid: jobId,
    name: jobName,
    isStoppable: false,
    state: job.status,
    ...times(job),
    maxParallelism: -1,
    now: Date.now(),
    timestamps,
    vertices: vertices.map(v => {
      const executions = job.graph.of(v.id);
      const sum = (field: 'recordsIn' | 'recordsOut' | 'bytesIn' | 'bytesOut'): number =>
        executions.reduce((total, e) => total + (e.metrics?.[field] ?? 0), 0);
      const started = executions.flatMap(e => e.timestamps.DEPLOYING ?? []);
      const ended = executions.every(e => e.isTerminal)
        ? Math.max(...executions.flatMap(e => Object.values(e.timestamps)))
        : -1;
      const start = started.length > 0 ? Math.min(...started) : -1;
      return {
        id: v.id,
        name: v.name,
        maxParallelism: v.maxParallelism,
        parallelism: v.parallelism,
        status: vertexStatus(executions),
        'start-time': start,
        'end-time': ended,
        duration: start < 0 ? -1 : (ended < 0 ? Date.now() : ended) - start,
        tasks: counts(executions, s => s),
        metrics: {
          'read-bytes': sum('bytesIn'),
          'read-bytes-complete': ended >= 0,
          'write-bytes': sum('bytesOut'),
          'write-bytes-complete': ended >= 0,
          'read-records': sum('recordsIn'),
          'read-records-complete': ended >= 0,
          'write-records': sum('recordsOut'),
          'write-records-complete': ended >= 0,
        },
      };
    }),
    'status-counts': counts(job.graph.executions, s => s),
    plan: jobPlan(job.job),
  };
}

/** The state that a vertex shows for all of its subtasks: the one that most wants attention. */
function vertexStatus(executions: Execution[]): ExecutionState {
  const order: ExecutionState[] = [
    'FAILED',
    'CANCELING',
    'CANCELED',
    'RUNNING',
    'INITIALIZING',
    'DEPLOYING',
    'SCHEDULED',
    'CREATED',
  ];
  return order.find(s => executions.some(e => e.state === s)) ?? 'FINISHED';
}
