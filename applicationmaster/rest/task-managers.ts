import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../core/errors.js';
import type { RegisteredTaskManager } from '../resourcemanager/registered-task-manager.js';
import { MAX_LOG_BYTES } from './log-files.js';
import { type RestServerOptions, sendText } from './server.js';

const MB = 1024 ** 2;

interface TaskManagerPath {
  Params: { id: string };
}

export function registerTaskManagers(app: FastifyInstance, { master }: RestServerOptions): void {
  const find = (id: string): RegisteredTaskManager => {
    const taskManager = master().slots.taskManagers.get(id);
    if (!taskManager) throw new MillraceError('FILE_NOT_FOUND', `No TaskManager ${id} is registered.`);
    return taskManager;
  };
  app.get('/taskmanagers', () => ({ taskmanagers: [...master().slots.taskManagers.values()].map(view) }));
  app.get<TaskManagerPath>('/taskmanagers/:id', r => {
    const taskManager = find(r.params.id);
    return { ...view(taskManager), allocatedSlots: allocatedSlots(taskManager), metrics: metrics(taskManager) };
  });
  for (const [name, file] of [
    ['log', 'log'],
    ['stdout', 'out'],
  ] as const) {
    app.get<TaskManagerPath>(`/taskmanagers/:id/${name}`, async (r, reply) => {
      const { content } = await find(r.params.id).gateway.call('readLog', { file, maxBytes: MAX_LOG_BYTES });
      return sendText(reply, content);
    });
  }
}

function allocatedSlots(taskManager: RegisteredTaskManager): unknown[] {
  return taskManager.slots.flatMap(s =>
    s.lease ? [{ jobId: s.lease.jobId, resource: resource(taskManager, 1) }] : [],
  );
}

/** MB, as Flink gives them. */
function resource({ registration, slots }: RegisteredTaskManager, count: number): Record<string, unknown> {
  const { memory, cpuCores } = registration;
  const share = slots.length === 0 ? 0 : count / slots.length;
  return {
    cpuCores: cpuCores * share,
    taskHeapMemory: Math.round((memory.heapPerSlot * count) / MB),
    taskOffHeapMemory: 0,
    managedMemory: Math.round((memory.managed * share) / MB),
    networkMemory: Math.round((memory.network * share) / MB),
    extendedResources: {},
  };
}

function view(taskManager: RegisteredTaskManager): Record<string, unknown> {
  const { registration, slots, lastHeartbeat, freeSlots } = taskManager;
  const { memory } = registration;
  const heap = memory.heapPerSlot * slots.length;
  return {
    id: taskManager.id,
    path: `${registration.host}:${registration.pid}`,
    dataPort: slots[0]?.data.port ?? 0,
    jmxPort: -1,
    timeSinceLastHeartbeat: lastHeartbeat,
    slotsNumber: slots.length,
    freeSlots: freeSlots.length,
    totalResource: resource(taskManager, slots.length),
    freeResource: resource(taskManager, freeSlots.length),
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

/** Flink's fields; what has no counterpart in Node is 0. `rss` is ours. */
function metrics({ registration, slots, heartbeat }: RegisteredTaskManager): Record<string, unknown> {
  const { memory } = registration;
  const heapUsed = heartbeat?.heapUsed ?? 0;
  const zeros = [
    ...['nonHeapUsed', 'nonHeapCommitted', 'nonHeapMax', 'directCount', 'directUsed', 'directMax'],
    ...['mappedCount', 'mappedUsed', 'mappedMax', 'memorySegmentsAvailable', 'memorySegmentsTotal'],
    ...['nettyShuffleMemorySegmentsAvailable', 'nettyShuffleMemorySegmentsUsed', 'nettyShuffleMemorySegmentsTotal'],
  ];
  return {
    heapUsed,
    heapCommitted: heapUsed,
    heapMax: memory.heapPerSlot * slots.length,
    ...Object.fromEntries(zeros.map(name => [name, 0])),
    nettyShuffleMemoryAvailable: memory.network,
    nettyShuffleMemoryUsed: 0,
    nettyShuffleMemoryTotal: memory.network,
    garbageCollectors: [],
    rss: heartbeat?.rss ?? 0,
  };
}
