import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatApplicationId, parseApplicationId } from '../../rpc/index.js';
import { readBody, sendJson, sendRemoteException } from '../http.js';
import { APP_STATES, type Application, isFinal } from './model.js';
import type { ResourceManagerState } from './resource-manager-state.js';
import { BadRequest, readSubmission } from './submissions.js';
import { appView, metricsView, nodeView, schedulerView } from './views.js';

const API = '/ws/v1/cluster';

/** `/ws/v1/cluster/…` as a real ResourceManager answers it. */
export async function serveRest(
  state: ResourceManagerState,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const path = url.pathname.slice(API.length).replace(/\/$/, '');
  const user = url.searchParams.get('user.name') ?? 'dr.who';
  const { method } = request;
  try {
    if (method === 'POST' && path === '/apps/new-application') return newApplication(state, response);
    if (method === 'POST' && path === '/apps') return await submit(state, request, response, user);
    const stateOf = /^\/apps\/([^/]+)\/state$/.exec(path);
    if (stateOf && method === 'PUT') return await changeState(state, request, response, stateOf[1]!, user);
    if (method !== 'GET') throw new BadRequest('javax.ws.rs.WebApplicationException', 'WebApplicationException', 405);
    if (stateOf) return sendJson(response, 200, { state: find(state, stateOf[1]!).state });
    if (path === '' || path === '/info') return sendJson(response, 200, { clusterInfo: clusterInfo(state) });
    if (path === '/metrics') return sendJson(response, 200, { clusterMetrics: metricsView(state) });
    if (path === '/scheduler') return sendJson(response, 200, schedulerView(state));
    if (path === '/nodes') return sendNodes(state, response, url);
    if (path === '/apps') return sendApps(state, response, url);
    const app = /^\/apps\/([^/]+)$/.exec(path);
    if (app) return sendJson(response, 200, { app: appView(state, find(state, app[1]!)) });
    const attempts = /^\/apps\/([^/]+)\/appattempts$/.exec(path);
    if (attempts)
      return sendJson(response, 200, {
        appAttempts: { appAttempt: find(state, attempts[1]!).attempts.map(attemptView) },
      });
    const containers = /^\/apps\/([^/]+)\/appattempts\/([^/]+)\/containers$/.exec(path);
    if (containers) return sendContainers(find(state, containers[1]!), containers[2]!, response);
    sendRemoteException(
      response,
      404,
      'NotFoundException',
      `java.lang.Exception: ${url.pathname} not found`,
      'org.apache.hadoop.yarn.webapp.NotFoundException',
    );
  } catch (error) {
    const known = error instanceof BadRequest ? error : new BadRequest(String(error), 'WebApplicationException', 500);
    const javaClass = known.exception.includes('NullPointer')
      ? 'java.lang.NullPointerException'
      : `org.apache.hadoop.yarn.webapp.${known.exception}`;
    sendRemoteException(response, known.status, known.exception, known.message, javaClass);
  }
}

function find(state: ResourceManagerState, text: string): Application {
  const id = parseApplicationId(text);
  if (!id) throw new BadRequest(`java.lang.Exception: Could not parse application id ${text}`);
  const app = state.applications.get(formatApplicationId(id));
  if (!app) throw new BadRequest(`java.lang.Exception: app with id: ${text} not found`, 'NotFoundException', 404);
  return app;
}

function newApplication(state: ResourceManagerState, response: ServerResponse): void {
  const { maximumMb, maximumVcores } = state.scheduler.limits;
  sendJson(response, 200, {
    'application-id': formatApplicationId(state.newApplicationId()),
    'maximum-resource-capability': { memory: maximumMb, vCores: maximumVcores },
  });
}

async function submit(
  state: ResourceManagerState,
  request: IncomingMessage,
  response: ServerResponse,
  user: string,
): Promise<void> {
  if (!request.headers['content-type']?.includes('json')) {
    throw new BadRequest('HTTP 415 Unsupported Media Type', 'WebApplicationException', 503);
  }
  let body: unknown;
  try {
    body = JSON.parse(await readBody(request));
  } catch (error) {
    throw new BadRequest(String(error), 'WebApplicationException');
  }
  const submission = readSubmission(body as Record<string, unknown>, user, state.scheduler.limits);
  const app = state.submit(submission);
  response.writeHead(202, { location: `${state.webapp}${API}/apps/${app.text}`, 'content-length': 0 }).end();
}

