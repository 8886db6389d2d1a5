import * as z from 'zod';
import { listOf, number, optionalText, text, wrappedList } from './json.js';

/** What the ResourceManager says about things, in our own names. Memory is in MB, times are milliseconds. */

export const APPLICATION_STATES = [
  'NEW',
  'NEW_SAVING',
  'SUBMITTED',
  'ACCEPTED',
  'RUNNING',
  'FINISHED',
  'FAILED',
  'KILLED',
] as const;
export type ApplicationState = (typeof APPLICATION_STATES)[number];
export type FinalStatus = 'UNDEFINED' | 'SUCCEEDED' | 'FAILED' | 'KILLED' | 'ENDED';

/** True for a state that an application does not leave. */
export function isFinal(state: ApplicationState): boolean {
  return state === 'FINISHED' || state === 'FAILED' || state === 'KILLED';
}

const State = z.enum(APPLICATION_STATES);
const Final = z.enum(['UNDEFINED', 'SUCCEEDED', 'FAILED', 'KILLED', 'ENDED']);
const Resource = z.object({ memory: number, vCores: number });

export const NewApplicationAnswer = z
  .object({ 'application-id': z.string(), 'maximum-resource-capability': Resource })
  .transform(json => ({
    applicationId: json['application-id'],
    maximumMemoryMb: json['maximum-resource-capability'].memory,
    maximumVcores: json['maximum-resource-capability'].vCores,
  }));
export type NewApplication = z.infer<typeof NewApplicationAnswer>;

const Application = z
  .object({
    id: z.string(),
    user: text,
    name: text,
    queue: text,
    state: State,
    finalStatus: Final,
    progress: number,
    trackingUrl: optionalText,
    diagnostics: text,
    applicationType: text,
    applicationTags: text,
    priority: number,
    startedTime: number,
    launchTime: number,
    finishedTime: number,
    elapsedTime: number,
    amContainerLogs: optionalText,
    amHostHttpAddress: optionalText,
    amRPCAddress: optionalText,
    allocatedMB: number,
    allocatedVCores: number,
    runningContainers: number,
  })
  .transform(({ applicationTags, allocatedMB, allocatedVCores, amRPCAddress, ...json }) => ({
    ...json,
    /** `host:port` that the ApplicationMaster registered with; undefined before that. */
    amAddress: amRPCAddress,
    applicationTags: applicationTags.split(',').filter(tag => tag !== ''),
    /** -1 once the application has ended. */
    allocatedMb: allocatedMB,
    allocatedVcores: allocatedVCores,
  }));
export type ApplicationReport = z.infer<typeof Application>;

export const ApplicationAnswer = z.object({ app: Application }).transform(json => json.app);
export const ApplicationsAnswer = z.object({ apps: wrappedList('app', Application) }).transform(json => json.apps);
/**
 * `…/state` tells what the ResourceManager calls the states for itself (RMAppState), which has some on the way to an end:
 * they are given as its reports do (RMServerUtils.createApplicationState).
 */
const ON_THE_WAY: ReadonlyMap<unknown, ApplicationState> = new Map([
  ['KILLING', 'RUNNING'],
  ['FINAL_SAVING', 'RUNNING'],
  ['FINISHING', 'FINISHED'],
]);
const InternalState = z.preprocess(state => ON_THE_WAY.get(state) ?? state, State);
export const StateAnswer = z.object({ state: InternalState }).transform(json => json.state);

export const ClusterInfoAnswer = z
  .object({
    clusterInfo: z.object({
      id: number,
      startedOn: number,
      state: text,
      haState: text,
      resourceManagerVersion: text,
      hadoopVersion: text,
    }),
  })
  .transform(json => json.clusterInfo);
export type ClusterInfo = z.infer<typeof ClusterInfoAnswer>;

