import * as z from 'zod';
import { number, optionalText, wrappedList } from './json.js';

/** A queue of the scheduler. Capacities are percent; memory is MB. */
export interface Queue {
  /** Last part of the path: what `-qu` names. */
  name: string;
  /** `root.default`. */
  path: string;
  /** Only leaves take applications. */
  leaf: boolean;
  state: string;
  /** Share of the parent, and how much of that is in use (over 100 where it borrows). */
  capacity: number;
  usedCapacity: number;
  maxCapacity: number;
  /** Share of the whole cluster. */
  absoluteCapacity: number;
  absoluteUsedCapacity: number;
  absoluteMaxCapacity: number;
  usedMb: number;
  usedVcores: number;
  /** What the queue may grow to; undefined where the scheduler does not say. */
  maxMb: number | undefined;
  maxVcores: number | undefined;
  /** The largest container; undefined where the queue has no limit of its own. */
  maxAllocationMb: number | undefined;
  maxAllocationVcores: number | undefined;
  /** What ApplicationMasters may take together, and take. */
  amLimitMb: number | undefined;
  amUsedMb: number | undefined;
  applications: number;
  pendingApplications: number;
  maxApplications: number | undefined;
}

const Resource = z.object({ memory: number, vCores: number }).nullish();

/** The fields of Hadoop's three schedulers; each has some of them. */
const QueueJson = z.object({
  type: optionalText,
  queueName: optionalText,
  queuePath: optionalText,
  state: optionalText,
  qstate: optionalText,
  capacity: number,
  usedCapacity: number,
  maxCapacity: z.unknown(),
  absoluteCapacity: z.unknown(),
  absoluteUsedCapacity: z.unknown(),
  absoluteMaxCapacity: z.unknown(),
  resourcesUsed: Resource,
  usedResources: Resource,
  maxResources: Resource,
  maxEffectiveCapacity: Resource,
  maximumAllocation: Resource,
  maxContainerAllocation: Resource,
  AMResourceLimit: Resource,
  amMaxResource: Resource,
  usedAMResource: Resource,
  amUsedResource: Resource,
  numApplications: number,
  numPendingApplications: number,
  numPendingApps: number,
  numActiveApps: number,
  maxApplications: z.unknown(),
  queues: z.unknown(),
  childQueues: z.unknown(),
  rootQueue: z.unknown(),
});
type QueueJson = z.infer<typeof QueueJson>;

export const SchedulerAnswer = z
  .object({ scheduler: z.object({ schedulerInfo: QueueJson.partial().loose() }) })
  .transform(json => queuesOf(json.scheduler.schedulerInfo));

/** All queues, parents before their children. */
function queuesOf(info: Partial<QueueJson>): Queue[] {
  if (info.type === 'fifoScheduler') return [queueOf({ ...info, queueName: 'default' }, 'root', 1)];
  if (info.rootQueue !== undefined) return flatten(QueueJson.partial().parse(info.rootQueue), undefined, undefined);
  return flatten({ ...info, queueName: info.queueName ?? 'root' }, undefined, undefined);
}

function flatten(json: Partial<QueueJson>, parentPath: string | undefined, parentShare: number | undefined): Queue[] {
  const queue = queueOf(json, parentPath, parentShare);
  const children = childrenOf(json);
  queue.leaf = children.length === 0;
  return [queue, ...children.flatMap(child => flatten(child, queue.path, queue.absoluteCapacity / 100))];
}

function childrenOf(json: Partial<QueueJson>): Array<Partial<QueueJson>> {
  return wrappedList('queue', QueueJson.partial()).parse(json.queues ?? json.childQueues);
}

function queueOf(json: Partial<QueueJson>, parentPath: string | undefined, parentShare = 1): Queue {
  const own = json.queueName ?? json.queuePath?.split('.').at(-1) ?? 'root';
  // The fair scheduler calls a queue by its whole path.
  const path =
    json.queuePath ?? (parentPath === undefined || own.startsWith(`${parentPath}.`) ? own : `${parentPath}.${own}`);
  const capacity = json.capacity ?? 0;
  const used = json.resourcesUsed ?? json.usedResources;
  const max = json.maxEffectiveCapacity ?? json.maxResources;
  const allocation = json.maximumAllocation ?? json.maxContainerAllocation;
  const maxCapacity = optionalNumber(json.maxCapacity) ?? 100;
  return {
    name: path.split('.').at(-1) ?? path,
    path,
    leaf: true,
    state: json.state ?? json.qstate ?? 'RUNNING',
    capacity,
    usedCapacity: json.usedCapacity ?? 0,
    maxCapacity,
    absoluteCapacity: optionalNumber(json.absoluteCapacity) ?? capacity * parentShare,
    absoluteUsedCapacity: optionalNumber(json.absoluteUsedCapacity) ?? json.usedCapacity ?? 0,
    absoluteMaxCapacity: optionalNumber(json.absoluteMaxCapacity) ?? maxCapacity,
    usedMb: used?.memory ?? 0,
    usedVcores: used?.vCores ?? 0,
    maxMb: max?.memory,
    maxVcores: max?.vCores,
    maxAllocationMb: allocation?.memory,
    maxAllocationVcores: allocation?.vCores,
    amLimitMb: (json.AMResourceLimit ?? json.amMaxResource)?.memory,
    amUsedMb: (json.usedAMResource ?? json.amUsedResource)?.memory,
    applications: json.numApplications ?? (json.numActiveApps ?? 0) + (json.numPendingApps ?? 0),
    pendingApplications: json.numPendingApplications ?? json.numPendingApps ?? 0,
    maxApplications: optionalNumber(json.maxApplications),
  };
}

function optionalNumber(value: unknown): number | undefined {
  const parsed = z.coerce.number().safeParse(value);
  return value === undefined || value === null || !parsed.success ? undefined : parsed.data;
}