async function changeState(
  state: ResourceManagerState,
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
  user: string,
): Promise<void> {
  const app = find(state, id);
  const { state: wanted } = JSON.parse(await readBody(request)) as { state?: string };
  if (wanted !== 'KILLED') throw new BadRequest("java.lang.Exception: Only 'KILLED' is allowed as a target state.");
  if (isFinal(app.state)) return sendJson(response, 200, { state: app.state });
  state.kill(app, `Application ${app.text} was killed by user ${user} at 127.0.0.1`);
  sendJson(response, 202, { state: 'ACCEPTED' });
}

function clusterInfo(state: ResourceManagerState): object {
  return {
    id: state.clusterTimestamp,
    startedOn: state.clusterTimestamp,
    state: 'STARTED',
    haState: 'ACTIVE',
    rmStateStoreName: 'org.apache.hadoop.yarn.server.resourcemanager.recovery.FileSystemRMStateStore',
    resourceManagerVersion: '3.4.2',
    resourceManagerBuildVersion: 'embedded',
    hadoopVersion: '3.4.2',
    haZooKeeperConnectionState: 'Could not find leader elector. Verify both HA and automatic failover are enabled.',
  };
}

const list = (url: URL, name: string): string[] => (url.searchParams.get(name) ?? '').split(',').filter(Boolean);

function sendNodes(state: ResourceManagerState, response: ServerResponse, url: URL): void {
  const states = list(url, 'states').map(s => s.toUpperCase());
  const nodes = [...state.scheduler.nodes.values()].filter(n =>
    states.length === 0 ? n.state === 'RUNNING' : states.includes(n.state),
  );
  sendJson(response, 200, { nodes: nodes.length === 0 ? null : { node: nodes.map(nodeView) } });
}

function sendApps(state: ResourceManagerState, response: ServerResponse, url: URL): void {
  const states = [...list(url, 'states'), ...list(url, 'state')].map(s => s.toUpperCase());
  const unknown = states.find(s => !(APP_STATES as string[]).includes(s));
  if (unknown !== undefined)
    throw new BadRequest(`java.lang.Exception: Invalid application-state ${unknown} specified.`);
  const types = list(url, 'applicationTypes').map(t => t.toLowerCase());
  const tags = list(url, 'applicationTags').map(t => t.toLowerCase());
  const user = url.searchParams.get('user');
  const queue = url.searchParams.get('queue')?.replace(/^root\./, '');
  const limit = Number(url.searchParams.get('limit') ?? Number.MAX_SAFE_INTEGER);
  const apps = [...state.applications.values()]
    .filter(a => states.length === 0 || states.includes(a.state))
    .filter(a => types.length === 0 || types.includes(a.submission.type.toLowerCase()))
    .filter(a => tags.length === 0 || a.submission.tags.some(t => tags.includes(t.toLowerCase())))
    .filter(a => user === null || a.submission.user === user)
    .filter(a => queue === undefined || a.submission.queue.replace(/^root\./, '') === queue)
    .slice(0, limit);
  sendJson(response, 200, { apps: apps.length === 0 ? {} : { app: apps.map(a => appView(state, a)) } });
}

function attemptView(attempt: Application['attempts'][number]): object {
  const am = attempt.amContainer;
  return {
    id: attempt.number,
    appAttemptId: attempt.text,
    startTime: am?.startedAt ?? 0,
    finishedTime: attempt.app.finishedAt,
    containerId: am?.text ?? '',
    nodeHttpAddress: am?.node.httpAddress ?? '',
    nodeId: am?.node.key ?? '',
    logsLink: am ? `http://${am.node.httpAddress}/node/containerlogs/${am.text}/${attempt.app.submission.user}` : '',
    blacklistedNodes: '',
    nodesBlacklistedBySystem: '',
  };
}

function sendContainers(app: Application, attemptText: string, response: ServerResponse): void {
  const attempt = app.attempts.find(a => a.text === attemptText || String(a.number) === attemptText);
  const containers = [...(attempt?.containers.values() ?? [])].map(c => ({
    containerId: c.text,
    allocatedMB: String(c.memoryMb),
    allocatedVCores: String(c.vcores),
    assignedNodeId: c.node.key,
    priority: String(c.priority),
    startedTime: String(c.startedAt),
    finishedTime: '0',
    elapsedTime: String(Date.now() - c.startedAt),
    logUrl: `http://${c.node.httpAddress}/node/containerlogs/${c.text}/${app.submission.user}`,
    containerExitStatus: '0',
    containerState: 'RUNNING',
    nodeHttpAddress: `http://${c.node.httpAddress}`,
    nodeId: c.node.key,
  }));
  // One element comes as an object, as the real one's JSON has it.
  sendJson(response, 200, containers.length === 1 ? { container: containers[0] } : { container: containers });
}
