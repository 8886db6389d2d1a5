import { type Application, isFinal, type NodeRecord, usageOf } from './model.js';
import type { ResourceManagerState } from './resource-manager-state.js';

const elapsed = (app: Application): number => (app.finishedAt || Date.now()) - app.startedAt;

/** The pages of an application: the proxy while it runs, the ResourceManager's own afterwards. */
export function trackingUrl(state: ResourceManagerState, app: Application): string | undefined {
  if (isFinal(app.state) && !app.attempt?.unregistered) return `${state.webapp}/cluster/app/${app.text}`;
  if (app.attempt?.registered) return `${state.webapp}/proxy/${app.text}/`;
  return undefined;
}

export function appView(state: ResourceManagerState, app: Application): object {
  const { submission, attempt } = app;
  const am = attempt?.amContainer;
  const running = isFinal(app.state) ? [] : app.running;
  const tracking = trackingUrl(state, app);
  const waiting = app.state === 'ACCEPTED' && !am;
  const total = state.scheduler.totalMb || 1;
  const used = running.reduce((n, c) => n + c.memoryMb, 0);
  return {
    id: app.text,
    user: submission.user,
    name: submission.name,
    queue: submission.queue.startsWith('root.') ? submission.queue : `root.${submission.queue}`,
    state: app.state,
    finalStatus: app.finalStatus,
    progress: isFinal(app.state) ? 100 : (attempt?.progress ?? 0) * 100,
    trackingUI: tracking === undefined ? 'UNASSIGNED' : isFinal(app.state) ? 'History' : 'ApplicationMaster',
    ...(tracking !== undefined && { trackingUrl: tracking }),
    diagnostics: diagnosticsOf(state, app),
    clusterId: state.clusterTimestamp,
    applicationType: submission.type,
    applicationTags: submission.tags.join(','),
    priority: submission.priority,
    startedTime: app.startedAt,
    launchTime: app.launchedAt,
    finishedTime: app.finishedAt,
    elapsedTime: elapsed(app),
    ...(am && {
      amContainerLogs: `http://${am.node.httpAddress}/node/containerlogs/${am.text}/${submission.user}`,
      amHostHttpAddress: am.node.httpAddress,
    }),
    ...(attempt?.registered && { amRPCAddress: `${attempt.host}:${attempt.rpcPort}` }),
    masterNodeId: am?.node.key ?? '',
    allocatedMB: waiting || isFinal(app.state) ? (isFinal(app.state) ? -1 : 0) : used,
    allocatedVCores: isFinal(app.state) ? -1 : running.reduce((n, c) => n + c.vcores, 0),
    reservedMB: isFinal(app.state) ? -1 : 0,
    reservedVCores: isFinal(app.state) ? -1 : 0,
    runningContainers: isFinal(app.state) ? -1 : running.length,
    ...usageOf(app, Date.now()),
    queueUsagePercentage: (used / total) * 100,
    clusterUsagePercentage: (used / total) * 100,
    preemptedResourceMB: 0,
    preemptedResourceVCores: 0,
    numNonAMContainerPreempted: 0,
    numAMContainerPreempted: 0,
    logAggregationStatus: 'DISABLED',
    unmanagedApplication: submission.unmanaged,
    appNodeLabelExpression: '',
    amNodeLabelExpression: '',
  };
}

/** What it ended with, or waits for. */
export function diagnosticsOf(state: ResourceManagerState, app: Application): string {
  if (app.state !== 'ACCEPTED') return app.diagnostics;
  const stamp = `[${new Date().toString()}] `;
  if (app.attempt?.amContainer) return `${stamp}AM container is launched, waiting for AM container to Register with RM`;
  if (state.scheduler.totalMb === 0)
    return `${stamp}Application is added to the scheduler and is not yet activated. Skipping AM assignment as cluster resource is empty.`;
  return `${stamp}Application is added to the scheduler and is not yet activated. Not enough room for its ApplicationMaster: ${state.scheduler.totalMb - state.scheduler.usedMb} MB free`;
}

export function nodeView(node: NodeRecord): object {
  return {
    rack: '/default-rack',
    state: node.state,
    id: node.key,
    nodeHostName: node.host,
    nodeHTTPAddress: node.httpAddress,
    lastHealthUpdate: node.lastHeartbeat,
    version: '3.4.2',
    healthReport: '',
    numContainers: node.containers.size,
    usedMemoryMB: node.usedMb,
    availMemoryMB: node.memoryMb - node.usedMb,
    usedVirtualCores: node.usedVcores,
    availableVirtualCores: node.vcores - node.usedVcores,
  };
}

export function metricsView(state: ResourceManagerState): object {
  const apps = [...state.applications.values()];
  const nodes = [...state.scheduler.nodes.values()];
  const live = nodes.filter(n => n.state === 'RUNNING');
  const count = (s: string): number => apps.filter(a => a.state === s).length;
  const cores = live.reduce((n, x) => n + x.vcores, 0);
  const usedCores = live.reduce((n, x) => n + x.usedVcores, 0);
  const { totalMb, usedMb } = state.scheduler;
  return {
    appsSubmitted: apps.length,
    appsCompleted: count('FINISHED'),
    appsPending: count('ACCEPTED'),
    appsRunning: count('RUNNING'),
    appsFailed: count('FAILED'),
    appsKilled: count('KILLED'),
    reservedMB: 0,
    availableMB: totalMb - usedMb,
    allocatedMB: usedMb,
    totalMB: totalMb,
    reservedVirtualCores: 0,
    availableVirtualCores: cores - usedCores,
    allocatedVirtualCores: usedCores,
    totalVirtualCores: cores,
    containersAllocated: live.reduce((n, x) => n + x.containers.size, 0),
    containersReserved: 0,
    containersPending: 0,
    totalNodes: nodes.length,
    lostNodes: nodes.filter(n => n.state === 'LOST').length,
    unhealthyNodes: 0,
    decommissioningNodes: 0,
    decommissionedNodes: 0,
    rebootedNodes: 0,
    activeNodes: live.length,
    shutdownNodes: nodes.filter(n => n.state === 'SHUTDOWN').length,
  };
}

export function schedulerView(state: ResourceManagerState): object {
  const share = 100 / state.queues.length;
  const { totalMb, usedMb } = state.scheduler;
  const used = totalMb === 0 ? 0 : (usedMb / totalMb) * 100;
  const apps = [...state.applications.values()].filter(a => !isFinal(a.state));
  return {
    scheduler: {
      schedulerInfo: {
        type: 'capacityScheduler',
        capacity: 100,
        usedCapacity: used,
        maxCapacity: 100,
        queueName: 'root',
        queuePath: 'root',
        queues: {
          queue: state.queues.map(name => ({
            type: 'capacitySchedulerLeafQueueInfo',
            queuePath: `root.${name}`,
            capacity: share,
            usedCapacity: used,
            maxCapacity: 100,
            absoluteCapacity: share,
            absoluteMaxCapacity: 100,
            absoluteUsedCapacity: used,
            numApplications: apps.filter(a => a.submission.queue.replace(/^root\./, '') === name).length,
            queueName: name,
            state: 'RUNNING',
            resourcesUsed: { memory: usedMb, vCores: 0 },
          })),
        },
      },
    },
  };
}