export const MetricsAnswer = z
  .object({
    clusterMetrics: z.object({
      appsPending: number,
      appsRunning: number,
      totalMB: number,
      availableMB: number,
      allocatedMB: number,
      pendingMB: number,
      reservedMB: number,
      totalVirtualCores: number,
      availableVirtualCores: number,
      allocatedVirtualCores: number,
      pendingVirtualCores: number,
      containersAllocated: number,
      containersPending: number,
      totalNodes: number,
      activeNodes: number,
      lostNodes: number,
      unhealthyNodes: number,
    }),
  })
  .transform(({ clusterMetrics: m }) => ({
    applicationsPending: m.appsPending,
    applicationsRunning: m.appsRunning,
    totalMb: m.totalMB,
    availableMb: m.availableMB,
    allocatedMb: m.allocatedMB,
    pendingMb: m.pendingMB,
    reservedMb: m.reservedMB,
    totalVcores: m.totalVirtualCores,
    availableVcores: m.availableVirtualCores,
    allocatedVcores: m.allocatedVirtualCores,
    pendingVcores: m.pendingVirtualCores,
    containersAllocated: m.containersAllocated,
    containersPending: m.containersPending,
    totalNodes: m.totalNodes,
    activeNodes: m.activeNodes,
    lostNodes: m.lostNodes,
    unhealthyNodes: m.unhealthyNodes,
  }));
export type ClusterMetrics = z.infer<typeof MetricsAnswer>;

const Node = z
  .object({
    id: z.string(),
    state: text,
    rack: text,
    nodeHostName: text,
    nodeHTTPAddress: optionalText,
    healthReport: text,
    version: text,
    numContainers: number,
    usedMemoryMB: number,
    availMemoryMB: number,
    usedVirtualCores: number,
    availableVirtualCores: number,
  })
  .transform(json => ({
    id: json.id,
    state: json.state,
    rack: json.rack,
    hostName: json.nodeHostName,
    httpAddress: json.nodeHTTPAddress,
    healthReport: json.healthReport,
    version: json.version,
    containers: json.numContainers,
    usedMb: json.usedMemoryMB,
    availableMb: json.availMemoryMB,
    usedVcores: json.usedVirtualCores,
    availableVcores: json.availableVirtualCores,
  }));
export type ClusterNode = z.infer<typeof Node>;
export const NodesAnswer = z.object({ nodes: wrappedList('node', Node) }).transform(json => json.nodes);

const Attempt = z
  .object({
    appAttemptId: text,
    id: number,
    startTime: number,
    finishedTime: number,
    containerId: optionalText,
    nodeHttpAddress: optionalText,
    nodeId: optionalText,
    logsLink: optionalText,
    appAttemptState: text,
  })
  .transform(({ appAttemptId, appAttemptState, id, ...json }) => ({
    ...json,
    attemptId: appAttemptId,
    /** Counts from 1. */
    number: id,
    state: appAttemptState,
  }));
export type ApplicationAttempt = z.infer<typeof Attempt>;
export const AttemptsAnswer = z
  .object({ appAttempts: wrappedList('appAttempt', Attempt) })
  .transform(json => json.appAttempts);

const Container = z
  .object({
    containerId: z.string(),
    allocatedMB: number,
    allocatedVCores: number,
    startedTime: number,
    finishedTime: number,
    containerState: text,
    containerExitStatus: number,
    logUrl: optionalText,
    nodeHttpAddress: optionalText,
    nodeId: optionalText,
  })
  .transform(({ allocatedMB, allocatedVCores, containerState, containerExitStatus, ...json }) => ({
    ...json,
    memoryMb: allocatedMB,
    vcores: allocatedVCores,
    state: containerState,
    exitStatus: containerExitStatus,
  }));
export type ContainerReport = z.infer<typeof Container>;
/** `{}`, `{"container": {...}}`, `{"container": [...]}`, or the same below `containers`. */
export const ContainersAnswer = z
  .object({ container: listOf(Container), containers: wrappedList('container', Container) })
  .partial()
  .transform(json => [...(json.container ?? []), ...(json.containers ?? [])]);

const LogFile = z.object({ fileName: z.string(), fileSize: number, lastModifiedTime: text });
export type ContainerLogFile = z.infer<typeof LogFile>;
export const ContainerLogsAnswer = z
  .object({ containerLogsInfo: listOf(z.object({ containerLogInfo: listOf(LogFile) })) })
  .transform(json => json.containerLogsInfo.flatMap(info => info.containerLogInfo));
