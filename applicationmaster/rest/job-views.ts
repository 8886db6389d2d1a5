import { jobPlan } from '../../core/graph/index.js';
import { type HexId, stableId } from '../../core/ids.js';
import type { ExecutionState, JobOverviewEntry, JobStatus } from '../../core/protocol/index.js';
import type { Execution } from '../jobmaster/execution-graph.js';
import type { JobMaster } from '../jobmaster/job-master.js';

const EXECUTION_STATES: readonly ExecutionState[] = [
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

const JOB_STATES: readonly JobStatus[] = [
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

/** Which state a vertex shows for its subtasks: the one that most wants attention. */
const VERTEX_STATE_ORDER: readonly ExecutionState[] = [
  'FAILED',
  'CANCELING',
  'CANCELED',
  'RUNNING',
  'INITIALIZING',
  'DEPLOYING',
  'SCHEDULED',
  'CREATED',
];

interface Times {
  'start-time': number;
  'end-time': number;
  duration: number;
}

function countStates(states: readonly ExecutionState[]): Record<ExecutionState, number> {
  const counts = Object.fromEntries(EXECUTION_STATES.map(s => [s, 0])) as Record<ExecutionState, number>;
  for (const state of states) counts[state]++;
  return counts;
}

const latest = (timestamps: Readonly<Record<string, number | undefined>>): number =>
  Math.max(0, ...Object.values(timestamps).flatMap(t => t ?? []));

export function jobTimes({ state }: JobMaster, now: number): Times {
  const start = state.timestamps.INITIALIZING ?? -1;
  const end = state.isTerminal ? latest(state.timestamps) : -1;
  return { 'start-time': start, 'end-time': end, duration: (end < 0 ? now : end) - start };
}

export function overviewEntry(job: JobMaster, now: number): JobOverviewEntry {
  const { executions } = job.graph;
  const counts = Object.entries(countStates(executions.map(e => e.state)));
  return {
    jid: job.job.jobId,
    name: job.job.jobName,
    ...jobTimes(job, now),
    state: job.status,
    'last-modification': executions.reduce((last, e) => Math.max(last, e.changedAt), latest(job.state.timestamps)),
    tasks: { total: executions.length, ...Object.fromEntries(counts.map(([s, n]) => [s.toLowerCase(), n])) },
  };
}

export function jobDetails(job: JobMaster, now: number): Record<string, unknown> {
  const { jobId, jobName, vertices } = job.job;
  const views = vertices.map(v => vertexSummary(job, v.id, now));
  return {
    jid: jobId,
    name: jobName,
    isStoppable: false,
    state: job.status,
    'job-type': 'STREAMING',
    ...jobTimes(job, now),
    maxParallelism: -1,
    now,
    timestamps: Object.fromEntries(JOB_STATES.map(s => [s, job.state.timestamps[s] ?? 0])),
    vertices: views,
    'status-counts': countStates(views.map(v => v.status)),
    plan: jobPlan(job.job),
  };
}

/** A vertex with its subtasks. */
export function vertexDetails(job: JobMaster, vertexId: HexId, now: number): Record<string, unknown> | undefined {
  const vertex = job.job.vertices.find(v => v.id === vertexId);
  if (!vertex) return undefined;
  const { id, name, parallelism, maxParallelism } = vertex;
  return { id, name, parallelism, maxParallelism, now, subtasks: job.graph.of(id).map(e => subtask(e, now)) };
}

interface VertexSummary extends Times {
  status: ExecutionState;
}

function vertexSummary(job: JobMaster, vertexId: HexId, now: number): VertexSummary {
  const { id, slotSharingGroup, name, maxParallelism, parallelism } = job.job.vertices.find(v => v.id === vertexId)!;
  const executions = job.graph.of(id);
  const states = executions.map(e => e.state);
  const started = executions.reduce((first, e) => Math.min(first, e.timestamps.DEPLOYING ?? first), Infinity);
  const start = Number.isFinite(started) ? started : -1;
  const end = executions.every(e => e.isTerminal) ? executions.reduce((last, e) => Math.max(last, e.changedAt), 0) : -1;
  const view = {
    id,
    slotSharingGroupId: stableId('slot-sharing-group', slotSharingGroup),
    name,
    maxParallelism,
    parallelism,
    status: VERTEX_STATE_ORDER.find(s => states.includes(s)) ?? 'FINISHED',
    'start-time': start,
    'end-time': end,
    duration: start < 0 ? -1 : (end < 0 ? now : end) - start,
    tasks: countStates(states),
    metrics: ioMetrics(executions),
  };
  return view;
}

function subtask(e: Execution, now: number): Record<string, unknown> {
  const start = e.timestamps.DEPLOYING ?? -1;
  const end = e.isTerminal ? e.changedAt : -1;
  const passed = EXECUTION_STATES.filter(s => e.timestamps[s] !== undefined && s !== e.state);
  return {
    subtask: e.subtask,
    status: e.state,
    attempt: e.attempt,
    host: e.slot?.data.host ?? '(unassigned)',
    endpoint: e.slot ? `${e.slot.data.host}:${e.slot.data.port}` : '(unassigned)',
    'start-time': start,
    'end-time': end,
    duration: start < 0 ? -1 : (end < 0 ? now : end) - start,
    metrics: ioMetrics([e]),
    'taskmanager-id': e.slot?.taskManagerId ?? '(unassigned)',
    'status-duration': Object.fromEntries([...passed, e.state].map(s => [s, timeIn(e, s, now)])),
    start_time: start,
  };
}

/** Milliseconds that an execution was, or is, in a state. */
function timeIn({ timestamps, isTerminal }: Execution, state: ExecutionState, now: number): number {
  const from = timestamps[state] ?? now;
  const after = Object.values(timestamps).filter(t => t > from);
  return (after.length > 0 ? Math.min(...after) : isTerminal ? from : now) - from;
}

function ioMetrics(executions: readonly Execution[]): Record<string, number | boolean> {
  const sum = (field: keyof NonNullable<Execution['metrics']> & string): number =>
    executions.reduce((total, e) => total + Number(e.metrics?.[field] ?? 0), 0);
  const complete = executions.every(e => e.metrics !== undefined);
  return {
    'read-bytes': sum('bytesIn'),
    'read-bytes-complete': complete,
    'write-bytes': sum('bytesOut'),
    'write-bytes-complete': complete,
    'read-records': sum('recordsIn'),
    'read-records-complete': complete,
    'write-records': sum('recordsOut'),
    'write-records-complete': complete,
    'accumulated-backpressured-time': sum('backPressuredMs'),
    'accumulated-idle-time': sum('idleMs'),
    'accumulated-busy-time': sum('busyMs'),
  };
}
