import {
  APP_STATES,
  type Application,
  type Attempt,
  type ContainerRecord,
  FINAL_STATUSES,
  isFinal,
  usageOf,
} from './model.js';
import type { ResourceManagerState } from './resource-manager-state.js';
import { diagnosticsOf, trackingUrl } from './views.js';

const LOG_AGGREGATION_DISABLED = 1;
const TIMEOUT_LIFETIME = 1;
const ATTEMPT = { SCHEDULED: 3, LAUNCHED: 6, FAILED: 7, RUNNING: 8, FINISHED: 10, KILLED: 11 } as const;
const CONTAINER_RUNNING = 2;
const NOWHERE = { host: 'N/A', rpc_port: -1 };
const ANY_LABEL = '<DEFAULT_PARTITION>';

/** Where its ApplicationMaster is, or was if it took its leave. A dead one is nowhere, and its page is the ResourceManager's. */
function placeOf(state: ResourceManagerState, app: Application, attempt: Attempt | undefined) {
  const isDead = !attempt?.unregistered && (isFinal(app.state) || attempt?.ended);
  if (isDead) return { ...NOWHERE, tracking: `${state.webapp}/cluster/app/${app.text}` };
  if (!attempt?.registered) return { ...NOWHERE, tracking: 'N/A' };
  return { host: attempt.host || NOWHERE.host, rpc_port: attempt.rpcPort, tracking: attempt.trackingUrl || 'N/A' };
}

/** An application as ApplicationClientProtocol gives it. */
export function applicationReport(state: ResourceManagerState, app: Application, user: string | undefined): object {
  const { submission, attempt } = app;
  const own = user === submission.user && attempt?.token && submission.unmanaged && !isFinal(app.state);
  const { host, rpc_port, tracking } = placeOf(state, app, attempt);
  const running = isFinal(app.state) ? [] : app.running;
  const nothing = { memory: 0, virtual_cores: 0 };
  const used = {
    memory: running.reduce((n, c) => n + c.memoryMb, 0),
    virtual_cores: running.reduce((n, c) => n + c.vcores, 0),
  };
  const { memorySeconds, vcoreSeconds } = usageOf(app, Date.now());
  return {
    applicationId: submission.id,
    user: submission.user,
    queue: `root.${submission.queue.replace(/^root\./, '')}`,
    name: submission.name,
    host,
    rpc_port,
    yarn_application_state: APP_STATES.indexOf(app.state) + 1,
    trackingUrl: trackingUrl(state, app) ?? 'N/A',
    diagnostics: diagnosticsOf(state, app),
    startTime: app.startedAt,
    submitTime: app.startedAt,
    launchTime: app.launchedAt,
    finishTime: app.finishedAt,
    final_application_status: FINAL_STATUSES.indexOf(app.finalStatus),
    app_resource_Usage: {
      num_used_containers: running.length,
      num_reserved_containers: 0,
      used_resources: used,
      reserved_resources: nothing,
      needed_resources: used,
      memory_seconds: memorySeconds,
      vcore_seconds: vcoreSeconds,
    },
    originalTrackingUrl: tracking,
    currentApplicationAttemptId: { application_id: submission.id, attemptId: attempt?.number ?? 1 },
    progress: isFinal(app.state) ? 1 : (attempt?.progress ?? 0),
    applicationType: submission.type,
    applicationTags: submission.tags,
    log_aggregation_status: LOG_AGGREGATION_DISABLED,
    unmanaged_application: submission.unmanaged,
    priority: { priority: submission.priority },
    appNodeLabelExpression: ANY_LABEL,
    amNodeLabelExpression: ANY_LABEL,
    appTimeouts: [
      {
        application_timeout_type: TIMEOUT_LIFETIME,
        application_timeout: {
          application_timeout_type: TIMEOUT_LIFETIME,
          expire_time: 'UNLIMITED',
          remaining_time: -1,
        },
      },
    ],
    ...(own && { am_rm_token: attempt.token }),
  };
}

export function attemptReport(state: ResourceManagerState, attempt: Attempt): object {
  const { app, amContainer } = attempt;
  const { host, rpc_port, tracking } = placeOf(state, app, attempt);
  return {
    application_attempt_id: attempt.id,
    host,
    rpc_port,
    tracking_url: (attempt === app.attempt ? trackingUrl(state, app) : tracking) ?? 'N/A',
    original_tracking_url: tracking,
    diagnostics: attempt === app.attempt && isFinal(app.state) ? app.diagnostics : '',
    yarn_application_attempt_state: attemptState(attempt),
    ...(amContainer && { am_container_id: amContainer.id, startTime: amContainer.startedAt }),
    finishTime: attempt === app.attempt ? app.finishedAt : 0,
  };
}

function attemptState(attempt: Attempt): number {
  const { app } = attempt;
  if (attempt.unregistered) return ATTEMPT.FINISHED;
  if (attempt === app.attempt && app.state === 'KILLED') return ATTEMPT.KILLED;
  if (attempt.ended) return ATTEMPT.FAILED;
  if (attempt.registered) return ATTEMPT.RUNNING;
  return attempt.amContainer ? ATTEMPT.LAUNCHED : ATTEMPT.SCHEDULED;
}

/** One that runs: a ResourceManager forgets the others, which are for an application history. */
export function containerReport({
  id,
  text,
  attempt,
  node,
  memoryMb,
  vcores,
  priority,
  startedAt,
}: ContainerRecord): object {
  return {
    container_id: id,
    resource: { memory: memoryMb, virtual_cores: vcores },
    node_id: { host: node.host, port: node.port },
    priority: { priority },
    creation_time: startedAt,
    finish_time: 0,
    log_url: `http://${node.httpAddress}/node/containerlogs/${text}/${attempt.app.submission.user}`,
    container_state: CONTAINER_RUNNING,
    node_http_address: `http://${node.httpAddress}`,
    executionType: 1,
  };
}
