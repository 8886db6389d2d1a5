import {
  type ApplicationAttemptId,
  type ApplicationId,
  type ContainerId,
  formatApplicationId,
  formatAttemptId,
  formatContainerId,
  type RpcMethod,
  RpcServerError,
} from '../../rpc/index.js';
import { APP_STATES, type Application, type Attempt } from './model.js';
import { applicationReport, attemptReport, containerReport } from './reports.js';
import type { ResourceManagerState } from './resource-manager-state.js';

const NODE_STATES: Record<string, number> = { NEW: 1, RUNNING: 2, LOST: 5, SHUTDOWN: 8 };

interface ApplicationsRequest {
  application_types?: string[];
  application_states?: number[];
  users?: string[];
  queues?: string[];
  applicationTags?: string[];
  name?: string;
  limit?: number;
  start_begin?: number;
  start_end?: number;
  finish_begin?: number;
  finish_end?: number;
}

/** What was not asked for passes. */
function matches(app: Application, r: ApplicationsRequest): boolean {
  const { submission } = app;
  const among = (wanted: string[] | undefined, value: string): boolean => !wanted?.length || wanted.includes(value);
  const within = (at: number, from = 0, to = Number.MAX_SAFE_INTEGER): boolean => at >= from && at <= to;
  const queue = submission.queue.replace(/^root\./, '');
  return (
    among(r.application_types, submission.type) &&
    (!r.application_states?.length || r.application_states.includes(APP_STATES.indexOf(app.state) + 1)) &&
    among(r.users, submission.user) &&
    among(
      r.queues?.map(q => q.replace(/^root\./, '')),
      queue,
    ) &&
    (!r.applicationTags?.length || submission.tags.some(t => r.applicationTags!.includes(t.toLowerCase()))) &&
    (!r.name || r.name === submission.name) &&
    within(app.startedAt, r.start_begin, r.start_end) &&
    within(app.finishedAt, r.finish_begin, r.finish_end)
  );
}

/** ApplicationClientProtocol, as far as `yarn application`, `applicationattempt`, `container` and `node` call it to look. */
export function clientProtocol(state: ResourceManagerState): Record<string, RpcMethod> {
  const find = (id: ApplicationId): Application => {
    const app = state.applications.get(formatApplicationId(id));
    if (app) return app;
    throw new RpcServerError(
      'org.apache.hadoop.yarn.exceptions.ApplicationNotFoundException',
      `Application with id '${formatApplicationId(id)}' doesn't exist in RM.`,
    );
  };
  const findAttempt = (id: ApplicationAttemptId): Attempt => {
    const attempt = find(id.application_id).attempts[id.attemptId - 1];
    if (attempt) return attempt;
    throw new RpcServerError(
      'org.apache.hadoop.yarn.exceptions.ApplicationAttemptNotFoundException',
      `ApplicationAttempt with id '${formatAttemptId(id)}' doesn't exist in RM.`,
    );
  };
  return {
    getApplicationReport: {
      request: 'GetApplicationReportRequest',
      response: 'GetApplicationReportResponse',
      handle: ({ application_id }: { application_id: ApplicationId }, { user }) => ({
        application_report: applicationReport(state, find(application_id), user),
      }),
    },
    getApplications: {
      request: 'GetApplicationsRequest',
      response: 'GetApplicationsResponse',
      handle: (request: ApplicationsRequest, { user }) => ({
        applications: [...state.applications.values()]
          .filter(a => matches(a, request))
          .slice(0, request.limit)
          .map(a => applicationReport(state, a, user)),
      }),
    },
    getApplicationAttempts: {
      request: 'GetApplicationAttemptsRequest',
      response: 'GetApplicationAttemptsResponse',
      handle: ({ application_id }: { application_id: ApplicationId }) => ({
        application_attempts: find(application_id).attempts.map(a => attemptReport(state, a)),
      }),
    },
    getApplicationAttemptReport: {
      request: 'GetApplicationAttemptReportRequest',
      response: 'GetApplicationAttemptReportResponse',
      handle: ({ application_attempt_id }: { application_attempt_id: ApplicationAttemptId }) => ({
        application_attempt_report: attemptReport(state, findAttempt(application_attempt_id)),
      }),
    },
    getContainers: {
      request: 'GetContainersRequest',
      response: 'GetContainersResponse',
      handle: ({ application_attempt_id }: { application_attempt_id: ApplicationAttemptId }) => ({
        containers: [...findAttempt(application_attempt_id).containers.values()].map(containerReport),
      }),
    },
    getContainerReport: {
      request: 'GetContainerReportRequest',
      response: 'GetContainerReportResponse',
      handle: ({ container_id }: { container_id: ContainerId }) => {
        const text = formatContainerId(container_id);
        const container = findAttempt(container_id.app_attempt_id).containers.get(text);
        if (container) return { container_report: containerReport(container) };
        throw new RpcServerError(
          'org.apache.hadoop.yarn.exceptions.ContainerNotFoundException',
          `Container with id '${text}' doesn't exist in RM.`,
        );
      },
    },
    forceKillApplication: {
      request: 'KillApplicationRequest',
      response: 'KillApplicationResponse',
      handle: ({ application_id, diagnostics }: { application_id: ApplicationId; diagnostics?: string }, { user }) => {
        const app = find(application_id);
        const more = diagnostics ? ` with diagnostic message: ${diagnostics}` : '';
        state.kill(app, `Application ${app.text} was killed by user ${user} at 127.0.0.1${more}`);
        return { is_kill_completed: true };
      },
    },
    getClusterNodes: {
      request: 'GetClusterNodesRequest',
      response: 'GetClusterNodesResponse',
      handle: ({ nodeStates }: { nodeStates?: number[] }) => ({
        nodeReports: [...state.scheduler.nodes.values()]
          .filter(n => !nodeStates?.length || nodeStates.includes(NODE_STATES[n.state]!))
          .map(n => ({
            nodeId: { host: n.host, port: n.port },
            httpAddress: n.httpAddress,
            rackName: '/default-rack',
            used: { memory: n.usedMb, virtual_cores: n.usedVcores },
            capability: { memory: n.memoryMb, virtual_cores: n.vcores },
            numContainers: n.containers.size,
            node_state: NODE_STATES[n.state],
            health_report: '',
            last_health_report_time: n.lastHeartbeat,
          })),
      }),
    },
    getClusterMetrics: {
      request: 'GetClusterMetricsRequest',
      response: 'GetClusterMetricsResponse',
      handle: () => {
        const count = (s: string): number => [...state.scheduler.nodes.values()].filter(n => n.state === s).length;
        return {
          cluster_metrics: {
            num_node_managers: count('RUNNING'),
            num_active_nms: count('RUNNING'),
            num_lost_nms: count('LOST'),
            num_shutdown_nms: count('SHUTDOWN'),
          },
        };
      },
    },
    getNewApplication: {
      request: 'GetNewApplicationRequest',
      response: 'GetNewApplicationResponse',
      handle: () => {
        const { maximumMb, maximumVcores, minimumMb } = state.scheduler.limits;
        return {
          application_id: state.newApplicationId(),
          maximumCapability: { memory: maximumMb, virtual_cores: maximumVcores },
          minimumCapability: { memory: minimumMb, virtual_cores: 1 },
        };
      },
    },
  };
}
