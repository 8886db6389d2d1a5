import { type ApplicationId, formatApplicationId, type RpcMethod, RpcServerError } from '../../rpc/index.js';
import { APP_STATES, type Application } from './model.js';
import type { ResourceManagerState } from './resource-manager-state.js';
import { reportOf } from './views.js';

const NODE_STATES: Record<string, number> = { NEW: 1, RUNNING: 2, LOST: 5, SHUTDOWN: 8 };

/** ApplicationClientProtocol, as far as `yarn application` and `yarn node` call it. */
export function clientProtocol(state: ResourceManagerState): Record<string, RpcMethod> {
  const find = (id: ApplicationId): Application => {
    const app = state.applications.get(formatApplicationId(id));
    if (app) return app;
    throw new RpcServerError(
      'org.apache.hadoop.yarn.exceptions.ApplicationNotFoundException',
      `Application with id '${formatApplicationId(id)}' doesn't exist in RM.`,
    );
  };
  return {
    getApplicationReport: {
      request: 'GetApplicationReportRequest',
      response: 'GetApplicationReportResponse',
      handle: ({ application_id }: { application_id: ApplicationId }, { user }) => ({
        application_report: reportOf(state, find(application_id), user),
      }),
    },
    getApplications: {
      request: 'GetApplicationsRequest',
      response: 'GetApplicationsResponse',
      handle: (r: { application_types?: string[]; application_states?: number[]; users?: string[] }, { user }) => ({
        applications: [...state.applications.values()]
          .filter(a => !r.application_types?.length || r.application_types.includes(a.submission.type))
          .filter(a => !r.application_states?.length || r.application_states.includes(APP_STATES.indexOf(a.state) + 1))
          .filter(a => !r.users?.length || r.users.includes(a.submission.user))
          .map(a => reportOf(state, a, user)),
      }),
    },
    forceKillApplication: {
      request: 'KillApplicationRequest',
      response: 'KillApplicationResponse',
      handle: ({ application_id, diagnostics }: { application_id: ApplicationId; diagnostics?: string }, { user }) => {
        state.kill(find(application_id), diagnostics || `Application application killed by user ${user} at 127.0.0.1`);
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
      handle: () => ({ cluster_metrics: { num_node_managers: state.scheduler.nodes.size } }),
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
