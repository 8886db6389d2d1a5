import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../core/errors.js';
import type { TaskManagerGateway } from '../../core/protocol/index.js';
import type { TaskManagerInfo } from '../resourcemanager/slot-manager.js';
import { type RestServerOptions, sendText } from './server.js';

const MB = 1024 ** 2;
const MAX_LOG_BYTES = 1024 * 1024;

export function registerTaskManagers(app: FastifyInstance, { master }: RestServerOptions): void {
  const find = (id: string): TaskManagerInfo => {
    const tm = master().slots.taskManagers.get(id);
    if (!tm) throw new MillraceError('FILE_NOT_FOUND', `No TaskManager ${id} is registered.`);
    return tm;
  };
  app.get('/taskmanagers', () => ({ taskmanagers: [...master().slots.taskManagers.values()].map(view) }));
  app.get<{ Params: { id: string } }>('/taskmanagers/:id', r => {
    const tm = find(r.params.id);
    return {
      ...view(tm),
      allocatedSlots: tm.slots.flatMap(s => (s.lease ? [{ jobId: s.lease.jobId, resource: resource(tm, 1) }] : [])),
      metrics: { heapUsed: tm.heartbeat?.heapUsed ?? 0, rss: tm.heartbeat?.rss ?? 0, garbageCollectors: [] },
    };
  });
  for (const [name, file] of [
    ['log', 'log'],
    ['stdout', 'out'],
  ] as const) {
    app.get<{ Params: { id: string } }>(`/taskmanagers/:id/${name}`, async (r, reply) => {
      const gateway = find(r.params.id).connection.gateway<TaskManagerGateway>();
      const { content } = await gateway.call('readLog', { file, maxBytes: MAX_LOG_BYTES });
      return sendText(reply, content);
    });
  }
}

function resource(tm: TaskManagerInfo, slots: number): Record<string, unknown> {
  const { memory, cpuCores } = tm.registration;
  const share = slots / tm.slots.length;
  return {
    cpuCores: cpuCores * share,
    taskHeapMemory: Math.round((memory.heapPerSlot * slots) / MB),
    taskOffHeapMemory: 0,
    managedMemory: Math.round((memory.managed * share) / MB),
    networkMemory: Math.round((memory.network * share) / MB),
    extendedResources: {},
  };
}

function view(tm: TaskManagerInfo): Record<string, unknown> {
  const { registration, slots, lastHeartbeat } = tm;
  const { memory } = registration;
  const free = slots.filter(s => !s.lease && !s.recovering).length;
  const heap = memory.heapPerSlot * slots.length;
  return {
    id: registration.taskManagerId,
    path: `${registration.host}:${registration.pid}`,
    dataPort: slots[0]?.data.port ?? 0,
    jmxPort: -1,
    timeSinceLastHeartbeat: lastHeartbeat,
    slotsNumber: slots.length,
    freeSlots: free,
    totalResource: resource(tm, slots.length),
    freeResource: resource(tm, free),
    hardware: {
      cpuCores: registration.cpuCores,
      physicalMemory: registration.physicalMemory,
      freeMemory: heap,
      managedMemory: memory.managed,
    },
    memoryConfiguration: {
      frameworkHeap: memory.code,
      taskHeap: heap,
      frameworkOffHeap: 0,
      taskOffHeap: 0,
      networkMemory: memory.network,
      managedMemory: memory.managed,
      jvmMetaspace: 0,
      jvmOverhead: memory.overhead,
      totalFlinkMemory: heap + memory.network + memory.managed,
      totalProcessMemory: memory.process,
    },
  };
}
